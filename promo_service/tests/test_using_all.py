"""Use_my_points: from all of one's usable promos, soonest end first, all or nothing."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from promo_service.holders.models import Holder
from promo_service.promos.models import LedgerEntry, Promo, Redemption, RedemptionPart
from promo_service.promos.selectors import usable
from promo_service.promos.services import using_all
from promo_service.promos.services.modifying import delete_promo, modify_promo
from promo_service.promos.services.using import InsufficientPoints, use_promo_points
from promo_service.promos.services.using_all import use_my_points
from promo_service.tests.background import Background
from promo_service.tests.filling import many_by_sql
from promo_service.tests.ledgers import assert_ledger_is_whole, movements

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/promos/me/use"
HOUR = timedelta(hours=1)


def in_hours(hours: int) -> datetime:
    return timezone.now() + hours * HOUR


def use(person, body, **headers):
    return person.client.post(URL, body, headers=headers)


def test_it_takes_from_the_soonest_end_first_and_endless_promos_last(owner, grant):
    endless = grant(100)
    late = grant(20, end_time=in_hours(9))
    soon = grant(10, end_time=in_hours(1))

    answer = use(owner, {"points": 45, "task": "A weekend away"})

    assert answer.status_code == 201
    body = answer.json()
    assert body["points"] == 45
    assert body["task"] == "A weekend away"
    assert body["user_id"] == str(owner.id)
    assert body["remaining_points"] == 85
    assert body["parts"] == [
        {
            "promo_id": str(promo.id),
            "points": points,
            "reversed_points": 0,
            "remaining_points": left,
        }
        for promo, points, left in [(soon, 10, 0), (late, 20, 0), (endless, 15, 85)]
    ]
    for promo, points in [(soon, 10), (late, 20), (endless, 15)]:
        assert_ledger_is_whole(promo)
        assert movements(promo)[1:] == [("use", -points)]
    entries = LedgerEntry.objects.filter(type="use")
    assert {str(entry.redemption_id) for entry in entries} == {body["id"]}
    assert {entry.creation_time for entry in entries} == {
        Redemption.objects.get().creation_time
    }


def test_of_promos_that_end_together_the_older_one_comes_first(owner, grant):
    end = in_hours(1)
    promos = [grant(10, end_time=end) for _ in range(3)]

    parts = use(owner, {"points": 25}).json()["parts"]

    assert [part["promo_id"] for part in parts] == [str(promo.id) for promo in promos]


def test_a_redemption_shows_its_parts_in_the_order_they_were_taken(owner, grant):
    later, sooner = grant(10), grant(10, end_time=in_hours(1))
    used = use(owner, {"points": 15}).json()

    read = owner.client.get(f"/api/v1/redemptions/{used['id']}").json()
    listed = owner.client.get("/api/v1/redemptions/me").json()["results"]

    assert read == used
    assert listed == [used]
    assert [part["promo_id"] for part in read["parts"]] == [
        str(sooner.id),
        str(later.id),
    ]


def test_what_cannot_be_used_is_passed_over(owner, administrator, stranger, grant):
    actor = administrator.caller
    grant(100, is_active=False)
    grant(100, start_time=in_hours(1))
    grant(100, start_time=in_hours(-2), end_time=in_hours(-1))
    grant(100, user_id=stranger.id)
    delete_promo(actor=actor, promo_id=grant(100).id)
    used_up = grant(5, end_time=in_hours(1))
    use(owner, {"points": 5})
    usable = grant(7)

    answer = use(owner, {"points": 7})

    assert [part["promo_id"] for part in answer.json()["parts"]] == [str(usable.id)]
    assert movements(used_up) == [("grant", 5), ("use", -5)]


def test_more_than_all_of_them_hold_takes_nothing(owner, grant, nothing_changes):
    grant(10), grant(20, is_active=False), grant(5)
    nothing_changes()

    answer = use(owner, {"points": 16}, **{"Idempotency-Key": "free"})

    assert answer.status_code == 409
    assert answer.json()["code"] == "insufficient_points"
    assert "15 points" in answer.json()["detail"]


def test_somebody_without_promos_has_too_few_points(stranger, nothing_changes):
    Holder.objects.filter(user_id=stranger.id).delete()
    nothing_changes()

    answer = use(stranger, {"points": 1})

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_points")


@pytest.mark.parametrize("who", ["suspended", "promoted", "administrator"])
def test_who_may_not_hold_promos_may_not_use_them(
    owner, administrator, grant, nothing_changes, who
):
    grant(10)
    if who == "suspended":
        Holder.objects.update(is_active=False)
    elif who == "promoted":
        Holder.objects.update(role="administrator")
    nothing_changes()

    answer = use(administrator if who == "administrator" else owner, {"points": 1})

    assert (answer.status_code, answer.json()["code"]) == (409, "holder_not_eligible")


@pytest.mark.parametrize("body", [{}, {"points": 0}, {"points": "5"}, {"point": 5}])
def test_a_body_that_is_none_is_refused(owner, grant, nothing_changes, body):
    grant(10)
    nothing_changes()

    assert use(owner, body).json()["code"] == "validation_error"


def test_a_retry_gets_the_first_answer_whatever_has_changed(
    owner, administrator, grant
):
    promos = [grant(10, end_time=in_hours(1)), grant(10)]
    first = use(owner, {"points": 15}, **{"Idempotency-Key": "once"})
    for promo in promos:
        delete_promo(actor=administrator.caller, promo_id=promo.id)
    Holder.objects.update(is_active=False)

    again = use(owner, {"points": 15}, **{"Idempotency-Key": "once"})
    other = use(owner, {"points": 14}, **{"Idempotency-Key": "once"})

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.json()["code"] == "idempotency_key_reused"
    assert Redemption.objects.count() == 1


def test_a_promo_is_usable_until_just_before_its_end(owner, grant):
    end = in_hours(5)
    grant(10, end_time=end, now=end - 2 * HOUR)
    moment = timedelta(microseconds=1)

    with pytest.raises(InsufficientPoints):
        use_my_points(actor=owner.caller, points=1, now=end)
    use_my_points(actor=owner.caller, points=1, now=end - moment)


def test_times_do_not_run_backwards_when_the_clock_is_set_back(owner, grant):
    now = timezone.now()
    promos = [grant(10, now=now, start_time=now - HOUR), grant(10, now=now + HOUR)]

    use_my_points(actor=owner.caller, points=5, now=now - HOUR / 2)

    for promo in promos:
        assert_ledger_is_whole(promo)


def test_the_order_is_kept_when_an_end_is_changed_later(owner, administrator, grant):
    first, second = grant(10, end_time=in_hours(1)), grant(10, end_time=in_hours(2))
    used = use(owner, {"points": 15}).json()
    modify_promo(
        actor=administrator.caller, promo_id=first.id, changes={"end_time": None}
    )

    read = owner.client.get(f"/api/v1/redemptions/{used['id']}").json()

    assert read == used
    positions = RedemptionPart.objects.values_list("promo_id", "position")
    assert dict(positions) == {first.id: 1, second.id: 2}


class TestChoosing:
    """Promos are chosen without a lock, and looked at again after it."""

    def test_only_what_it_takes_from_is_locked(self, owner, grant):
        soon, later = grant(10, end_time=in_hours(1)), grant(10, end_time=in_hours(2))

        with transaction.atomic():
            Promo.objects.select_for_update().get(id=later.id)
            used = Background(lambda: use_my_points(actor=owner.caller, points=10))
            parts = used.result().parts

        assert [part.promo_id for part in parts] == [soon.id]

    def test_what_is_no_longer_usable_after_the_locks_is_not_taken(
        self, owner, administrator, grant
    ):
        soon, later = grant(10, end_time=in_hours(1)), grant(10, end_time=in_hours(2))

        with transaction.atomic():
            modify_promo(
                actor=administrator.caller,
                promo_id=soon.id,
                changes={"is_active": False},
            )
            using = Background(lambda: use_my_points(actor=owner.caller, points=10))
            using.until_it_waits()

        assert [part.promo_id for part in using.result().parts] == [later.id]
        assert movements(soon) == [("grant", 10)]

    def test_a_promo_that_is_deleted_meanwhile_is_not_taken_from(
        self, owner, administrator, grant
    ):
        promo = grant(10)

        with transaction.atomic():
            delete_promo(actor=administrator.caller, promo_id=promo.id)
            using = Background(lambda: use_my_points(actor=owner.caller, points=10))
            using.until_it_waits()

        with pytest.raises(InsufficientPoints, match="have 0 points"):
            using.result()

    def test_as_many_as_needed_are_chosen_page_by_page(self, owner, grant, monkeypatch):
        monkeypatch.setattr(usable, "FIRST_PAGE", 2)
        monkeypatch.setattr(usable, "PAGE", 3)
        end = in_hours(1)
        promos = [grant(1, end_time=end) for _ in range(9)]

        redeemed = use_my_points(actor=owner.caller, points=8)

        assert [part.promo_id for part in redeemed.parts] == [p.id for p in promos[:8]]
        with pytest.raises(InsufficientPoints, match="have 1 points"):
            use_my_points(actor=owner.caller, points=2)

    def test_where_others_are_quicker_three_times_all_are_locked(
        self, owner, grant, monkeypatch
    ):
        """Each choice is spent before it is locked."""
        promos = [grant(10) for _ in range(5)]
        chosen: list[Any] = []

        def choose(**asked: Any) -> Any:
            found = usable.choose_usable(**asked)
            chosen.append(found)
            spend = Background(
                lambda: use_promo_points(
                    actor=owner.caller, promo_id=found[0], points=10
                )
            )
            spend.result()
            return found

        monkeypatch.setattr(using_all, "choose_usable", choose)

        redeemed = use_my_points(actor=owner.caller, points=10)

        assert chosen == [[promo.id] for promo in promos[:3]]
        assert [part.promo_id for part in redeemed.parts] == [promos[3].id]


def test_what_is_spent_is_not_even_read(owner, grant):
    """Of thousands of spent promos no page is read."""
    many_by_sql(owner.id, 2000, spent=True)
    grant(10)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE promo")
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {usable._NEXT}"
        values = {"holder_id": owner.id, "now": None, "ends": None, "id": None}
        for _ in range(2):  # the first takes out of the index what it finds gone
            cursor.execute(explain, {**values, "size": 20})
            ((plan,),) = cursor.fetchall()
    read = json.loads(plan) if isinstance(plan, str) else plan
    assert read[0]["Plan"]["Shared Hit Blocks"] < 100, read
