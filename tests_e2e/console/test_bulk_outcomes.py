"""What a bulk grant makes of rows that the system refuses, and its report."""

import csv
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests_e2e.console.conftest import open_browser, sign_in
from tests_e2e.console.test_bulk import (
    GRANTING,
    count_of_promos,
    csv_of,
    drop,
    start,
)
from tests_e2e.people import Client, register


def read_report(page: Page, folder: Path) -> list[dict[str, str]]:
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download report").click()
    path = folder / "report.csv"
    downloading.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_refused_rows_are_shown_left_out_and_stay_left_out(
    page: Page, administrator: Client, user: Client, tmp_path: Path
) -> None:
    sign_in(page, administrator, "/bulk")
    file = csv_of(user, 600, "nobody-has-this-name,gift,CSV-0,5\r\n")
    drop(page, file)
    start(page)

    expect(page.get_by_text("1 row was refused")).to_be_visible(timeout=GRANTING)
    expect(page.get_by_text("There is no such user.")).to_be_visible()
    # The first chunk is granted; the one with the refused row is not, as a whole.
    assert count_of_promos(administrator, user) == 500

    page.get_by_role("button", name="Leave these out, grant the others (100)").click()
    done = page.get_by_text("600 promos are granted.")
    expect(done).to_be_visible(timeout=GRANTING)
    assert count_of_promos(administrator, user) == 600
    last = read_report(page, tmp_path)[-1]
    assert (last["row"], last["outcome"]) == ("602", "Left out")
    assert last["fault"] == "username: There is no such user."

    page.get_by_role("button", name="Another file").click()
    drop(page, file)
    expect(page.get_by_text("This file was granted in this browser")).to_be_visible()
    start(page)
    nothing = page.get_by_text("0 promos are granted.", exact=True)
    expect(nothing).to_be_visible(timeout=GRANTING)
    expect(page.get_by_text("600 had been granted before")).to_be_visible()
    assert count_of_promos(administrator, user) == 600


def test_the_report_has_every_row_and_no_cell_that_is_a_formula(
    page: Page, administrator: Client, user: Client, tmp_path: Path
) -> None:
    attacks = ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "'=1", " =1"]
    rows = [f"{user.username},gift,{cell},0\r\n" for cell in attacks]
    sign_in(page, administrator, "/bulk")
    drop(page, csv_of(user, 2, *rows))
    start(page)
    expect(page.get_by_text("2 promos are granted.")).to_be_visible(timeout=GRANTING)

    report = read_report(page, tmp_path)
    assert [row["outcome"] for row in report] == ["Granted"] * 2 + ["Faulty"] * 6
    ids = {row["promo_id"] for row in report[:2]}
    found = administrator("GET", f"/api/v1/promos?username={user.username}").json()
    assert ids == {promo["id"] for promo in found["results"]}
    for row in report:
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))


def test_a_file_that_is_none_says_what_is_wrong_with_it(
    page: Page, administrator: Client
) -> None:
    sign_in(page, administrator, "/bulk")
    for content, said in [
        (b"", "The file has no rows."),
        (b"username,promo_type\r\nmona,gift\r\n", "The head lacks promo_code"),
        (b"username,colour\r\nmona,red\r\n", "There is no column colour"),
        (b"username,\xff\r\n", "The file is not UTF-8"),
    ]:
        drop(page, {"name": "x.csv", "mimeType": "text/csv", "buffer": content})
        expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()


def test_a_refused_row_comes_to_the_front_whatever_was_looked_at(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, "/bulk")
    nobodys = "nobody-has-this-name,gift,CSV-0,5\r\n"
    drop(page, csv_of(user, 60, ",gift,FAULTY,5\r\n", nobodys))
    page.get_by_role("button", name="All", exact=True).click()
    start(page)
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("nobody-has-this-name", timeout=GRANTING)
    expect(first).to_contain_text("There is no such user.")


def test_a_day_is_a_promos_from_its_first_moment_to_its_last(
    chromium: Browser, base_url: str, administrator: Client, user: Client
) -> None:
    """In the viewer's zone, where that day has 25 hours."""
    context = open_browser(chromium, base_url, timezone_id="Europe/Berlin")
    page = context.new_page()
    sign_in(page, administrator, "/bulk")
    head = "username,promo_type,promo_code,promo_amount,start_time,end_time\r\n"
    row = f"{user.username},gift,DAY,5,2029-10-28,2029-10-28\r\n"
    content = (head + row).encode()
    drop(page, {"name": "x.csv", "mimeType": "text/csv", "buffer": content})
    start(page)
    expect(page.get_by_text("1 promo is granted.")).to_be_visible(timeout=GRANTING)
    context.close()

    [promo] = user("GET", "/api/v1/promos/me").json()["results"]
    assert promo["start_time"] == "2029-10-27T22:00:00Z"
    assert promo["end_time"] == "2029-10-28T23:00:00Z"


def test_two_clicks_grant_a_file_in_one_run(
    page: Page, administrator: Client, user: Client
) -> None:
    granted: list[str] = []
    sign_in(page, administrator, "/bulk")
    drop(page, csv_of(user, 2, "nobody-has-this-name,gift,CSV-0,5\r\n"))
    start(page)
    others = page.get_by_role("button", name="Leave these out, grant the others (2)")
    expect(others).to_be_visible(timeout=GRANTING)
    page.on(
        "response",
        lambda answer: granted.append(answer.url) if answer.status == 201 else None,
    )

    others.dblclick()

    expect(page.get_by_text("2 promos are granted.")).to_be_visible(timeout=GRANTING)
    assert len(granted) == 1


def test_one_hundred_thousand_rows_are_checked_and_the_page_stays_alive(
    page: Page, administrator: Client, tmp_path: Path
) -> None:
    nobody = Client("", "mona-of-the-file")
    content = csv_of(nobody, 100_000, "mona-of-the-file,gift,CSV-7,5\r\n")["buffer"]
    file = tmp_path / "large.csv"
    file.write_bytes(content)
    sign_in(page, administrator, "/bulk")
    # How long a turn takes says more about the machine than about the page.
    page.evaluate(
        """() => {
            window.turns = 0;
            const tick = () => {
                if (document.querySelector(".drop progress")) window.turns += 1;
                setTimeout(tick);
            };
            tick();
        }"""
    )
    page.locator("input[type=file]").set_input_files(file)
    twin = page.get_by_text("Line 9 gives this user the same code.")
    expect(twin).to_be_visible(timeout=GRANTING)
    expect(page.get_by_role("button", name="Grant 100,000 promos")).to_be_visible()
    assert page.evaluate("window.turns") > 50


def test_every_cell_of_a_file_is_shown_as_text(
    page: Page, administrator: Client, base_url: str
) -> None:
    attack = "<img src=x onerror=alert(1)>"
    somebody = register(base_url)
    sign_in(page, administrator, "/bulk")
    row = ",".join([attack] * 3) + ",5\r\n"
    drop(page, csv_of(somebody, 0, row))
    expect(page.get_by_text(attack).first).to_be_visible()
    assert page.locator("img[src='x']").count() == 0
