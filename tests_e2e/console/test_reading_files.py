"""What the console reads in a file, by the modules of the page itself."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests_e2e.console.conftest import open_browser

HEAD = "username,promo_type,promo_code,promo_amount"
ZONES = ["UTC", "Europe/Berlin", "Africa/Cairo", "Australia/Lord_Howe"]
_READ = """async (content) => {
    const { readFile } = await import("/console/bulk/reading.js");
    try {
        const { columns, rows } = await readFile(new File([content], "x.csv"));
        return { columns, rows };
    } catch (error) {
        return { fault: error.message };
    }
}"""

Read = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def read(chromium: Browser, base_url: str) -> Iterator[Read]:
    """Read a file's text as the console does, in a zone."""
    pages = {}
    for zone in ZONES:
        context = open_browser(chromium, base_url, timezone_id=zone)
        pages[zone] = context.new_page()
        pages[zone].goto("/")
        expect(pages[zone].get_by_label("Username")).to_be_visible()
    yield lambda content, zone="UTC": pages[zone].evaluate(_READ, content)
    for page in pages.values():
        page.context.close()


def row_of(read: Read, zone: str = "UTC", /, **cells: str) -> dict[str, Any]:
    """The row that a file of these cells alone has."""
    values = {
        "username": "mona",
        "promo_type": "gift",
        "promo_code": "CODE",
        "promo_amount": "5",
        **cells,
    }
    content = f"{','.join(values)}\r\n{','.join(values.values())}\r\n"
    found = read(content, zone)
    assert "rows" in found, found
    [row] = found["rows"]
    assert isinstance(row, dict)
    return row


def faulty(row: dict[str, Any]) -> list[str]:
    return [field for field, _ in row["faults"]]


@pytest.mark.parametrize("column", ["is_active", "allow_ended"])
@pytest.mark.parametrize(
    "cell", ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf", "2"]
)
def test_what_is_no_yes_or_no_is_a_fault(read: Read, column: str, cell: str) -> None:
    assert faulty(row_of(read, **{column: cell})) == [column]


@pytest.mark.parametrize("column", ["is_active", "allow_ended"])
@pytest.mark.parametrize(
    ("cell", "meant"), [("TRUE", True), (" yes ", True), ("1", True), ("No", False)]
)
def test_yes_and_no_are_read(read: Read, column: str, cell: str, meant: object) -> None:
    row = row_of(read, **{column: cell})
    assert (row["grant"][column], row["faults"]) == (meant, [])


@pytest.mark.parametrize(
    "cell", ['"1"000', '"1" 000', '"1""0"0', ' "1000"', '"1000"x', '"']
)
def test_what_stands_beside_quotation_marks_is_a_fault(read: Read, cell: str) -> None:
    row = row_of(read, promo_amount=cell)
    assert len(row["faults"]) == 1
    assert row["grant"] is None


@pytest.mark.parametrize("cell", ['"1000"', '"1000" ', "1000"])
def test_a_cell_in_quotation_marks_is_what_is_between_them(
    read: Read, cell: str
) -> None:
    row = row_of(read, promo_amount=cell)
    assert (row["grant"]["promo_amount"], row["faults"]) == (1000, [])


@pytest.mark.parametrize(
    "cell",
    [
        "2027-02-30",
        "2027-02-30 10:00",
        "2027-02-29T00:00:00Z",
        "2027-02-30T00:00:00Z",
        "2027-04-31T00:00:00+02:00",
        "2027-13-01T00:00:00Z",
        "2027-00-10T00:00:00Z",
        "2027-01-01T24:00:00Z",
        "2027-01-01T10:60:00Z",
        "2027-01-01T10:00:60Z",
        "2027-01-01T10:00:00+24:00",
        "2027-01-01T10:00:00+02:60",
        "2027-01-01 24:00",
        "0026-01-31",
        "0026-01-31 10:00",
        "0026-01-31T10:00:00Z",
        "26-01-31",
        "31/01/2027",
        "9999-12-31",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Africa/Cairo"])
def test_a_day_that_does_not_exist_or_is_a_slip_is_a_fault(
    read: Read, zone: str, cell: str
) -> None:
    assert faulty(row_of(read, zone, end_time=cell)) == ["end_time"]


@pytest.mark.parametrize(
    ("zone", "cell"),
    [
        ("Europe/Berlin", "2027-03-28 02:00"),
        ("Europe/Berlin", "2027-03-28T02:59:59"),
        ("Europe/Berlin", "2027-10-31 02:00"),
        ("Europe/Berlin", "2027-10-31 02:59"),
        ("Africa/Cairo", "2027-04-30 00:30"),
        ("Africa/Cairo", "2027-10-28 23:30"),
        ("Australia/Lord_Howe", "2027-10-03 02:15"),
        ("Australia/Lord_Howe", "2027-04-04 01:45"),
    ],
)
def test_a_local_time_that_there_is_not_or_twice_is_a_fault(
    read: Read, zone: str, cell: str
) -> None:
    for column in ("start_time", "end_time"):
        row = row_of(read, zone, **{column: cell})
        assert faulty(row) == [column]
        assert zone in row["faults"][0][1]


@pytest.mark.parametrize(
    ("zone", "column", "cell", "meant"),
    [
        ("UTC", "end_time", "2028-02-29", "2028-03-01T00:00:00Z"),
        ("Europe/Berlin", "start_time", "2027-03-28 01:59", "2027-03-28T00:59:00Z"),
        ("Europe/Berlin", "start_time", "2027-03-28 03:00", "2027-03-28T01:00:00Z"),
        ("Europe/Berlin", "end_time", "2027-10-31 03:00", "2027-10-31T02:00:00Z"),
        ("Europe/Berlin", "end_time", "2027-10-31", "2027-10-31T23:00:00Z"),
        ("Africa/Cairo", "start_time", "2027-04-30", "2027-04-29T22:00:00Z"),
        ("Africa/Cairo", "end_time", "2027-04-29", "2027-04-29T22:00:00Z"),
        ("UTC", "end_time", "2027-01-01t10:00:00z", "2027-01-01t10:00:00z"),
        (
            "UTC",
            "end_time",
            "2028-02-29T10:00:00.5+14:00",
            "2028-02-29T10:00:00.5+14:00",
        ),
    ],
)
def test_a_time_that_there_is_once_is_read(
    read: Read, zone: str, column: str, cell: str, meant: str
) -> None:
    row = row_of(read, zone, **{column: cell})
    assert (row["grant"][column], row["faults"]) == (meant, [])


MADE = "1E+10 1.5E+12 2,5e-07 01-Mar mar-27 1-Mar-2027 03/01/2027 2027-03-01 10:30"
MADE_TOO = "10:30:00 TRUE 123456789012345000"


@pytest.mark.parametrize("code", f"{MADE} {MADE_TOO}".split())
def test_a_code_that_a_spreadsheet_probably_made_is_a_warning(
    read: Read, code: str
) -> None:
    row = row_of(read, promo_code=f'"{code}"')
    assert row["faults"] == []
    assert [field for field, _ in row["warnings"]] == ["promo_code"]


@pytest.mark.parametrize(
    "code",
    ["WELCOME-100", "1E10", "MARCH-27", "MARS-1", "12345", "2027", "E+10", "A-1"],
)
def test_a_code_that_people_make_is_none(read: Read, code: str) -> None:
    row = row_of(read, promo_code=code)
    assert (row["faults"], row["warnings"]) == ([], [])


@pytest.mark.parametrize("cell", ["#NAME?", "#REF!", "#N/A", "#VALUE!", "#div/0!"])
@pytest.mark.parametrize("column", ["promo_code", "description", "username"])
def test_the_error_of_a_formula_is_a_fault(read: Read, column: str, cell: str) -> None:
    assert faulty(row_of(read, **{column: cell})) == [column]


@pytest.mark.parametrize("mark", ["sep=;", "SEP=;", '"sep=;"'])
def test_what_a_spreadsheet_adds_to_a_file_is_passed_over(
    read: Read, mark: str
) -> None:
    head = HEAD.replace(",", ";") + ";;"
    found = read(f"{mark}\r\n{head}\r\n;;;;;\r\nmona;gift;A;5;;\r\n; ; ;;;\r\n;\r\n")
    assert found["columns"] == HEAD.split(",")
    [row] = found["rows"]
    assert (row["line"], row["faults"], row["cells"]) == (
        4,
        [],
        ["mona", "gift", "A", "5"],
    )


def test_a_cell_below_no_name_is_a_fault(read: Read) -> None:
    found = read(f"{HEAD},,\r\nmona,gift,A,5,,\r\nmona,gift,B,5,,lost\r\n")
    assert [len(row["faults"]) for row in found["rows"]] == [0, 1]
    assert "no name" in read("username,,promo_type\r\n")["fault"]


def test_a_row_that_is_cut_off_is_a_fault(read: Read) -> None:
    found = read(f"{HEAD},end_time\r\nmona,gift,A,5,2027-01-31\r\nmona,gift,B,5")
    assert [len(row["faults"]) for row in found["rows"]] == [0, 1]
