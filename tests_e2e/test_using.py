"""Using points through the gateway: refusals, retries, and all at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests_e2e.people import Client, grant, refused


def after(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


def state_of(administrator: Client, path: str) -> list[object]:
    points = administrator("GET", f"{path}/points").json()
    return [points, administrator("GET", f"{path}/ledger").json()]


@pytest.mark.parametrize(
    ("changes", "points", "code"),
    [
        ({}, 101, "insufficient_points"),
        ({"is_active": False}, 1, "promo_inactive"),
        ({"start_time": after(hours=1)}, 1, "promo_not_started"),
        (
            {
                "start_time": after(hours=-2),
                "end_time": after(hours=-1),
                "allow_ended": True,
            },
            1,
            "promo_expired",
        ),
    ],
)
def test_a_use_that_cannot_be_is_refused_and_changes_nothing(
    administrator, user, changes, points, code
):
    path = grant(administrator, user, 100, **changes)
    before = state_of(administrator, path)

    refused(user("POST", f"{path}/use", {"points": points}), 409, code)

    assert state_of(administrator, path) == before


def test_somebody_elses_promo_is_not_there(administrator, user, stranger):
    path = grant(administrator, user, 100)
    before = state_of(administrator, path)

    for method, where, body in [
        ("GET", path, None),
        ("GET", f"{path}/points", None),
        ("GET", f"{path}/ledger", None),
        ("POST", f"{path}/use", {"points": 1}),
    ]:
        refused(stranger(method, where, body), 404, "not_found")
    refused(stranger("PATCH", path, {"promo_amount": 1}), 403, "permission_denied")
    refused(stranger("DELETE", path), 403, "permission_denied")

    assert state_of(administrator, path) == before
    assert stranger("GET", "/api/v1/promos/me").json()["results"] == []


@pytest.mark.parametrize("points", ["5", 5.5, True, 0, -1, 10**9 + 1, None])
def test_points_that_are_none_are_refused(administrator, user, points):
    path = grant(administrator, user, 100)

    answer = user("POST", f"{path}/use", {"points": points})

    problem = refused(answer, 400, "validation_error")
    assert [error["field"] for error in problem["errors"]] == ["points"]


def test_a_suspended_holder_is_not_known_to_be_one_without_events_but_can_not_log_in(
    administrator, user
):
    suspended = administrator("PATCH", f"/api/v1/users/{user.id}", {"is_active": False})
    assert suspended.status_code == 200

    answer = user(
        "POST",
        "/api/v1/auth/token",
        {"username": user.username, "password": user.password},
    )

    refused(answer, 401, "invalid_credentials")


def test_a_grant_to_an_administrator_is_refused(administrator):
    body = {
        "username": "admin",
        "promo_type": "gift",
        "promo_code": "NO",
        "promo_amount": 1,
    }

    refused(administrator("POST", "/api/v1/promos", body), 409, "holder_not_eligible")

    assert administrator("GET", "/api/v1/promos/me").json()["results"] == []


def test_a_grant_to_nobody_is_refused(administrator):
    body = {
        "username": "nobody-at-all",
        "promo_type": "gift",
        "promo_code": "NO",
        "promo_amount": 1,
    }

    problem = refused(
        administrator("POST", "/api/v1/promos", body), 400, "validation_error"
    )
    assert problem["errors"][0]["code"] == "unknown_user"


def test_a_retry_gets_the_first_answer_and_takes_nothing(administrator, user):
    path = grant(administrator, user, 100)
    first = user("POST", f"{path}/use", {"points": 60}, Idempotency_Key="retry-1")

    again = user("POST", f"{path}/use", {"points": 60}, Idempotency_Key="retry-1")
    other = user("POST", f"{path}/use", {"points": 61}, Idempotency_Key="retry-1")

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    refused(other, 422, "idempotency_key_reused")
    assert user("GET", f"{path}/points").json()["remaining_points"] == 40


def test_64_clients_at_once_take_exactly_what_they_were_told(administrator, user):
    path = grant(administrator, user, 100)
    barrier = threading.Barrier(64)

    def use(number: int) -> tuple[int, int | None]:
        client = Client(user.base_url, access=user.access)
        barrier.wait(timeout=30)
        answer = client(
            "POST", f"{path}/use", {"points": 3}, Idempotency_Key=f"client-{number}"
        )
        if answer.status_code == 409:
            refused(answer, 409, "insufficient_points")
            return 409, None
        return answer.status_code, answer.json()["remaining_points"]

    with ThreadPoolExecutor(64) as pool:
        results = list(pool.map(use, range(64)))

    told = [remaining for status, remaining in results if status == 201]
    assert sorted(told) == list(range(1, 100, 3))  # type: ignore[type-var]
    assert [status for status, _ in results].count(409) == 64 - 33
    assert user("GET", f"{path}/points").json()["remaining_points"] == 1
    ledger = user("GET", f"{path}/ledger?page_size=200").json()["results"]
    assert len(ledger) == 34
    assert sum(entry["points"] for entry in ledger) == 1


def test_one_key_sent_by_16_clients_at_once_takes_effect_once(administrator, user):
    path = grant(administrator, user, 100)

    def use(_: int) -> tuple[str, str | None]:
        client = Client(user.base_url, access=user.access)
        answer = client("POST", f"{path}/use", {"points": 5}, Idempotency_Key="one")
        assert answer.status_code == 201
        return answer.json()["id"], answer.headers.get("Idempotent-Replayed")

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(use, range(16)))

    assert len({redemption for redemption, _ in results}) == 1
    assert [replayed for _, replayed in results].count(None) == 1
    assert user("GET", f"{path}/points").json()["remaining_points"] == 95
