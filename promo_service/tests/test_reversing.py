"""Reverse_redemption: back to where points came from, never more than was used."""

from datetime import timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from promo_service.promos.models import LedgerEntry, Reversal
from promo_service.promos.services import using_all
from promo_service.promos.services.modifying import delete_promo, modify_promo
from promo_service.promos.services.reversing import reverse_redemption
from promo_service.tests.ledgers import assert_ledger_is_whole, movements
from promo_service.tests.planting import find

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def promos(grant):
    """Two promos of 10 and one of 100, in the order in which they are taken from."""
    now = timezone.now()
    ends = [now + HOUR, now + 2 * HOUR, None]
    return [
        grant(points, end_time=end)
        for points, end in zip([10, 10, 100], ends, strict=True)
    ]


@pytest.fixture
def used(owner, promos):
    """45 points: 10, 10 and 25."""
    return owner.client.post("/api/v1/promos/me/use", {"points": 45}).json()


def reverse(person, used, body=None, **headers):
    path = f"/api/v1/redemptions/{used['id']}/reverse"
    return person.client.post(path, body or {}, headers=headers)


def remaining(promos):
    for promo in promos:
        assert_ledger_is_whole(promo)
    return [promo.remaining_points for promo in promos]


def test_all_of_it_goes_back_where_it_came_from(administrator, used, promos):
    answer = reverse(administrator, used, {"reason": "The order was cancelled"})

    assert answer.status_code == 201
    body = answer.json()
    assert body["reversed_points"] == 45
    assert [part["reversed_points"] for part in body["parts"]] == [10, 10, 25]
    unchanged = ("id", "points", "remaining_points", "task", "creation_time", "user_id")
    assert [body[name] for name in unchanged] == [used[name] for name in unchanged]
    assert remaining(promos) == [10, 10, 100]
    assert movements(promos[2]) == [("grant", 100), ("use", -25), ("reverse", 25)]
    reversal = Reversal.objects.get()
    assert (reversal.points, reversal.reason) == (45, "The order was cancelled")
    entry = LedgerEntry.objects.get(promo=promos[0], type="reverse")
    assert (entry.actor_id, entry.actor_role) == (administrator.id, "administrator")
    assert str(entry.redemption_id) == used["id"]


def test_a_part_of_it_goes_back_to_what_was_taken_from_last(
    administrator, used, promos
):
    assert reverse(administrator, used, {"points": 20}).status_code == 201
    assert remaining(promos) == [0, 0, 95]

    body = reverse(administrator, used, {"points": 16}).json()

    assert remaining(promos) == [1, 10, 100]
    assert body["reversed_points"] == 36
    assert [part["reversed_points"] for part in body["parts"]] == [1, 10, 25]

    assert reverse(administrator, used).json()["reversed_points"] == 45
    assert remaining(promos) == [10, 10, 100]


def test_the_order_is_that_of_the_use_though_ends_have_changed_since(
    administrator, used, promos
):
    modify_promo(
        actor=administrator.caller,
        promo_id=promos[2].id,
        changes={"end_time": timezone.now() + HOUR / 2},
    )

    reverse(administrator, used, {"points": 5})

    assert remaining(promos) == [0, 0, 80]


@pytest.mark.parametrize("points", [46, 10**9])
def test_more_than_was_used_is_refused(
    administrator, used, promos, nothing_changes, points
):
    nothing_changes()

    answer = reverse(administrator, used, {"points": points})

    assert answer.status_code == 409
    assert answer.json()["code"] == "reversal_exceeds_redemption"


def test_what_was_given_back_is_not_given_back_again(
    administrator, used, promos, nothing_changes
):
    reverse(administrator, used)
    nothing_changes()

    for body in ({}, {"points": 1}):
        answer = reverse(administrator, used, body)
        assert answer.json()["code"] == "reversal_exceeds_redemption"


def delete(administrator, *promos):
    for promo in promos:
        delete_promo(actor=administrator.caller, promo_id=promo.id)


@pytest.mark.parametrize(
    ("gone", "points", "given", "left"),
    [
        ([2], None, [10, 10, 0], [10, 10, 0]),
        ([2], 12, [2, 10, 0], [2, 10, 0]),
        ([1], None, [10, 0, 25], [10, 0, 100]),
        ([1], 26, [1, 0, 25], [1, 0, 100]),
        ([0], 35, [0, 10, 25], [0, 10, 100]),
        ([0, 2], None, [0, 10, 0], [0, 10, 0]),
    ],
)
def test_points_go_back_as_if_there_were_no_part_of_a_deleted_promo(
    administrator, used, promos, gone, points, given, left
):
    delete(administrator, *(promos[place] for place in gone))

    answer = reverse(administrator, used, {"points": points} if points else {})

    assert answer.status_code == 201
    body = answer.json()
    assert [part["reversed_points"] for part in body["parts"]] == given
    assert body["reversed_points"] == sum(given) == Reversal.objects.get().points
    assert remaining(promos) == left
    assert find() == []


@pytest.mark.parametrize(
    ("gone", "points", "reversible"),
    [([2], 21, 20), ([2], 45, 20), ([0, 1], 26, 25), ([0, 1, 2], 1, 0)],
)
def test_more_than_the_promos_that_are_left_can_take_is_refused_with_how_much_that_is(
    administrator, used, promos, nothing_changes, gone, points, reversible
):
    delete(administrator, *(promos[place] for place in gone))
    nothing_changes()

    answer = reverse(administrator, used, {"points": points})

    assert (answer.status_code, answer.json()["code"]) == (409, "promo_deleted")
    assert answer.json()["reversible_points"] == reversible


def test_nothing_goes_back_where_no_promo_is_left_that_could_take_it(
    administrator, used, promos, nothing_changes
):
    delete(administrator, promos[0])
    assert reverse(administrator, used).status_code == 201
    nothing_changes()

    answer = reverse(administrator, used)

    assert (answer.status_code, answer.json()["code"]) == (409, "promo_deleted")
    assert answer.json()["reversible_points"] == 0


def test_more_than_is_left_at_all_is_said_before_that_a_promo_is_deleted(
    administrator, used, promos, nothing_changes
):
    reverse(administrator, used, {"points": 5})
    delete(administrator, *promos)
    nothing_changes()

    answer = reverse(administrator, used, {"points": 41})

    assert answer.json()["code"] == "reversal_exceeds_redemption"
    assert "reversible_points" not in answer.json()
    answer = reverse(administrator, used, {"points": 40})
    assert (answer.json()["code"], answer.json()["reversible_points"]) == (
        "promo_deleted",
        0,
    )


def test_a_retry_of_a_reversal_that_left_a_promo_out_gets_the_first_answer(
    administrator, used, promos
):
    delete(administrator, promos[2])
    key = {"Idempotency-Key": "once"}
    first = reverse(administrator, used, **key)
    delete(administrator, promos[1])

    again = reverse(administrator, used, **key)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Reversal.objects.get().points == 20


def test_points_return_to_an_expired_promo_and_cannot_be_used(
    administrator, owner, grant
):
    now = timezone.now()
    promo = grant(10, now=now - 3 * HOUR, end_time=now - HOUR)
    used = using_all.use_my_points(actor=owner.caller, points=4, now=now - 2 * HOUR)

    answer = reverse(administrator, {"id": used.redemption.id})

    assert answer.status_code == 201
    assert remaining([promo]) == [10]
    refused = owner.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 1})
    assert refused.json()["code"] == "promo_expired"


def test_a_redemption_that_is_none_is_not_found(administrator, nothing_changes, used):
    nothing_changes()

    answer = reverse(administrator, {"id": uuid7()})

    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    "body", [{"points": 0}, {"points": -1}, {"points": None}, {"task": "x"}]
)
def test_a_body_that_is_none_is_refused(administrator, used, nothing_changes, body):
    nothing_changes()

    assert reverse(administrator, used, body).json()["code"] == "validation_error"


def test_a_retry_gives_nothing_back_and_gets_the_first_answer(
    administrator, used, promos
):
    key = {"Idempotency-Key": "once"}
    first = reverse(administrator, used, {"points": 5}, **key)
    reverse(administrator, used)
    for promo in promos:
        delete_promo(actor=administrator.caller, promo_id=promo.id)

    again = reverse(administrator, used, {"points": 5}, **key)
    other = reverse(administrator, used, {"points": 6}, **key)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.json()["code"] == "idempotency_key_reused"
    assert Reversal.objects.count() == 2


def test_a_use_is_replayed_as_it_was_before_it_was_reversed(
    administrator, owner, promos
):
    use = {"points": 15}
    key = {"Idempotency-Key": "once"}
    first = owner.client.post("/api/v1/promos/me/use", use, headers=key)
    reverse(administrator, first.json())

    again = owner.client.post("/api/v1/promos/me/use", use, headers=key)

    assert again.json() == first.json()
    assert again.json()["reversed_points"] == 0


def test_a_refused_reversal_leaves_its_key_free(administrator, used):
    key = {"Idempotency-Key": "free"}
    assert reverse(administrator, used, {"points": 46}, **key).status_code == 409

    assert reverse(administrator, used, {"points": 45}, **key).status_code == 201


def test_times_do_not_run_backwards_when_the_clock_is_set_back(
    administrator, used, promos
):
    reverse_redemption(
        actor=administrator.caller,
        redemption_id=used["id"],
        present=lambda *_: "{}",
        now=timezone.now() - HOUR,
    )

    assert remaining(promos) == [10, 10, 100]
