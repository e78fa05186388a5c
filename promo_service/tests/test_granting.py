"""Create_promo: who is given what, and who is not."""

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from uuid_utils.compat import uuid7

from chassis.roles import Role
from promo_service.holders.models import Holder
from promo_service.promos.models import LedgerEntry, Promo, PromoRevision
from promo_service.promos.services.granting import Grant, create_promo

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = "2001-01-01T00:00:00Z"
EARLY, LATE = "2029-01-01T00:00:00Z", "2030-01-01T00:00:00Z"


def told(user_id, **changes):
    return {
        "user_id": str(user_id),
        "version": 3,
        "void_version": 0,
        "username": "Newcomer",
        "name": "New Comer",
        "role": "normal",
        "is_active": True,
        "deleted": False,
        **changes,
    }


def body(**changes):
    values = {"promo_type": "welcome", "promo_code": "hello-5", "promo_amount": 500}
    return {**values, **changes}


def create(administrator, values, **headers):
    return administrator.client.post("/api/v1/promos", values, headers=headers)


class TestCreatePromo:
    def test_a_promo_is_given_with_a_grant_and_a_first_revision(
        self, administrator, owner
    ):
        before = timezone.now()

        answer = create(administrator, body(user_id=str(owner.id)))

        promo = answer.json()
        assert answer.status_code == 201
        assert answer.headers["Location"] == f"/api/v1/promos/{promo['id']}"
        assert answer.headers["Cache-Control"] == "no-store"
        assert promo == {
            "id": promo["id"],
            "user": {
                "id": str(owner.id),
                "username": "owner",
                "name": "Olivia Owner",
            },
            "promo_type": "welcome",
            "promo_code": "HELLO-5",
            "description": None,
            "promo_amount": 500,
            "used_points": 0,
            "remaining_points": 500,
            "start_time": promo["creation_time"],
            "end_time": None,
            "is_active": True,
            "status": "active",
            "creation_time": promo["creation_time"],
            "version": 1,
        }
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", promo["creation_time"]
        )
        stored = Promo.objects.get()
        assert before < stored.creation_time < timezone.now()
        entry, revision = LedgerEntry.objects.get(), PromoRevision.objects.get()
        assert (entry.type, entry.points, entry.balance) == ("grant", 500, 500)
        assert (entry.actor_id, entry.sequence) == (administrator.id, 1)
        assert (revision.version, revision.promo_amount) == (1, 500)

    def test_a_user_unknown_here_is_asked_for_once(
        self, administrator, auth_service, db
    ):
        user_id = uuid7()
        auth_service.users.append(told(user_id))

        first = create(administrator, body(username="newcomer"))
        second = create(administrator, body(user_id=str(user_id), promo_code="B"))
        third = create(administrator, body(username="NEWCOMER", promo_code="C"))

        assert [r.status_code for r in (first, second, third)] == [201, 201, 201]
        assert first.json()["user"]["username"] == "Newcomer"
        assert auth_service.asked("/internal/v1/users/lookup") == 1

    def test_nobody_is_an_unknown_user(self, administrator, nothing_changes, db):
        nothing_changes()

        for who in ({"user_id": str(uuid7())}, {"username": "nobody-here"}):
            answer = create(administrator, body(**who))
            assert answer.status_code == 400
            (error,) = answer.json()["errors"]
            assert (error["field"], error["code"]) == (next(iter(who)), "unknown_user")

    @pytest.mark.parametrize(
        "change",
        [
            {"role": "administrator"},
            {"is_active": False},
            {"deleted": True},
        ],
    )
    def test_nobody_who_may_not_hold_is_given_a_promo(
        self, administrator, auth_service, nothing_changes, change, db
    ):
        user_id = uuid7()
        auth_service.users.append(told(user_id, **change))
        nothing_changes()

        answer = create(administrator, body(user_id=str(user_id)))

        assert answer.status_code == 409
        assert answer.json()["code"] == "holder_not_eligible"

    def test_with_auth_down_known_holders_are_served_and_unknown_ones_are_not(
        self, administrator, auth_service, owner, nothing_changes
    ):
        create(administrator, body(user_id=str(owner.id)))
        auth_service.down()

        known = create(administrator, body(user_id=str(owner.id), promo_code="B"))
        nothing_changes()
        unknown = create(administrator, body(username="somebody-else"))

        assert known.status_code == 201
        assert unknown.status_code == 503
        assert unknown.json()["code"] == "user_directory_unavailable"
        assert int(unknown.headers["Retry-After"]) >= 1

    def test_a_code_is_unique_among_a_users_undeleted_promos_alone(
        self, administrator, owner, stranger
    ):
        first = create(administrator, body(user_id=str(owner.id)))
        elsewhere = create(administrator, body(user_id=str(stranger.id)))
        again = create(administrator, body(user_id=str(owner.id), promo_code="HELLO-5"))
        administrator.client.delete(first.headers["Location"])
        afterwards = create(administrator, body(user_id=str(owner.id)))

        assert elsewhere.status_code == 201
        assert again.status_code == 409
        assert again.json()["code"] == "duplicate_promo_code"
        assert afterwards.status_code == 201
        assert Promo.objects.count() == 3

    def test_a_retried_grant_is_the_first_answer_without_asking_auth(
        self, administrator, auth_service, db
    ):
        user_id = uuid7()
        auth_service.users.append(told(user_id))
        wanted = body(user_id=str(user_id))
        first = create(administrator, wanted, **{"Idempotency-Key": "g"})
        auth_service.down()
        administrator.client.patch(first.headers["Location"], {"promo_amount": 7})
        Holder.objects.all().update(name="Another Name", is_active=False)

        again = create(administrator, wanted, **{"Idempotency-Key": "g"})

        assert again.status_code == 201
        assert again.content == first.content
        assert again.headers["Location"] == first.headers["Location"]
        assert again.headers["Idempotent-Replayed"] == "true"
        assert Promo.objects.count() == 1

    @pytest.mark.parametrize(
        "times",
        [
            {"end_time": "2001-01-01T00:00:00Z"},
            {
                "start_time": "2000-01-01T00:00:00Z",
                "end_time": "2001-01-01T00:00:00+14:00",
            },
        ],
    )
    @pytest.mark.parametrize("allowed", [{}, {"allow_ended": False}])
    def test_a_promo_that_is_over_already_is_refused(
        self, administrator, owner, nothing_changes, times, allowed
    ):
        nothing_changes()

        answer = create(administrator, body(user_id=str(owner.id), **times, **allowed))

        assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == ("end_time", "already_ended")

    def test_a_promo_that_ends_just_now_is_over(self, administrator, owner):
        now = timezone.now()
        grant = Grant(
            user_id=owner.id,
            promo_type="gift",
            promo_code="NOW",
            promo_amount=5,
            start_time=now - timedelta(days=1),
            end_time=now,
        )

        with pytest.raises(ValidationError) as refused:
            create_promo(actor=administrator.caller, grant=grant, present=repr, now=now)

        assert refused.value.get_codes() == {"end_time": ["already_ended"]}

    def test_a_promo_that_is_over_is_granted_where_the_body_says_so(
        self, administrator, owner
    ):
        times = {
            "start_time": "2000-01-01T00:00:00Z",
            "end_time": "2001-01-01T00:00:00Z",
        }
        wanted = body(user_id=str(owner.id), **times, allow_ended=True)

        answer = create(administrator, wanted)

        assert (answer.status_code, answer.json()["status"]) == (201, "expired")
        assert "allow_ended" not in answer.json()
        used = owner.client.post(
            f"/api/v1/promos/{answer.json()['id']}/use", {"points": 1}
        )
        assert used.json()["code"] == "promo_expired"

    def test_a_promo_that_is_over_needs_a_start_before_its_end(
        self, administrator, owner, nothing_changes
    ):
        nothing_changes()
        wanted = body(user_id=str(owner.id), end_time=LONG_AGO, allow_ended=True)

        answer = create(administrator, wanted)

        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == ("end_time", "end_before_start")

    def test_a_retry_after_the_end_has_passed_gets_the_first_answer(
        self, administrator, owner
    ):
        end = timezone.now() + timedelta(seconds=1)
        wanted = body(user_id=str(owner.id), end_time=end.isoformat())
        first = create(administrator, wanted, **{"Idempotency-Key": "ends"})
        assert first.status_code == 201
        time.sleep(max(0, (end - timezone.now()).total_seconds()))

        again = create(administrator, wanted, **{"Idempotency-Key": "ends"})
        anew = create(administrator, {**wanted, "promo_code": "anew"})

        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert anew.json()["errors"][0]["code"] == "already_ended"

    def test_an_end_in_the_past_can_still_be_set_by_a_change(
        self, administrator, owner, grant
    ):
        now = timezone.now()
        promo = grant(start_time=now - timedelta(days=2))
        path = f"/api/v1/promos/{promo.id}"
        end = (now - timedelta(days=1)).isoformat()

        assert administrator.client.patch(path, {"end_time": end}).status_code == 200
        refused = administrator.client.patch(path, {"allow_ended": True})
        assert refused.json()["errors"][0]["code"] == "unknown_field"

    def test_create_takes_5_statements_beside_begin_and_commit(
        self, administrator, owner, django_assert_num_queries
    ):
        wanted = body(user_id=str(owner.id))
        create(administrator, body(user_id=str(owner.id), promo_code="WARM"))
        with django_assert_num_queries(5 + 2):
            create(administrator, wanted, **{"Idempotency-Key": "g"})

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"promo_type": "Welcome"}, "promo_type"),
            ({"promo_type": "x" * 51}, "promo_type"),
            ({"promo_code": ""}, "promo_code"),
            ({"promo_code": "two words"}, "promo_code"),
            ({"promo_code": "caf\u00e9"}, "promo_code"),
            ({"promo_code": "x" * 51}, "promo_code"),
            ({"promo_amount": 0}, "promo_amount"),
            ({"promo_amount": 10**9 + 1}, "promo_amount"),
            ({"promo_amount": "5"}, "promo_amount"),
            ({"promo_amount": 5.0}, "promo_amount"),
            ({"description": "x" * 501}, "description"),
            ({"description": "bell\u0007"}, "description"),
            ({"description": 5}, "description"),
            ({"start_time": "2026-11-23T07:24:00"}, "start_time"),
            ({"start_time": "2026-11-23"}, "start_time"),
            ({"start_time": 1763882640}, "start_time"),
            ({"start_time": None}, "start_time"),
            ({"end_time": "2026-02-30T00:00:00Z"}, "end_time"),
            ({"end_time": "2001-01-01T00:00:00Z"}, "end_time"),
            ({"end_time": "9999-12-31T23:59:59.999999Z"}, "end_time"),
            (
                {
                    "start_time": "2030-01-01T00:00:00Z",
                    "end_time": "2029-01-01T00:00:00Z",
                },
                "end_time",
            ),
            ({"is_active": "true"}, "is_active"),
            ({"is_active": None}, "is_active"),
            ({"user_id": "me"}, "user_id"),
            ({"user_id": 5}, "user_id"),
            ({"username": "owner"}, "user_id"),
            ({"version": 5}, "version"),
            ({"remaining_points": 5}, "remaining_points"),
        ],
    )
    def test_a_faulty_field_is_named(
        self, administrator, owner, nothing_changes, change, field
    ):
        nothing_changes()

        answer = create(administrator, {**body(user_id=str(owner.id)), **change})

        assert answer.status_code == 400
        assert answer.json()["code"] == "validation_error"
        assert field in {error["field"] for error in answer.json()["errors"]}

    @pytest.mark.parametrize("who", ["owner", "nobody", None])
    def test_a_body_that_is_no_object_is_a_validation_error(
        self, administrator, nothing_changes, who, db
    ):
        nothing_changes()

        answer = create(administrator, [who])

        assert answer.status_code == 400
        assert answer.json()["code"] == "validation_error"


def test_a_demoted_administrators_token_is_refused(administrator, owner, grant):
    promo = grant()
    Holder.objects.create(
        user_id=administrator.id,
        version=2,
        username="demoted",
        name="D",
        role=Role.NORMAL,
        is_active=True,
    )

    answer = administrator.client.delete(f"/api/v1/promos/{promo.id}")

    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_token"
    assert Promo.objects.get().deleted_at is None
