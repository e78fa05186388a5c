"""Fields read exactly what the contract says."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.http import QueryDict

from chassis.faults import flatten_errors
from chassis.serializers import (
    BooleanField,
    IdField,
    IntegerField,
    PageSizeField,
    StrictSerializer,
    TextField,
    TimeField,
)

ID = "01939f5e-0000-7000-8000-00000000000a"


class Everything(StrictSerializer):
    number = IntegerField(required=False, min_value=1, max_value=5)
    flag = BooleanField(required=False)
    text = TextField(required=False, max_length=3)
    lines = TextField(required=False, lines=True, allow_null=True, max_length=9)
    time = TimeField(required=False)
    id = IdField(required=False)
    page_size = PageSizeField(required=False)


def read(**values):
    serializer = Everything(data=values)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


@pytest.mark.parametrize(
    ("field", "given", "value"),
    [
        ("number", 1, 1),
        ("number", 5, 5),
        ("flag", False, False),
        ("text", " e\u0301 ", "\u00e9"),
        ("text", "abc ", "abc"),
        ("lines", "a\nb", "a\nb"),
        ("lines", None, None),
        ("time", "2026-11-23T07:24:00Z", datetime(2026, 11, 23, 7, 24, tzinfo=UTC)),
        (
            "time",
            "2026-11-23T09:24:00+02:00",
            datetime(2026, 11, 23, 7, 24, tzinfo=UTC),
        ),
        (
            "time",
            "2026-11-23t07:24:00.5z",
            datetime(2026, 11, 23, 7, 24, 0, 500000, tzinfo=UTC),
        ),
        ("id", ID, UUID(ID)),
        ("id", ID.upper(), UUID(ID)),
        ("page_size", "7", 7),
    ],
)
def test_what_fits_is_read(field, given, value):
    assert read(**{field: given})[field] == value


DOES_NOT_FIT: dict[str, list[Any]] = {
    "number": ["1", 1.0, True, None, 0, 6, {}],
    "flag": ["true", 1, 0, None, ""],
    "text": ["", "  ", "abcd", 5, None, "a\nb", "\u0000", "\x7f", []],
    "lines": ["", "a\tb", "a\r\nb"],
    "time": [
        "2026-11-23T07:24:00",
        "2026-11-23 07:24:00Z",
        "2026-11-23T07:24Z",
        "2026-11-23",
        "2026-02-30T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T07:24:00+0200",
        "2026-11-23T07:24:00+25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-W48-1T00:00:00Z",
        "\u0662026-11-23T07:24:00Z",
        1763882640,
        None,
        "",
    ],
    "id": ["", "me", ID[:-1], "{" + ID + "}", ID.replace("-", ""), 5, None],
    "page_size": ["1.0", "-1", "+1", " 1", "\u0661", "", "1" * 40],
}


@pytest.mark.parametrize(
    ("field", "given"),
    [(field, given) for field, values in DOES_NOT_FIT.items() for given in values],
)
def test_what_does_not_fit_is_refused(field, given):
    serializer = Everything(data={field: given})

    assert not serializer.is_valid()
    assert set(serializer.errors) == {field}


def test_unknown_fields_and_faulty_ones_are_named_together():
    serializer = Everything(data={"number": 9, "numbre": 9})

    assert not serializer.is_valid()
    faults = {
        fault["field"]: fault["code"] for fault in flatten_errors(serializer.errors)
    }
    assert faults == {"number": "max_value", "numbre": "unknown_field"}


@pytest.mark.parametrize("data", [[], "text", 5, None, True])
def test_a_body_that_is_no_object_is_refused(data):
    assert not Everything(data=data).is_valid()


def test_a_query_parameter_may_be_given_once_only():
    serializer = Everything(data=QueryDict("page_size=1&page_size=2"))

    assert not serializer.is_valid()
    (fault,) = flatten_errors(serializer.errors)
    assert (fault["field"], fault["code"]) == ("page_size", "repeated")


class Rows(StrictSerializer):
    promos = Everything(many=True)


def test_a_fault_in_a_row_is_named_by_its_place():
    serializer = Rows(data={"promos": [{}, {"number": 0}, {"x": 1}]})

    assert not serializer.is_valid()
    faults = {
        fault["field"]: fault["code"] for fault in flatten_errors(serializer.errors)
    }
    assert faults == {"promos.1.number": "min_value", "promos.2.x": "unknown_field"}
