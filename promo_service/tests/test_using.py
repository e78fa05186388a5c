"""Use_promo_points: what is taken, what is refused and why."""

from datetime import timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from chassis.roles import Role
from promo_service.holders.models import Holder
from promo_service.promos.models import (
    LedgerEntry,
    Promo,
    Redemption,
    RedemptionPart,
)
from promo_service.promos.services import using
from promo_service.promos.services.modifying import delete_promo

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


def use(person, promo, body, **headers):
    return person.client.post(f"/api/v1/promos/{promo.id}/use", body, headers=headers)


def test_a_use_takes_its_points_and_is_told_what_is_left(owner, grant):
    promo = grant(100)

    answer = use(owner, promo, {"points": 30, "task": " Cafe\u0301 "})

    assert answer.status_code == 201
    body = answer.json()
    assert body["points"] == 30
    assert body["reversed_points"] == 0
    assert body["task"] == "Caf\u00e9"
    assert body["user_id"] == str(owner.id)
    assert body["remaining_points"] == 70
    assert body["parts"] == [
        {
            "promo_id": str(promo.id),
            "points": 30,
            "reversed_points": 0,
            "remaining_points": 70,
        }
    ]
    promo.refresh_from_db()
    assert promo.remaining_points == 70


def test_a_use_writes_redemption_part_and_entry_together(owner, grant):
    promo = grant(100)

    body = use(owner, promo, {"points": 100}).json()

    redemption = Redemption.objects.get()
    entry = LedgerEntry.objects.get(promo=promo, sequence=2)
    part = RedemptionPart.objects.get()
    assert str(redemption.id) == body["id"]
    assert (redemption.points, redemption.task) == (100, None)
    assert (entry.type, entry.points, entry.balance) == ("use", -100, 0)
    assert (entry.actor_id, entry.actor_role) == (owner.id, Role.NORMAL)
    assert entry.redemption_id == redemption.id
    assert entry.creation_time == redemption.creation_time
    assert (part.redemption_id, part.promo_id, part.points) == (
        redemption.id,
        promo.id,
        100,
    )


def test_a_use_is_one_query(owner, grant, django_assert_num_queries):
    promo = grant(100)
    use(owner, promo, {"points": 1})

    with django_assert_num_queries(1):
        use(owner, promo, {"points": 1}, **{"Idempotency-Key": "k"})


def test_reading_points_is_one_query(owner, grant, django_assert_num_queries):
    promo = grant(100)
    owner.client.get(f"/api/v1/promos/{promo.id}/points")

    with django_assert_num_queries(1):
        answer = owner.client.get(f"/api/v1/promos/{promo.id}/points")

    assert answer.json() == {
        "promo_id": str(promo.id),
        "promo_amount": 100,
        "used_points": 0,
        "remaining_points": 100,
        "status": "active",
    }


def test_an_administrator_uses_anybodys_promo_and_the_ledger_says_who(
    administrator, owner, grant
):
    promo = grant(100)

    answer = use(administrator, promo, {"points": 5})

    assert answer.status_code == 201
    assert answer.json()["user_id"] == str(owner.id)
    entry = LedgerEntry.objects.get(promo=promo, type="use")
    assert (entry.actor_id, entry.actor_role) == (administrator.id, "administrator")
    assert entry.holder_id == owner.id


@pytest.mark.parametrize("whose", ["stranger", "nobody"])
def test_somebody_elses_promo_is_the_same_as_none(
    stranger, grant, nothing_changes, whose
):
    promo = grant(100)
    if whose == "nobody":
        promo.id = uuid7()
    nothing_changes()

    answer = use(stranger, promo, {"points": 1})

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def refused(answer, code):
    assert answer.status_code == 409
    assert answer.json()["code"] == code
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_more_than_is_left_is_refused_with_what_is_left(owner, grant, nothing_changes):
    promo = grant(20)
    nothing_changes()

    answer = use(owner, promo, {"points": 30})

    refused(answer, "insufficient_points")
    detail = "The promo has 20 points left; 30 were asked for."
    assert answer.json()["detail"] == detail
    assert answer.json()["instance"] == f"/api/v1/promos/{promo.id}/use"


def test_an_inactive_promo_is_refused(owner, grant, nothing_changes):
    promo = grant(is_active=False)
    nothing_changes()

    refused(use(owner, promo, {"points": 1}), "promo_inactive")


def test_a_promo_that_has_not_started_is_refused(owner, grant, nothing_changes):
    promo = grant(start_time=timezone.now() + HOUR)
    nothing_changes()

    refused(use(owner, promo, {"points": 1}), "promo_not_started")


def test_an_expired_promo_is_refused(owner, grant, nothing_changes):
    now = timezone.now()
    promo = grant(start_time=now - 2 * HOUR, end_time=now - HOUR)
    nothing_changes()

    refused(use(owner, promo, {"points": 1}), "promo_expired")


def test_a_deleted_promo_is_not_found(owner, administrator, grant, nothing_changes):
    promo = grant()
    delete_promo(actor=administrator.caller, promo_id=promo.id)
    nothing_changes()

    assert use(owner, promo, {"points": 1}).status_code == 404
    assert use(administrator, promo, {"points": 1}).status_code == 404


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"deleted": True}, {"role": "administrator"}]
)
def test_a_holder_who_may_not_hold_is_refused(
    owner, administrator, grant, nothing_changes, change
):
    promo = grant()
    Holder.objects.filter(user_id=owner.id).update(**change)
    nothing_changes()

    refused(use(owner, promo, {"points": 1}), "holder_not_eligible")
    refused(use(administrator, promo, {"points": 1}), "holder_not_eligible")


def test_reasons_come_in_the_order_of_the_contract(owner, grant):
    now = timezone.now()
    promo = grant(10, is_active=False, start_time=now - 2 * HOUR, end_time=now - HOUR)
    Holder.objects.filter(user_id=owner.id).update(is_active=False)
    too_many = {"points": 11}

    refused(use(owner, promo, too_many), "holder_not_eligible")
    Holder.objects.filter(user_id=owner.id).update(is_active=True)
    refused(use(owner, promo, too_many), "promo_inactive")
    Promo.objects.update(is_active=True, start_time=now + HOUR, end_time=now + 2 * HOUR)
    refused(use(owner, promo, too_many), "promo_not_started")
    Promo.objects.update(start_time=now - 2 * HOUR, end_time=now - HOUR)
    refused(use(owner, promo, too_many), "promo_expired")
    Promo.objects.update(end_time=None)
    refused(use(owner, promo, too_many), "insufficient_points")


def test_the_end_is_exclusive_and_the_start_inclusive(owner, grant):
    start = timezone.now()
    end = start + HOUR
    promo = grant(start_time=start, end_time=end)
    actor = owner.caller

    at_start = using.use_promo_points(
        actor=actor, promo_id=promo.id, points=1, now=start
    )
    assert at_start.redemption.points == 1
    with pytest.raises(using.PromoExpired):
        using.use_promo_points(actor=actor, promo_id=promo.id, points=1, now=end)
    with pytest.raises(using.PromoNotStarted):
        using.use_promo_points(
            actor=actor,
            promo_id=promo.id,
            points=1,
            now=start - timedelta(microseconds=1),
        )


def test_time_in_a_ledger_never_runs_backwards(owner, grant):
    promo = grant(now=timezone.now() - HOUR)
    ahead = timezone.now() + HOUR
    using.use_promo_points(actor=owner.caller, promo_id=promo.id, points=1, now=ahead)

    using.use_promo_points(actor=owner.caller, promo_id=promo.id, points=1)

    times = LedgerEntry.objects.order_by("sequence").values_list(
        "creation_time", flat=True
    )
    assert list(times) == sorted(times)


def test_a_promo_that_changes_faster_than_it_is_used_is_unavailable(
    owner, grant, monkeypatch
):
    promo = grant()
    monkeypatch.setattr(using, "_take", lambda *arguments: None)

    answer = use(owner, promo, {"points": 1})

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert answer.headers["Retry-After"] == "1"


POINTS_THAT_ARE_NONE = ["5", 5.0, 5.5, True, None, 0, -1, 10**9 + 1, 10**30, [5], {}]


@pytest.mark.parametrize("points", POINTS_THAT_ARE_NONE)
def test_points_that_are_no_whole_number_in_range_are_refused(
    owner, grant, nothing_changes, points
):
    promo = grant()
    nothing_changes()

    answer = use(owner, promo, {"points": points})

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["points"]


def test_every_fault_of_a_body_is_named_at_once(owner, grant, nothing_changes):
    promo = grant()
    nothing_changes()

    answer = use(owner, promo, {"points": 0, "task": "x" * 141, "pionts": 1})

    faults = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert faults == {
        "points": "min_value",
        "task": "max_length",
        "pionts": "unknown_field",
    }
