"""`verify_ledger`: what must never be of promos, entries and revisions (I1 to I4)."""

from typing import Any

import pytest

from promo_service.tests.planting import (
    ENTRY,
    PROMO,
    REVISION,
    assert_found,
    find,
    make_history,
    plant,
)

pytestmark = pytest.mark.django_db

# What is wrong, what makes it so, the constraint in its way, and what is named.
TABLE: list[tuple[Any, ...]] = [
    (
        "less than nothing remains",
        PROMO.format("remaining_points = -1"),
        "promo_remaining_within_amount",
        [
            "I1  promo <promo>: remaining_points is -1, should be 0",
            "I2  promo <promo>: remaining_points is -1, should be 0",
        ],
    ),
    (
        "a deleted promo holds points",
        "UPDATE promo SET deleted_at = now() WHERE id = '<other>'",
        "promo_deleted_has_no_points",
        [
            "I1  promo <other>: remaining_points of a deleted promo is 45, should be 0",
            "I4  promo <other>: deleted is true, should be false",
        ],
    ),
    (
        "points that no entry explains",
        PROMO.format("remaining_points = 7"),
        None,
        ["I2  promo <promo>: remaining_points is 7, should be 0"],
    ),
    (
        "an amount that no entry explains",
        PROMO.format("promo_amount = 500"),
        None,
        [
            "I2  promo <promo>: promo_amount is 500, should be 120",
            "I4  promo <promo>: promo_amount is 500, should be 120",
        ],
    ),
    (
        "a gap in the numbers",
        ENTRY.format("sequence = 9", 5),
        None,
        [
            "I3  promo <promo>: entry 9: the sequence is 9, should be 5",
            "I3  promo <promo>: last_sequence is 5, should be 9",
        ],
    ),
    (
        "an entry changed",
        ENTRY.format("points = 21", 4),
        None,
        [
            "I2  promo <promo>: promo_amount is 120, should be 121",
            "I2  promo <promo>: remaining_points is 0, should be 1",
            "I3  promo <promo>: entry 4: the balance is 95, should be 96",
        ],
    ),
    (
        "an entry deleted",
        "DELETE FROM ledger_entry WHERE promo_id = '<deleted>' AND sequence = 2",
        None,
        [
            "I2  promo <deleted>: remaining_points is 0, should be 100",
            "I3  promo <deleted>: last_entry_time is *",
            "I3  promo <deleted>: last_sequence is 2, should be 1",
        ],
    ),
    (
        "a promo without a ledger",
        "DELETE FROM ledger_entry WHERE promo_id = '<deleted>'",
        None,
        [
            "I2  promo <deleted>: promo_amount is 100, should be 0",
            "I3  promo <deleted>: creation_time is *, should be nothing",
            "I3  promo <deleted>: last_entry_time is *, should be nothing",
            "I3  promo <deleted>: last_sequence is 2, should be nothing",
        ],
    ),
    (
        "a balance that is not the last one and the points",
        ENTRY.format("balance = 76", 3),
        None,
        [
            "I3  promo <promo>: entry 3: the balance is 76, should be 75",
            "I3  promo <promo>: entry 4: the balance is 95, should be 96",
        ],
    ),
    (
        "time runs backwards",
        ENTRY.format("creation_time = creation_time + interval '1 day'", 4),
        None,
        [
            "I3  promo <promo>: entry 5: the time is *",
            "I3  promo <promo>: last_entry_time is *",
        ],
    ),
    (
        "the first entry is no grant",
        ENTRY.format("type = 'adjust'", 1),
        None,
        ["I3  promo <promo>: entry 1: being the grant is false, should be true"],
    ),
    (
        "a second grant",
        ENTRY.format("type = 'grant'", 4),
        None,
        ["I3  promo <promo>: entry 4: being the grant is true, should be false"],
    ),
    (
        "a promo older than its grant",
        PROMO.format("creation_time = creation_time - interval '1 day'"),
        None,
        ["I3  promo <promo>: creation_time is *"],
    ),
    (
        "a gap in the revisions",
        REVISION.format("version = 3", 2),
        None,
        [
            "I4  promo <promo>: the number of a revision is 3, should be 2",
            "I4  promo <promo>: version is 2, should be 3",
        ],
    ),
    (
        "attributes that no revision explains",
        PROMO.format("promo_type = 'other', is_active = FALSE, description = 'x'"),
        None,
        [
            "I4  promo <promo>: description is x, should be nothing",
            "I4  promo <promo>: is_active is false, should be true",
            "I4  promo <promo>: promo_type is other, should be gift",
        ],
    ),
]


@pytest.fixture
def history(owner, administrator, stranger):
    return make_history(owner, administrator, stranger)


def test_nothing_is_named_where_nothing_is_wrong(history):
    assert find() == []


def test_nothing_is_named_where_nothing_is():
    assert find() == []


@pytest.mark.parametrize(
    ("change", "dropped", "expected"),
    [pytest.param(*row, id=name) for name, *row in TABLE],
)
def test_what_must_never_be_is_named(history, change, dropped, expected):
    plant(history.name(change), dropped=dropped)

    names = [history.name(each) for each in expected]
    if dropped:
        names.append(f"schema  table *: constraint {dropped} is missing *")
    assert_found(names)
