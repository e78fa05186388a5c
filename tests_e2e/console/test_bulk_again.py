"""A file that is granted again, elsewhere or after its promos were deleted."""

import re

from playwright.sync_api import Browser, Page, expect

from tests_e2e.console.conftest import open_browser, sign_in
from tests_e2e.console.test_bulk import (
    GRANTING,
    HEAD,
    count_of_promos,
    csv_of,
    drop,
    start,
)
from tests_e2e.people import Client

NOBODYS = "nobody-has-this-name,gift,CSV-0,5\r\n"


def outcomes(page: Page) -> list[str]:
    """What the table says of its rows, first words alone."""
    every = page.get_by_role("button", name="All", exact=True)
    if every.count():  # there is none where no row has to be looked at
        every.click()
    cells = page.locator("tbody tr td:nth-child(2)").all_inner_texts()
    return [cell.strip().splitlines()[0] for cell in cells]


def test_a_file_whose_promos_were_deleted_says_that_nothing_was_granted(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, "/bulk")
    file = csv_of(user, 3)
    drop(page, file)
    start(page)
    expect(page.get_by_text("3 promos are granted.")).to_be_visible(timeout=GRANTING)
    found = administrator("GET", f"/api/v1/promos?username={user.username}").json()
    for promo in found["results"][:2]:
        path = f"/api/v1/promos/{promo['id']}"
        assert administrator("DELETE", path).status_code == 204

    page.get_by_role("button", name="Another file").click()
    drop(page, file)
    start(page)

    expect(page.get_by_text("0 promos are granted.", exact=True)).to_be_visible(
        timeout=GRANTING
    )
    expect(page.get_by_text("2 of these promos were deleted since.")).to_be_visible()
    assert outcomes(page) == ["Granted before", "Deleted since", "Deleted since"]
    assert count_of_promos(administrator, user) == 1

    page.get_by_role("button", name="Grant the deleted ones again (2)").click()
    page.get_by_role("dialog").get_by_role("button", name="Grant them").click()
    expect(page.get_by_text("2 promos are granted.")).to_be_visible(timeout=GRANTING)
    assert outcomes(page) == ["Granted before", "Granted", "Granted"]
    assert count_of_promos(administrator, user) == 3


def test_a_file_that_was_granted_in_part_goes_on_in_another_browser(
    page: Page,
    chromium: Browser,
    base_url: str,
    administrator: Client,
    user: Client,
) -> None:
    """Of the first chunk two rows were left out there."""
    last = f"{user.username},gift,LAST,5\r\n"
    file = csv_of(user, 498, NOBODYS, NOBODYS.replace("0", "1"), last)
    sign_in(page, administrator, "/bulk")
    drop(page, file)
    start(page)
    expect(page.get_by_text("2 rows were refused.")).to_be_visible(timeout=GRANTING)
    page.get_by_role("button", name="Leave these out, grant the others (498)").click()
    expect(page.get_by_text("499 promos are granted.")).to_be_visible(timeout=GRANTING)

    context = open_browser(chromium, base_url)
    other = context.new_page()
    sign_in(other, administrator, "/bulk")
    drop(other, file)
    start(other)

    expect(other.get_by_text("0 promos are granted.", exact=True)).to_be_visible(
        timeout=GRANTING
    )
    expect(other.get_by_text("499 had been granted before")).to_be_visible()
    counts = " ".join(other.locator(".counts li").all_inner_texts())
    assert "refused" not in counts
    assert re.search(r"499\s+granted before", counts)
    assert re.search(r"2\s+left out", counts)
    assert count_of_promos(administrator, user) == 499
    context.close()


def test_rows_of_another_file_are_there_already_and_not_refused(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, "/bulk")
    drop(page, csv_of(user, 2))
    start(page)
    expect(page.get_by_text("2 promos are granted.")).to_be_visible(timeout=GRANTING)

    page.get_by_role("button", name="Another file").click()
    drop(page, csv_of(user, 3))
    start(page)

    said = page.get_by_text("Of 2 rows the user has a promo with this code already.")
    expect(said).to_be_visible(timeout=GRANTING)
    assert outcomes(page) == ["There already", "There already", "Ready"]
    page.get_by_role("button", name="Leave these out, grant the others (1)").click()
    expect(page.get_by_text("1 promo is granted.")).to_be_visible(timeout=GRANTING)
    assert count_of_promos(administrator, user) == 3


def test_codes_that_a_spreadsheet_made_are_confirmed_once_for_the_file(
    page: Page, administrator: Client, user: Client
) -> None:
    rows = [f"{user.username},gift,{code},5\r\n" for code in ("1E+10", "01-Mar", "OK")]
    broken = f"{user.username},gift,#REF!,5\r\n"
    content = HEAD + "".join([*rows, broken])
    sign_in(page, administrator, "/bulk")
    drop(page, {"name": "x.csv", "mimeType": "text/csv", "buffer": content.encode()})
    expect(page.get_by_text("2 codes were probably changed")).to_be_visible()
    start(page)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Look at these codes first")).to_be_visible()
    assert count_of_promos(administrator, user) == 0

    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Grant them").click()

    expect(page.get_by_text("3 promos are granted.")).to_be_visible(timeout=GRANTING)
    assert count_of_promos(administrator, user) == 3


def test_a_row_that_is_over_is_refused_by_the_system_unless_it_says_so(
    page: Page, administrator: Client, user: Client
) -> None:
    head = "username,promo_type,promo_code,promo_amount,start_time,end_time,allow_ended"
    rows = [
        f"{user.username},gift,OVER,5,2001-01-01,2001-01-31,true",
        f"{user.username},gift,SLIP,5,2001-01-01,2001-01-31,",
    ]
    content = "\r\n".join([head, *rows])
    sign_in(page, administrator, "/bulk")
    drop(page, {"name": "x.csv", "mimeType": "text/csv", "buffer": content.encode()})
    start(page)
    expect(page.get_by_text("This is over already")).to_be_visible(timeout=GRANTING)
    page.get_by_role("button", name="Leave these out, grant the others (1)").click()

    expect(page.get_by_text("1 promo is granted.")).to_be_visible(timeout=GRANTING)
    [promo] = user("GET", "/api/v1/promos/me").json()["results"]
    assert (promo["promo_code"], promo["status"]) == ("OVER", "expired")
