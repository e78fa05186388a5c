"""`verify_ledger`: what must never be of keys, holders and redemptions (I5 to I8)."""

from typing import Any

import pytest

from promo_service.promos.models import IdempotencyKey
from promo_service.tests.planting import (
    ENTRY,
    KEY,
    PART,
    REDEMPTION,
    REVERSAL,
    REVISION,
    assert_found,
    find,
    make_history,
    plant,
)

pytestmark = pytest.mark.django_db

NO_EFFECT = "the number of effects by the same actor at the same time is 0, should be 1"

# What is wrong, what makes it so, the constraint in its way, and what is named.
TABLE: list[tuple[Any, ...]] = [
    (
        "no revisions, and so no effect of the key",
        "DELETE FROM promo_revision WHERE promo_id = '<deleted>'",
        None,
        [
            "I4  promo <deleted>: version is 2, should be nothing",
            f"I5  key give-C of *: {NO_EFFECT}",
        ],
    ),
    (
        "a key of somebody else",
        KEY.format("actor_id = '<stranger>'", "use"),
        None,
        [f"I5  key use of <stranger>: {NO_EFFECT}"],
    ),
    (
        "a key whose answer shows nothing",
        KEY.format("answer = 'gone'", "give-A"),
        None,
        [f"I5  key give-A of *: {NO_EFFECT}"],
    ),
    (
        "a key whose answer shows what another request made",
        KEY.format(
            'answer = \'{"results": [{"id": "<promo>"}, {"id": "<other>"}]}\'', "give-A"
        ),
        None,
        ["I5  key give-A of *: the number of effects * is 1, should be 2"],
    ),
    (
        "a key of no reversal",
        KEY.format("creation_time = creation_time - interval '1 s'", "reverse"),
        None,
        [f"I5  key reverse of *: {NO_EFFECT}"],
    ),
    (
        "a key of no request",
        KEY.format("status = 500, fingerprint = 'short'", "use"),
        None,
        [
            "I5  key use of <holder>: status is 500, should be 201",
            "I5  key use of <holder>: the length of its fingerprint is 5, should be 32",
        ],
    ),
    (
        "an administrator holds promos",
        "UPDATE holder SET role = 'administrator' WHERE user_id = '<holder>'",
        None,
        ["I6  promo *: being deleted (owner is an administrator or deleted) is false*"]
        * 2,
    ),
    (
        "a deleted user holds promos",
        "UPDATE holder SET deleted = TRUE WHERE user_id = '<holder>'",
        None,
        ["I6  promo *: being deleted (owner is an administrator or deleted) is false*"]
        * 2,
    ),
    *(
        (
            f"{name} under another holder",
            statement.format("holder_id = '<stranger>'", number),
            None,
            [f"I7  {whose}: holder_id of {name} is <stranger>, should be <holder>"],
        )
        for name, statement, number, whose in (
            ("entry 2", ENTRY, 2, "promo <promo>"),
            ("revision 1", REVISION, 1, "promo <promo>"),
            ("reversal *", REVERSAL, 0, "redemption <redemption>"),
        )
    ),
    (
        "a redemption under another holder",
        REDEMPTION.format("holder_id = '<stranger>'"),
        None,
        [
            "I7  redemption <redemption>: holder_id of its part of promo * is *",
            "I7  redemption <redemption>: holder_id of reversal * is <holder>, *",
        ],
    ),
    (
        "a part under another holder",
        PART.format("holder_id = '<stranger>'"),
        None,
        [
            "I7  promo <promo>: holder_id of its part of redemption * is <stranger>, *",
            "I7  redemption <redemption>: holder_id of its part of promo * is *",
        ],
    ),
    (
        "a use without its entry",
        ENTRY.format("type = 'adjust', redemption_id = NULL", 2),
        None,
        [
            "I2  promo <promo>: promo_amount is 120, should be 90",
            (
                "I8  redemption <redemption>: the number of use entries on promo "
                "<promo> is 0, should be 1"
            ),
        ],
    ),
    (
        "an entry without its part",
        (
            "DELETE FROM redemption_part WHERE redemption_id = '<both>' "
            "AND promo_id = '<promo>'"
        ),
        None,
        [
            "I8  redemption <both>: points (by its parts) is 150, should be 55",
            "I8  redemption <both>: points of promo <promo> is nothing, should be 95",
        ],
    ),
    (
        "a part of other points and balance than its entry",
        PART.format("points = 31, remaining_points = 71"),
        None,
        [
            "I8  redemption <redemption>: points (by its parts) is 30, should be 31",
            "I8  redemption <redemption>: points of promo <promo> is 31, should be 30",
            (
                "I8  redemption <redemption>: remaining_points of promo <promo> is 71, "
                "should be 70"
            ),
        ],
    ),
    (
        "a redemption of other points than its parts",
        REDEMPTION.format("points = 40"),
        None,
        ["I8  redemption <redemption>: points (by its parts) is 40, should be 30"],
    ),
    (
        "a redemption that nobody gave back",
        REDEMPTION.format("reversed_points = 6"),
        None,
        [
            f"I8  redemption <redemption>: reversed_points ({how}) is 6, should be 5"
            for how in ("by its parts", "by its reversals")
        ],
    ),
    (
        "a part that nobody gave back",
        PART.format("reversed_points = 6"),
        None,
        [
            (
                "I8  redemption <redemption>: reversed_points (by its parts) is 5, "
                "should be 6"
            ),
            (
                "I8  redemption <redemption>: reversed_points of promo <promo> is 6, "
                "should be 5"
            ),
        ],
    ),
    (
        "a reversal of other points",
        REVERSAL.format("points = 4"),
        None,
        [
            (
                "I8  redemption <redemption>: reversed_points (by its reversals) is 5, "
                "should be 4"
            )
        ],
    ),
    (
        "more of a redemption given back than was used",
        REDEMPTION.format("points = 4"),
        "redemption_reversed_within_points",
        [
            "I8  redemption <redemption>: points (by its parts) is 4, should be 30",
            (
                "I8  redemption <redemption>: reversed_points (no more than its "
                "points) is 5, should be 4"
            ),
        ],
    ),
    (
        "more of a part given back than was used",
        PART.format("points = 4"),
        "part_reversed_within_points",
        [
            "I8  redemption <redemption>: points (by its parts) is 30, should be 4",
            "I8  redemption <redemption>: points of promo <promo> is 4, should be 30",
            (
                "I8  redemption <redemption>: reversed_points (no more than its "
                "points) of promo <promo> is 5, should be 4"
            ),
        ],
    ),
]


@pytest.fixture
def history(owner, administrator, stranger):
    return make_history(owner, administrator, stranger)


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


def test_every_answer_that_is_kept_is_found_to_be_an_effect(administrator, owner):
    def post(who, path: str, body: dict[str, Any]) -> Any:
        key = {"Idempotency-Key": path}
        answer = who.client.post(f"/api/v1/{path}", body, headers=key)
        assert answer.status_code == 201, answer.json()
        return answer.json()

    grant = {"user_id": str(owner.id), "promo_type": "gift", "promo_amount": 10}
    rows = [{**grant, "promo_code": code} for code in ("A", "B")]
    post(administrator, "promos", {**grant, "promo_code": "C"})
    post(administrator, "promos/bulk", {"promos": rows})
    used = post(owner, "promos/me/use", {"points": 25})
    post(administrator, f"redemptions/{used['id']}/reverse", {"points": 7})

    assert find() == []
    assert IdempotencyKey.objects.count() == 4
