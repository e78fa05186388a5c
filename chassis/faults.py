"""The faults of a request as the contract names them: by field, and not without end."""

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

Fault = dict[str, str]

MOST_FAULTS = 100
MOST_FAULTS_OF_A_ROW = 5
# A client's own names and values are shown no longer than this.
LONGEST_SHOWN = 100
# Stands in a tree of faults for those that were not even written down.
LEFT_OUT = "\0left out"


class FaultyRows(ValidationError):
    """Faults of `{field: {place: faults}}`: each row is named, by 5 faults at most."""


def name_faults(error: ValidationError) -> tuple[list[Fault], int]:
    """Return the faults to be named, and how many more there are."""
    if not isinstance(error, FaultyRows):
        return _name_some(flatten_errors(error.detail), MOST_FAULTS)
    named: list[Fault] = []
    more = 0
    for field, rows in error.detail.items():  # type: ignore[union-attr]  # as it says
        for place, detail in rows.items():  # type: ignore[union-attr]
            faults = flatten_errors(detail, f"{field}.{place}")
            of_row, more_of_row = _name_some(faults, MOST_FAULTS_OF_A_ROW)
            named += of_row
            more += more_of_row
    return named, more


def left_out(number: int) -> dict[str, list[ErrorDetail]]:
    """Return what stands for so many more faults in a tree of them."""
    return {LEFT_OUT: [ErrorDetail(str(number), LEFT_OUT)]}


def flatten_errors(detail: Any, path: str = "") -> Iterator[Fault]:
    """Name every fault of a DRF error tree by its dotted path."""
    if isinstance(detail, Mapping):
        for key, nested in detail.items():
            step = "" if key == "non_field_errors" else shorten(str(key))
            yield from flatten_errors(nested, ".".join(filter(None, (path, step))))
    elif isinstance(detail, list):
        nested_rows = any(isinstance(item, Mapping | list) for item in detail)
        for index, item in enumerate(detail):
            step = f"{path}.{index}" if nested_rows and path else path
            yield from flatten_errors(item, step)
    else:
        code = getattr(detail, "code", "invalid")
        yield {"field": path, "code": code, "detail": shorten(str(detail), 3)}


def shorten(text: str, times: int = 1) -> str:
    """Return the text, cut where it is longer than an answer shows."""
    most = times * LONGEST_SHOWN
    return text if len(text) <= most else text[:most] + "\u2026"


def _name_some(faults: Iterator[Fault], most: int) -> tuple[list[Fault], int]:
    named: list[Fault] = []
    more = 0
    for fault in faults:
        if fault["code"] == LEFT_OUT:
            more += int(fault["detail"])
        elif len(named) < most:
            named.append(fault)
        else:
            more += 1
    return named, more
