"""What a bulk grant makes of rows that the system refuses, and its report."""

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from tests_e2e.console.conftest import sign_in
from tests_e2e.console.test_bulk import count_of_promos, csv_of, drop, start
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

    expect(page.get_by_text("1 row was refused")).to_be_visible()
    expect(page.get_by_text("There is no such user.")).to_be_visible()
    # The first chunk is granted; the one with the refused row is not, as a whole.
    assert count_of_promos(administrator, user) == 500

    page.get_by_role("button", name="Leave these out, grant the others (100)").click()
    expect(page.get_by_text("600 promos are granted.")).to_be_visible()
    assert count_of_promos(administrator, user) == 600
    last = read_report(page, tmp_path)[-1]
    assert (last["row"], last["outcome"]) == ("602", "Left out")
    assert last["fault"] == "username: There is no such user."

    page.get_by_role("button", name="Another file").click()
    drop(page, file)
    start(page)
    expect(page.get_by_text("600 promos are granted.")).to_be_visible()
    expect(page.get_by_text("600 of them had been granted before")).to_be_visible()
    assert count_of_promos(administrator, user) == 600


def test_the_report_has_every_row_and_no_cell_that_is_a_formula(
    page: Page, administrator: Client, user: Client, tmp_path: Path
) -> None:
    attacks = ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "'=1", " =1"]
    rows = [f"{user.username},gift,{cell},0\r\n" for cell in attacks]
    sign_in(page, administrator, "/bulk")
    drop(page, csv_of(user, 2, *rows))
    start(page)
    expect(page.get_by_text("2 promos are granted.")).to_be_visible()

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


def test_one_hundred_thousand_rows_are_checked_and_the_page_stays_alive(
    page: Page, administrator: Client, tmp_path: Path
) -> None:
    nobody = Client("", "mona-of-the-file")
    content = csv_of(nobody, 100_000, "mona-of-the-file,gift,CSV-7,5\r\n")["buffer"]
    file = tmp_path / "large.csv"
    file.write_bytes(content)
    sign_in(page, administrator, "/bulk")
    page.evaluate(
        """() => {
            window.longest = 0;
            let last = performance.now();
            const tick = () => {
                const now = performance.now();
                window.longest = Math.max(window.longest, now - last);
                last = now;
                setTimeout(tick, 10);
            };
            tick();
        }"""
    )
    page.locator("input[type=file]").set_input_files(file)
    twin = page.get_by_text("Line 9 gives this user the same code.")
    expect(twin).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Grant 100,000 promos")).to_be_visible()
    # On two cores of its own 0.3 s.
    assert page.evaluate("window.longest") < 2000


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
