"""Create_promos: all or nothing, every fault of every row at once, quickly."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from promo_service.holders.models import Holder
from promo_service.promos.models import LedgerEntry, Promo, PromoRevision
from promo_service.tests.conftest import store_holder
from promo_service.tests.test_granting import told

pytestmark = pytest.mark.django_db(transaction=True)

EARLY, LATE = "2001-01-01T00:00:00Z", "2002-01-01T00:00:00Z"


def row(user_id=None, **changes):
    values = {"promo_type": "gift", "promo_code": f"C-{uuid7()}", "promo_amount": 5}
    named = {"user_id": str(user_id)} if user_id else {}
    return {**values, **named, **changes}


def create(administrator, rows, **headers):
    return administrator.client.post(
        "/api/v1/promos/bulk", {"promos": rows}, headers=headers
    )


def test_every_row_is_granted_in_the_order_of_the_request(
    administrator, owner, stranger, auth_service
):
    newcomer = uuid7()
    auth_service.users.append(told(newcomer))
    rows = [row(stranger.id), row(owner.id), row(username="NEWCOMER"), row(owner.id)]

    answer = create(administrator, rows)

    assert answer.status_code == 201
    results = answer.json()["results"]
    users = [promo["user"]["id"] for promo in results]
    assert users == [str(stranger.id), str(owner.id), str(newcomer), str(owner.id)]
    assert {promo["status"] for promo in results} == {"active"}
    single = administrator.client.get(f"/api/v1/promos/{results[0]['id']}").json()
    assert single == results[0]
    assert LedgerEntry.objects.filter(type="grant", sequence=1).count() == 4
    assert PromoRevision.objects.filter(version=1).count() == 4


def test_one_faulty_row_stops_all_and_every_fault_is_named(
    administrator, owner, auth_service, nothing_changes, grant
):
    suspended = uuid7()
    store_holder(suspended, is_active=False)
    grant(promo_code="TAKEN")
    rows = [
        row(owner.id),
        row(owner.id, promo_amount="5", promo_type="NO"),
        row(uuid7()),
        row(suspended),
        row(owner.id, promo_code="taken"),
        row(owner.id, promo_code="twice"),
        row(owner.id, promo_code="TWICE"),
        row(owner.id, end_time="2001-01-01T00:00:00Z"),
        "no object",
        row(username="nobody"),
        row(),
        row(owner.id, pionts=5),
        None,
        row(promo_amount=0, start_time=LATE, end_time=EARLY),
        row(uuid7(), end_time=EARLY),
    ]
    nothing_changes()

    answer = create(administrator, rows)

    assert answer.status_code == 400
    faults = [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert faults == [
        ("promos.1.promo_type", "invalid"),
        ("promos.1.promo_amount", "invalid"),
        ("promos.2.user_id", "unknown_user"),
        ("promos.3.user_id", "holder_not_eligible"),
        ("promos.4.promo_code", "duplicate_promo_code"),
        ("promos.5.promo_code", "duplicate_promo_code"),
        ("promos.6.promo_code", "duplicate_promo_code"),
        ("promos.7.end_time", "already_ended"),
        ("promos.8", "invalid"),
        ("promos.9.username", "unknown_user"),
        ("promos.10.user_id", "required"),
        ("promos.11.pionts", "unknown_field"),
        ("promos.12", "null"),
        ("promos.13.end_time", "end_before_start"),
        ("promos.13.user_id", "required"),
        ("promos.13.promo_amount", "min_value"),
        ("promos.14.user_id", "unknown_user"),
        ("promos.14.end_time", "already_ended"),
    ]


def test_every_row_of_a_duplicate_is_named_whatever_its_user_is_called(
    administrator, owner, stranger, nothing_changes
):
    rows = [
        row(owner.id, promo_code="same"),
        row(stranger.id, promo_code="same"),
        row(username="OWNER", promo_code="SAME"),
        row(owner.id, promo_code="Same", end_time=EARLY),
        row(owner.id, promo_code="other"),
    ]
    nothing_changes()

    answer = create(administrator, rows)

    assert answer.status_code == 400
    faults = {(error["field"], error["code"]) for error in answer.json()["errors"]}
    assert faults == {
        ("promos.0.promo_code", "duplicate_promo_code"),
        ("promos.2.promo_code", "duplicate_promo_code"),
        ("promos.3.promo_code", "duplicate_promo_code"),
        ("promos.3.end_time", "already_ended"),
    }


def test_five_hundred_rows_of_one_code_are_all_named(
    administrator, owner, nothing_changes
):
    nothing_changes()

    answer = create(administrator, [row(owner.id, promo_code="X")] * 500)

    named = {error["field"].split(".")[1] for error in answer.json()["errors"]}
    assert named == {str(place) for place in range(500)}


def test_a_row_that_is_over_already_is_granted_where_it_says_so(
    administrator, owner, nothing_changes
):
    over = {"start_time": EARLY, "end_time": LATE}
    rows = [row(owner.id, **over, allow_ended=True), row(owner.id)]
    granted = create(administrator, rows)
    assert granted.status_code == 201
    statuses = [promo["status"] for promo in granted.json()["results"]]
    assert statuses == ["expired", "active"]
    nothing_changes()

    rows = [row(owner.id, **over, allow_ended=each) for each in (True, False)]
    refused = create(administrator, [*rows, row(owner.id, **over)])

    faults = [(error["field"], error["code"]) for error in refused.json()["errors"]]
    assert faults == [
        ("promos.1.end_time", "already_ended"),
        ("promos.2.end_time", "already_ended"),
    ]


def test_a_retry_after_the_ends_have_passed_gets_the_first_answer(administrator, owner):
    end = timezone.now() + timedelta(seconds=1)
    rows = [row(owner.id, end_time=end.isoformat())]
    first = create(administrator, rows, **{"Idempotency-Key": "ends"})
    assert first.status_code == 201
    time.sleep(max(0, (end - timezone.now()).total_seconds()))

    again = create(administrator, rows, **{"Idempotency-Key": "ends"})
    anew = create(administrator, [{**rows[0], "promo_code": "anew"}])

    assert (again.status_code, again.content) == (201, first.content)
    assert anew.json()["errors"][0]["code"] == "already_ended"


@pytest.mark.parametrize("rows", [[], [{}] * 501, {}, "x", None, 5])
def test_no_row_or_too_many_are_refused(administrator, db, nothing_changes, rows):
    nothing_changes()

    answer = create(administrator, rows)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "promos"


def test_a_retry_gets_the_first_answer(administrator, owner, auth_service):
    rows = [row(owner.id), row(owner.id)]
    first = create(administrator, rows, **{"Idempotency-Key": "bulk"})
    auth_service.down()
    Holder.objects.update(is_active=False)

    again = create(administrator, rows, **{"Idempotency-Key": "bulk"})
    other = create(administrator, rows[:1], **{"Idempotency-Key": "bulk"})

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert other.status_code == 422
    assert Promo.objects.count() == 2


def test_with_auth_down_a_row_for_somebody_unknown_stops_all(
    administrator, owner, auth_service, nothing_changes
):
    administrator.client.get("/api/v1/promos")
    auth_service.down()
    nothing_changes()

    answer = create(administrator, [row(owner.id), row(uuid7())])

    assert answer.status_code == 503
    assert answer.json()["code"] == "user_directory_unavailable"


def test_500_rows_for_500_users_take_less_than_2_seconds(administrator, db):
    people = [uuid7() for _ in range(500)]
    for user_id in people:
        store_holder(user_id)
    rows = [row(user_id, description="x" * 500) for user_id in people]
    started = time.monotonic()

    answer = create(administrator, rows)

    assert answer.status_code == 201
    assert time.monotonic() - started < 2
    assert Promo.objects.count() == 500


def test_a_normal_user_may_not(owner, nothing_changes):
    nothing_changes()

    answer = create(owner, [row(owner.id)])

    assert answer.status_code == 403
