"""The comparison after the kills finds what it is there to find."""

import json
from dataclasses import replace

import pytest

from tests_e2e.faults.journal import Journal, Kind, Operation, tally
from tests_e2e.faults.records import Records
from tests_e2e.faults.verdict import find_wrongs
from tests_e2e.faults.world import Change

HOLDER, ADMIN, PROMO, USED = "holder", "admin", "promo", "used"
GRANT_ANSWER = {"id": PROMO, "promo_amount": 10, "user": {"id": HOLDER}}
REVERSE_ANSWER = {"id": USED, "reversed_points": 3}
USER = (1, 0, "user", "Some Body", "normal", True, False)


def operation(kind, actor, key, status, answer, **more):
    values = {"path": "/", "attempts": 1, **more}
    return Operation(
        kind, actor, "POST", key=key, status=status, answer=answer, **values
    )


def everything_told() -> Journal:
    """A grant of 10, a use of 4, one refused, and 3 given back."""
    journal = Journal()
    reversing = f"/api/v1/redemptions/{USED}/reverse"
    for each in (
        operation(Kind.GRANT, ADMIN, "g", 201, GRANT_ANSWER, attempts=3),
        operation(Kind.USE, HOLDER, "u", 201, {"id": USED}, body={"points": 4}),
        operation(Kind.USE, HOLDER, "r", 409, {"code": "insufficient_points"}),
        operation(Kind.REVERSE, ADMIN, "v", 201, REVERSE_ANSWER, path=reversing),
    ):
        journal.intend(each)
    return journal


STORED = Records(
    users={HOLDER: USER},
    holders={HOLDER: USER},
    set_aside=[],
    keys={
        (ADMIN, "g"): (None, json.dumps(GRANT_ANSWER)),
        (HOLDER, "u"): (USED, None),
        (ADMIN, "v"): (None, json.dumps(REVERSE_ANSWER)),
    },
    entries=[
        (PROMO, "grant", 10, None),
        (PROMO, "use", -4, USED),
        (PROMO, "reverse", 3, USED),
    ],
    held_by={PROMO: HOLDER},
    redemptions={USED: (4, 3)},
    reversals=[(USED, 3)],
    broken=[],
)
STATES = {HOLDER: Change(name="Some Body")}


def wrongs(records: Records, journal: Journal | None = None) -> list[str]:
    return list(find_wrongs(journal or everything_told(), records, STATES))


def test_what_was_told_and_is_there_is_right():
    assert wrongs(STORED) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"keys": {**STORED.keys, (HOLDER, "r"): (USED, None)}}, "refused, and yet"),
        ({"keys": {**STORED.keys, (HOLDER, "x"): (USED, None)}}, "nobody used"),
        ({"keys": {}}, "acknowledged and lost"),
        (
            {"keys": {**STORED.keys, (HOLDER, "u"): ("another", None)}},
            "answered otherwise than stored",
        ),
        ({"entries": STORED.entries[1:]}, "grant promo is missing"),
        (
            {"entries": [STORED.entries[0], *STORED.entries]},
            "granted 2 times",
        ),
        (
            {"entries": [*STORED.entries, STORED.entries[1]]},
            "use used is 8 instead of 4",
        ),
        (
            {"entries": [*STORED.entries, (PROMO, "adjust", 5, None)]},
            "nobody asked for: adjust",
        ),
        (
            {"entries": [*STORED.entries, (PROMO, "void", -9, None)]},
            "nobody asked for: void",
        ),
        ({"redemptions": {}}, "redemption used is missing"),
        (
            {"redemptions": {**STORED.redemptions, "x": (1, 0)}},
            "redemption x was not asked for",
        ),
        ({"reversals": []}, "reversal used is missing"),
        ({"reversals": STORED.reversals * 2}, "reversal used is 2 instead of 1"),
        ({"redemptions": {USED: (4, 2)}}, "points given back"),
        (
            {"held_by": {**STORED.held_by, "x": HOLDER}},
            "promo x was not asked for",
        ),
        ({"holders": {}}, "user holder is missing"),
        ({"holders": {HOLDER: (2, *USER[1:])}}, "user holder is"),
        (
            {"users": {HOLDER: (*USER[:-1], True)}},
            "user holder should be",
        ),
        ({"set_aside": ["event"]}, "set aside: event"),
        ({"broken": ["balance-within-amount: x"]}, "balance-within-amount"),
    ],
)
def test_what_contradicts_it_is_found(changes, said):
    found = wrongs(replace(STORED, **changes))

    assert any(said in wrong for wrong in found), found


def test_what_was_never_answered_is_found():
    journal = everything_told()
    journal.intend(operation(Kind.USE, HOLDER, "n", 0, None, body={"points": 1}))

    assert any("never answered" in wrong for wrong in wrongs(STORED, journal))


def test_what_clients_complained_of_is_found():
    journal = everything_told()
    journal.complain("an answer that no client should get")

    assert "an answer that no client should get" in wrongs(STORED, journal)


def test_a_repetition_that_finds_it_done_is_acknowledged():
    gone = operation(Kind.USER, ADMIN, "d", 404, {"code": "not_found"}, attempts=2)
    gone.done_before = "not_found"

    assert gone.acknowledged
    gone.attempts = 1
    assert gone.refused


def test_a_tally_counts_each_outcome():
    counts = tally(everything_told())

    assert counts["acknowledged"] == 3
    assert counts["refused"] == 1
    assert counts["retried"] == 1
