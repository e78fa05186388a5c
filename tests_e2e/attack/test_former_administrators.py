"""A token says what its user was; who is no longer an administrator can't be one."""

import time
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests_e2e.attack.expectations import turned_away
from tests_e2e.people import PATIENCE_SECONDS, Client, grant, refused

NUMBER = "+201001234567"


@pytest.fixture
def former(administrator: Client, base_url: str) -> Client:
    """An administrator with a token that both services have let in."""
    body = {
        "username": f"former-{uuid4().hex[:12]}",
        "password": "a phrase for the former one",
        "name": "Fay Former",
        "role": "administrator",
    }
    assert administrator("POST", "/api/v1/users", body).status_code == 201
    client = Client(base_url, body["username"], body["password"]).log_in()
    assert client("GET", "/api/v1/users").status_code == 200
    assert client("GET", "/api/v1/promos").status_code == 200
    return client


WAYS = {
    "suspended": lambda admin, path: admin("PATCH", path, {"is_active": False}),
    "demoted": lambda admin, path: admin(
        "PATCH", path, {"role": "normal", "mobile_number": NUMBER}
    ),
    "deleted": lambda admin, path: admin("DELETE", path),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_old_token_opens_nothing_at_either_service(
    way: str, administrator: Client, former: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    path = f"/api/v1/users/{former.id}"
    before = administrator("GET", f"{promo}/ledger").json()

    assert WAYS[way](administrator, path).ok

    # auth_service looks at the row at each request.
    expected = (
        (403, "permission_denied") if way == "demoted" else (401, "invalid_token")
    )
    turned_away(former("GET", "/api/v1/users"), expected)
    turned_away(former("PATCH", path, {"role": "administrator"}), expected)
    # promo_service learns of it.
    eventually_refused(lambda: former("GET", "/api/v1/promos"))
    new = {
        "username": user.username,
        "promo_type": "gift",
        "promo_code": uuid4().hex,
        "promo_amount": 1,
    }
    for method, target, body in (
        ("GET", "/api/v1/promos/me", None),
        ("GET", promo, None),
        ("POST", "/api/v1/promos", new),
        ("POST", "/api/v1/promos/bulk", {"promos": [new]}),
        ("PATCH", promo, {"promo_amount": 1}),
        ("DELETE", promo, None),
        ("POST", f"{promo}/use", {"points": 1}),
        ("GET", "/api/v1/redemptions", None),
    ):
        turned_away(former(method, target, body), (401, "invalid_token"))
    assert administrator("GET", f"{promo}/ledger").json() == before


def eventually_refused(ask: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (answer := ask()).status_code == 200:  # type: ignore[attr-defined]
        assert time.monotonic() < deadline, "the change was never learnt"
        time.sleep(0.1)
    refused(answer, 401, "invalid_token")  # type: ignore[arg-type]


def test_a_refresh_token_of_somebody_demoted_gives_no_administrator_s_token(
    administrator: Client, former: Client
) -> None:
    WAYS["demoted"](administrator, f"/api/v1/users/{former.id}")
    body = {"refresh": former.refresh}
    renewed = former("POST", "/api/v1/auth/token/refresh", body)
    assert renewed.status_code == 200
    former.access = renewed.json()["access"]
    turned_away(former("GET", "/api/v1/promos"), (403, "permission_denied"))
    turned_away(former("GET", "/api/v1/users"), (403, "permission_denied"))


@pytest.mark.parametrize("way", ["suspended", "deleted"])
def test_a_refresh_token_of_somebody_who_may_not_log_in_is_spent(
    way: str, administrator: Client, former: Client
) -> None:
    WAYS[way](administrator, f"/api/v1/users/{former.id}")
    body = {"refresh": former.refresh}
    answer = former("POST", "/api/v1/auth/token/refresh", body)
    turned_away(answer, (401, "invalid_token"))
    login = {"username": former.username, "password": former.password}
    anybody = Client(former.base_url)
    answer = anybody("POST", "/api/v1/auth/token", login)
    turned_away(answer, (401, "invalid_credentials"))
