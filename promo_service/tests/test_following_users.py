"""What auth_service tells of users, on the internal port, and what follows from it."""

from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import OperationalError
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from chassis.roles import Role
from promo_service.holders.models import Holder
from promo_service.promos.models import LedgerEntry, Promo, PromoRevision
from promo_service.promos.views import user_events
from promo_service.tests.conftest import access_claims, everything, sign, store_holder
from promo_service.tests.ledgers import assert_ledger_is_whole, movements

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/internal/v1/user-events"
ADA = uuid7()


def service_token(**changes: Any) -> str:
    claims = {
        "token_type": "service",
        "sub": "auth_service",
        "aud": settings.SERVICE,
        **changes,
    }
    return sign(access_claims(uuid7(), Role.NORMAL, **claims))


def post(events: list[Any], token: str | None = None, **extra: Any) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token or service_token()}")
    extra = {"SERVER_PORT": settings.INTERNAL_PORT, **extra}
    return client.post(URL, {"events": events}, format="json", **extra)


def told(user_id: UUID, version: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "actor_id": str(ADA),
        "erased": False,
        "user_id": str(user_id),
        "version": version,
        "void_version": 0,
        "username": "mona",
        "name": "Mona Hassan",
        "role": "normal",
        "is_active": True,
        "deleted": False,
        **changes,
    }


def promoted(user_id: UUID, version: int = 2) -> dict[str, Any]:
    return told(user_id, version, role="administrator", void_version=version)


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [result["code"] for result in answer.json()["results"]]


def assert_all_are_void(promos: list[Promo], actor: UUID = ADA) -> None:
    for promo in promos:
        assert_ledger_is_whole(promo)
        assert promo.deleted_at is not None
        assert promo.remaining_points == 0
        last = PromoRevision.objects.filter(promo=promo).latest("version")
        assert (last.version, last.deleted) == (promo.version, True)
        assert (last.actor_id, last.actor_role) == (actor, "administrator")
        void = LedgerEntry.objects.filter(promo=promo, type="void").first()
        assert void is None or (void.actor_id, void.creation_time) == (
            actor,
            promo.deleted_at,
        )


def test_a_user_nobody_has_heard_of_is_kept():
    user_id = uuid7()
    event = told(user_id, 1)

    answer = post([event])

    assert answer.json() == {"results": [{"id": event["id"], "code": "applied"}]}
    holder = Holder.objects.get(user_id=user_id)
    assert (holder.username, holder.name, holder.version) == ("mona", "Mona Hassan", 1)
    assert holder.may_hold


def test_only_a_newer_version_applies(owner):
    newer = told(owner.id, 5, name="Newer")

    assert codes(post([newer, newer, told(owner.id, 4, name="Older")])) == [
        "applied",
        "outdated",
        "outdated",
    ]
    assert Holder.objects.get(user_id=owner.id).name == "Newer"


def test_who_becomes_an_administrator_loses_every_promo(owner, stranger, grant):
    used, untouched, used_up = grant(10), grant(20), grant(5)
    others = grant(7, user_id=stranger.id)
    for promo, points in [(used, 4), (used_up, 5)]:
        owner.client.post(f"/api/v1/promos/{promo.id}/use", {"points": points})

    assert codes(post([promoted(owner.id)])) == ["applied"]

    assert_all_are_void([used, untouched, used_up])
    assert movements(used) == [("grant", 10), ("use", -4), ("void", -6)]
    assert movements(untouched) == [("grant", 20), ("void", -20)]
    assert movements(used_up) == [("grant", 5), ("use", -5)]
    assert movements(others) == [("grant", 7)]
    for path in (f"promos/{used.id}", f"promos/{used.id}/points"):
        assert owner.client.get(f"/api/v1/{path}").status_code == 404
    assert owner.client.get("/api/v1/promos/me").json()["results"] == []
    refused = owner.client.post(f"/api/v1/promos/{untouched.id}/use", {"points": 1})
    assert refused.json()["code"] == "not_found"


def test_who_is_deleted_loses_every_promo_and_redemptions_stay(
    owner, administrator, grant
):
    promo = grant(10)
    used = owner.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 4}).json()

    post([told(owner.id, 2, deleted=True, void_version=2)])

    assert_all_are_void([promo])
    path = f"/api/v1/redemptions/{used['id']}"
    assert administrator.client.get(path).json() == used
    refused = administrator.client.post(f"{path}/reverse", {})
    assert refused.json()["code"] == "promo_deleted"
    assert movements(promo) == [("grant", 10), ("use", -4), ("void", -6)]


def test_an_event_that_comes_twice_voids_once(owner, grant):
    promo = grant(10)
    event = promoted(owner.id)

    assert codes(post([event])) == ["applied"]
    before = everything()
    assert codes(post([event, event])) == ["outdated", "outdated"]

    assert everything() == before
    assert movements(promo) == [("grant", 10), ("void", -10)]


def test_events_in_any_order_void_what_was_there_and_restore_nothing(owner, grant):
    promo = grant(10)
    normal_again = told(owner.id, 3, void_version=2)

    assert codes(post([normal_again, promoted(owner.id)])) == ["applied", "outdated"]

    assert_all_are_void([promo])
    assert Holder.objects.get(user_id=owner.id).may_hold
    again = grant(5)
    assert codes(post([promoted(owner.id), normal_again])) == ["outdated", "outdated"]
    assert movements(again) == [("grant", 5)]


def test_another_change_after_that_does_not_void_again(owner, grant):
    post([promoted(owner.id), told(owner.id, 3, void_version=2)])
    promo = grant(10)

    assert codes(post([told(owner.id, 4, void_version=2, name="Renamed")])) == [
        "applied"
    ]

    assert movements(promo) == [("grant", 10)]


def test_a_suspension_pauses_and_nothing_is_lost(owner, grant):
    promo = grant(10)
    use = (f"/api/v1/promos/{promo.id}/use", {"points": 1})

    post([told(owner.id, 2, is_active=False)])
    paused = owner.client.post(*use)
    post([told(owner.id, 3)])
    resumed = owner.client.post(*use)

    assert paused.json()["code"] == "holder_not_eligible"
    assert resumed.status_code == 201
    assert movements(promo) == [("grant", 10), ("use", -1)]


def test_who_was_demoted_is_no_administrator_here_once_told(administrator, grant):
    grant(10)
    store_holder(administrator.id, role=Role.ADMINISTRATOR, void_version=1)
    assert administrator.client.get("/api/v1/promos").status_code == 200

    post([told(administrator.id, 2, void_version=1)])

    answer = administrator.client.get("/api/v1/promos")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        "text",
        {},
        {"id": "no-uuid"},
        {"role": "owner"},
        {"version": "2"},
        {"version": True},
        {"is_active": "no"},
        {"deleted": None},
        {"user_id": None},
        {"actor_id": 7},
        {"username": "x" * 51},
        {"name": "x" * 151},
        {"name": "NUL\x00"},
        {"version": 2**63},
    ],
    ids=str,
)
def test_an_event_that_is_none_is_invalid_and_holds_up_no_other(
    owner, stranger, grant, broken
):
    promo = grant(10)
    if isinstance(broken, dict) and broken:
        broken = {**told(owner.id, 2, void_version=2), **broken}
    good = told(stranger.id, 2, name="Good")

    answer = post([broken, good])

    assert codes(answer) == ["invalid", "applied"]
    assert answer.json()["results"][1]["id"] == good["id"]
    assert Holder.objects.get(user_id=stranger.id).name == "Good"
    assert Holder.objects.get(user_id=owner.id).version == 1
    assert movements(promo) == [("grant", 10)]


def test_an_event_that_fails_halfway_leaves_nothing_and_holds_up_no_other(
    owner, stranger, grant, monkeypatch
):
    promo = grant(10)
    before = everything()
    monkeypatch.setattr(
        "promo_service.promos.services.voiding.void_promos",
        lambda *_, **__: 1 / 0,
    )

    answer = post([promoted(owner.id), told(stranger.id, 2)])

    assert codes(answer) == ["failed", "applied"]
    assert everything() == before
    assert Holder.objects.get(user_id=owner.id).version == 1
    monkeypatch.undo()
    assert codes(post([promoted(owner.id)])) == ["applied"]
    assert_all_are_void([promo])


def test_while_the_database_is_in_trouble_all_are_to_come_again(owner, monkeypatch):
    def lost(_: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(user_events, "apply_user_event", lost)

    answer = post([told(owner.id, 2)])

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"sub": "another_service"}, 403, "permission_denied"),
        ({"aud": "auth_service"}, 401, "invalid_token"),
        ({"aud": settings.TOKEN_AUDIENCE}, 401, "invalid_token"),
        (
            {"token_type": "access", "aud": settings.TOKEN_AUDIENCE},
            401,
            "invalid_token",
        ),
        ({"token_type": "access"}, 401, "invalid_token"),
    ],
    ids=str,
)
def test_nobody_but_auth_service_tells_of_users(
    owner, grant, nothing_changes, changes, status, code
):
    grant(10)
    nothing_changes()

    answer = post([promoted(owner.id)], service_token(**changes))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Holder.objects.get(user_id=owner.id).version == 1


def test_the_public_port_has_no_such_path(owner):
    assert post([told(owner.id, 2)], SERVER_PORT="80").status_code == 404
    assert Holder.objects.get(user_id=owner.id).version == 1


def test_at_most_500_events_come_at_once(owner):
    answer = post([told(owner.id, 2)] * 501)

    assert answer.json()["code"] == "validation_error"
    assert Holder.objects.get(user_id=owner.id).version == 1
