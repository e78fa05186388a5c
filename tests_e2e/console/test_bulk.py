"""Granting from a CSV file: looked at first, resumed after a cut, never twice."""

import json
import re

from playwright.sync_api import FilePayload, Page, Route, expect

from tests_e2e.console.conftest import sign_in
from tests_e2e.people import Client

# A chunk of 500 rows takes half a second, on a machine of one's own.
GRANTING = 90_000
HEAD = "username,promo_type,promo_code,promo_amount\r\n"


def csv_of(user: Client, rows: int, *faulty: str) -> FilePayload:
    lines = [f"{user.username},gift,CSV-{number},5\r\n" for number in range(rows)]
    text = HEAD + "".join([*lines, *faulty])
    return {"name": "promos.csv", "mimeType": "text/csv", "buffer": text.encode()}


def count_of_promos(administrator: Client, user: Client) -> int:
    path: str | None = f"/api/v1/promos?username={user.username}&page_size=200"
    found = 0
    while path:
        page = administrator("GET", path).json()
        found += len(page["results"])
        path = page["next"]
    return found


def drop(page: Page, file: FilePayload) -> None:
    page.locator("input[type=file]").set_input_files([file])


def first_code_of(route: Route) -> str:
    """By what a chunk on its way is known."""
    [promo, *_] = json.loads(route.request.post_data or "")["promos"]
    return str(promo["promo_code"])


def start(page: Page) -> None:
    page.get_by_role("button", name=re.compile(r"^Grant [\d,]+ promos?$")).click()
    page.get_by_role("dialog").get_by_role("button", name="Grant them").click()


def test_faulty_rows_are_marked_before_anything_is_sent_and_the_others_granted(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, "/bulk")
    drop(page, csv_of(user, 3, f"{user.username},Not A Slug,X,5\r\n", ",gift,Y,0\r\n"))

    expect(page.get_by_text("A lower-case word of letters").first).to_be_visible()
    assert count_of_promos(administrator, user) == 0
    start(page)

    expect(page.get_by_text("3 promos are granted.")).to_be_visible(timeout=GRANTING)
    assert count_of_promos(administrator, user) == 3


def test_a_cut_connection_and_the_same_file_again_grant_nothing_twice(
    page: Page, administrator: Client, user: Client
) -> None:
    """The second chunk is granted, and its answer gets lost on the way."""
    granted: list[int] = []

    def lose_the_second_answer(route: Route) -> None:
        if first_code_of(route) == "CSV-0":
            route.continue_()
            return
        if 201 not in granted:
            granted.append(route.fetch(timeout=GRANTING).status)
        route.abort()

    sign_in(page, administrator, "/bulk")
    page.route("**/api/v1/promos/bulk", lose_the_second_answer)
    file = csv_of(user, 1200)
    drop(page, file)
    start(page)
    # A busy machine may refuse a chunk for a while, and the page waits for that too.
    while 201 not in granted:
        page.wait_for_event("requestfailed", timeout=GRANTING)
    expect(page.get_by_text("goes on by itself").first).to_be_visible()
    tab = page.context.new_page()
    page.close()
    sign_in(tab, administrator, "/bulk")
    drop(tab, file)
    start(tab)

    done = tab.get_by_text("200 promos are granted.", exact=True)
    expect(done).to_be_visible(timeout=GRANTING)
    expect(tab.get_by_text("1,000 had been granted before")).to_be_visible()
    assert count_of_promos(administrator, user) == 1200
