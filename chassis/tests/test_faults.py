"""Every fault is named, up to a number; the rest is counted."""

import pytest
from rest_framework.exceptions import ErrorDetail, ValidationError

from chassis.faults import (
    LONGEST_SHOWN,
    MOST_FAULTS,
    MOST_FAULTS_OF_A_ROW,
    FaultyRows,
    name_faults,
)
from chassis.serializers import (
    MOST_KEYS,
    ChoiceField,
    IdField,
    IntegerField,
    ListField,
    StrictSerializer,
)


class Thing(StrictSerializer):
    number = IntegerField()
    kind = ChoiceField(["a", "b"], required=False)
    id = IdField(required=False)
    numbers = ListField(child=IntegerField(), max_length=500, required=False)


def faults_of(data):
    with pytest.raises(ValidationError) as caught:
        Thing().run_validation(data)
    return name_faults(caught.value)


def test_a_hundred_unknown_fields_are_named_and_the_required_one_is_counted():
    named, more = faults_of({f"x{number}": 1 for number in range(MOST_KEYS)})

    assert len(named) == MOST_FAULTS
    assert more == 1


def test_one_field_too_many_is_one_fault_and_no_field_is_looked_at(monkeypatch):
    monkeypatch.setattr(IntegerField, "run_validation", pytest.fail)

    named, more = faults_of({f"x{number}": 1 for number in range(MOST_KEYS)} | {"n": 1})

    assert [(fault["field"], fault["code"]) for fault in named] == [
        ("", "too_many_fields")
    ]
    assert more == 0


def test_one_member_too_many_is_one_fault_and_no_member_is_looked_at(monkeypatch):
    monkeypatch.setattr(ListField, "run_child_validation", pytest.fail)

    named, more = faults_of({"number": 1, "numbers": [1] * 501})

    assert [(fault["field"], fault["code"]) for fault in named] == [
        ("numbers", "max_length")
    ]
    assert more == 0


def test_no_fault_repeats_what_was_sent_at_length():
    long = "x" * 10_000
    named, _ = faults_of({long: 1, "number": long, "kind": long, "id": [long]})

    assert {fault["code"] for fault in named} == {
        *("unknown_field", "invalid", "invalid_choice"),
    }
    for fault in named:
        assert len(fault["field"]) <= LONGEST_SHOWN + 1
        assert "xx" not in fault["detail"]


def test_of_rows_each_faulty_one_is_named():
    many = [ErrorDetail("no", "invalid")]
    rows = {str(row): {f"f{n}": many for n in range(7)} for row in range(500)}

    named, more = name_faults(FaultyRows({"promos": rows}))

    assert {fault["field"].split(".")[1] for fault in named} == set(rows)
    assert len(named) == 500 * MOST_FAULTS_OF_A_ROW
    assert more == 500 * 2
