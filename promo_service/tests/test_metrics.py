"""What is counted: points only as they are committed, refusals, replays, look-ups."""

import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client as DjangoClient
from prometheus_client import REGISTRY
from uuid_utils.compat import uuid7

from promo_service.holders import auth_session, keys
from promo_service.promos.metrics import count_points
from promo_service.promos.models import EntryType, Promo
from promo_service.tests.test_following_users import codes, post, promoted

MOVEMENTS = ("issued", "used", "reversed", "adjusted_up", "adjusted_down", "voided")


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"promosystem_{name}", labels) or 0


class Moved:
    """How many points were counted since this was made."""

    def __init__(self) -> None:
        self.before = {name: value("points_total", movement=name) for name in MOVEMENTS}

    def __eq__(self, other: object) -> bool:
        return self.now == other

    __hash__ = None  # type: ignore[assignment]

    @property
    def now(self) -> dict[str, float]:
        counted = {
            name: value("points_total", movement=name) - before
            for name, before in self.before.items()
        }
        return {name: points for name, points in counted.items() if points}

    def __repr__(self) -> str:
        return repr(self.now)


def body(owner: Any, **changes: Any) -> dict[str, Any]:
    return {
        "user_id": str(owner.id),
        "promo_type": "welcome",
        "promo_code": f"CODE-{uuid7()}".upper(),
        "promo_amount": 100,
        **changes,
    }


@pytest.mark.django_db(transaction=True)
def test_every_kind_of_movement_is_counted_with_its_points(administrator, owner):
    moved = Moved()
    client = administrator.client
    promo = client.post("/api/v1/promos", body(owner)).json()["id"]
    client.post("/api/v1/promos/bulk", {"promos": [body(owner), body(owner)]})
    assert moved == {"issued": 300}

    used = owner.client.post(f"/api/v1/promos/{promo}/use", {"points": 30}).json()["id"]
    owner.client.post("/api/v1/promos/me/use", {"points": 5})
    assert moved == {"issued": 300, "used": 35}

    client.post(f"/api/v1/redemptions/{used}/reverse", {"points": 10})
    client.patch(f"/api/v1/promos/{promo}", {"promo_amount": 110})
    client.patch(f"/api/v1/promos/{promo}", {"promo_amount": 104})
    remaining = Promo.objects.get(id=promo).remaining_points
    client.delete(f"/api/v1/promos/{promo}")
    assert moved == {
        "issued": 300,
        "used": 35,
        "reversed": 10,
        "adjusted_up": 10,
        "adjusted_down": 6,
        "voided": remaining,
    }


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_counted(administrator, owner):
    moved = Moved()
    with transaction.atomic():
        count_points(EntryType.GRANT, 100)
        transaction.set_rollback(True)
    same = body(owner)
    assert administrator.client.post("/api/v1/promos", same).status_code == 201
    answer = administrator.client.post("/api/v1/promos", same)
    assert answer.json()["code"] == "duplicate_promo_code"
    assert moved == {"issued": 100}


@pytest.mark.django_db(transaction=True)
def test_a_replay_is_counted_and_moves_nothing(administrator, owner):
    request = body(owner)
    headers = {"Idempotency-Key": "counted-once"}
    administrator.client.post("/api/v1/promos", request, headers=headers)
    moved, before = Moved(), value("idempotent_replays_total")
    again = administrator.client.post("/api/v1/promos", request, headers=headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert moved == {}
    assert value("idempotent_replays_total") == before + 1


@pytest.mark.django_db
def test_refusals_are_counted_by_code(owner, grant):
    promo = grant(5)
    before = value("refusals_total", code="insufficient_points")
    owner.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 6})
    assert value("refusals_total", code="insufficient_points") == before + 1


@pytest.mark.django_db
def test_look_ups_are_counted_by_what_came_of_them(administrator, auth_service):
    def counts() -> tuple[float, ...]:
        outcomes = ("found", "unknown", "unavailable")
        return tuple(value("user_lookups_total", outcome=each) for each in outcomes)

    found, unknown, unavailable = counts()
    told = {
        "user_id": str(uuid7()),
        "version": 1,
        "void_version": 0,
        "username": "somebody-new",
        "name": "New",
        "role": "normal",
        "is_active": True,
        "deleted": False,
    }
    auth_service.users.append(told)
    for username in ("somebody-new", "nobody-at-all"):
        request = {"username": username, "promo_type": "gift", "promo_code": "A"}
        administrator.client.post("/api/v1/promos", {**request, "promo_amount": 1})
    assert counts() == (found + 1, unknown + 1, unavailable)

    auth_service.down()
    administrator.client.post("/api/v1/promos", {**request, "promo_amount": 1})
    assert counts() == (found + 1, unknown + 1, unavailable + 1)


@pytest.mark.django_db
def test_the_key_set_s_age_and_failures_are_known(administrator, auth_service):
    fetched = value("key_set_fetches_total", outcome="fetched")
    administrator.client.get("/api/v1/promos")
    assert value("key_set_fetches_total", outcome="fetched") == fetched + 1
    name = "key_set_fetched_timestamp_seconds"
    assert value(name, source="auth_service") > 1_700_000_000

    failed = value("key_set_fetches_total", outcome="failed")
    auth_service.down()
    keys.key_set._asked_at = float("-inf")
    keys.key_set.refresh()
    assert value("key_set_fetches_total", outcome="failed") == failed + 1


def test_an_open_circuit_is_seen():
    assert value("auth_circuit_open") == 0
    for _ in range(5):
        with pytest.raises(ValueError, match="down"), auth_session.circuit.call():
            raise ValueError("down")
    assert value("auth_circuit_open") == 1
    auth_session.circuit.close()
    assert value("auth_circuit_open") == 0


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_never_by_path(owner, grant):
    promo = grant(5)
    labels = {"route": "api/v1/promos/<uuid:promo_id>/points"}
    status = {"method": "GET", "status": "2xx"}
    count = "http_request_duration_seconds_count"
    before = value(count, **labels, **status)
    spent = value("database_seconds_total", **labels)
    statements = value("database_statements_total", **labels)
    assert owner.client.get(f"/api/v1/promos/{promo.id}/points").status_code == 200
    assert value(count, **labels, **status) == before + 1
    assert value("database_seconds_total", **labels) > spent
    assert value("database_statements_total", **labels) == statements + 1


@pytest.mark.django_db
def test_unknown_paths_and_methods_share_a_label():
    labels = {"route": "none", "method": "other", "status": "4xx"}
    before = value("http_request_duration_seconds_count", **labels)
    DjangoClient().generic("BREW", f"/coffee/{uuid7()}")
    assert value("http_request_duration_seconds_count", **labels) == before + 1


@pytest.mark.django_db(transaction=True)
def test_errors_of_the_database_are_counted_by_kind():
    before = value("database_errors_total", error="ProgrammingError")
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert value("database_errors_total", error="ProgrammingError") == before + 1


@pytest.mark.django_db
def test_the_internal_port_shows_the_metrics_and_the_public_one_does_not():
    shown = DjangoClient().get("/metrics", SERVER_PORT=settings.INTERNAL_PORT)
    assert shown.status_code == 200
    assert b"promosystem_points_total" in shown.content
    assert DjangoClient().get("/metrics").status_code == 404


def test_nobody_asked_for_traces_so_opentelemetry_is_not_even_imported():
    assert not [name for name in sys.modules if name.startswith("opentelemetry")]


@pytest.mark.django_db(transaction=True)
def test_events_of_users_are_counted_by_what_became_of_them(owner, grant):
    def counts() -> dict[str, float]:
        every = ("applied", "outdated", "invalid", "failed")
        return {code: value("user_events_total", code=code) for code in every}

    grant(40)
    before, moved = counts(), Moved()
    event = promoted(owner.id)
    assert codes(post([event, event, {"no": "user"}])) == [
        "applied",
        "outdated",
        "invalid",
    ]
    assert counts() == {
        "applied": before["applied"] + 1,
        "outdated": before["outdated"] + 1,
        "invalid": before["invalid"] + 1,
        "failed": before["failed"],
    }
    assert moved == {"voided": 40}
