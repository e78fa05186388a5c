"""What is somebody else's is not there: by id, by key, by list."""

from uuid import uuid4

import pytest

from tests_e2e.attack.expectations import orderly, told_alike, turned_away
from tests_e2e.people import Client, grant, register

NOBODY = "018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f"
USE = {"points": 1}
NOT_FOUND, DENIED = (404, "not_found"), (403, "permission_denied")

# Method and path below a promo, body, and how a normal user who is not the owner fares.
ON_A_PROMO = [
    ("GET", "", None, NOT_FOUND),
    ("HEAD", "", None, NOT_FOUND),
    ("GET", "/points", None, NOT_FOUND),
    ("GET", "/ledger", None, NOT_FOUND),
    ("POST", "/use", USE, NOT_FOUND),
    ("PATCH", "", {"promo_amount": 1}, DENIED),
    ("DELETE", "", None, DENIED),
    ("GET", "/revisions", None, DENIED),
    ("POST", "", {}, (405, "method_not_allowed")),
    ("PUT", "", {}, (405, "method_not_allowed")),
    ("DELETE", "/points", None, (405, "method_not_allowed")),
    ("PATCH", "/ledger", {}, (405, "method_not_allowed")),
]
ON_A_REDEMPTION = [
    ("GET", "", None, NOT_FOUND),
    ("POST", "/reverse", {}, DENIED),
    ("PATCH", "", {"points": 1}, (405, "method_not_allowed")),
    ("DELETE", "", None, (405, "method_not_allowed")),
]
ON_A_USER = [
    ("GET", "", None),
    ("PATCH", "", {"role": "administrator"}),
    ("PATCH", "", {"is_active": False}),
    ("DELETE", "", None),
    ("POST", "/password", {"new_password": "an intruder's own phrase"}),
]


@pytest.fixture(scope="module")
def newcomer(base_url: str) -> Client:
    """Somebody who has nothing yet."""
    return register(base_url)


@pytest.fixture
def promo(administrator: Client, user: Client) -> str:
    """A promo of `user`, used once."""
    path = grant(administrator, user, 100)
    assert user("POST", f"{path}/use", {"points": 10}).status_code == 201
    return path


@pytest.fixture
def redemption(promo: str, user: Client) -> str:
    used = user("POST", f"{promo}/use", {"points": 10, "task": "mine"})
    return f"/api/v1/redemptions/{used.json()['id']}"


@pytest.mark.parametrize(("method", "below", "body", "expected"), ON_A_PROMO)
def test_somebody_else_s_promo_is_as_one_that_is_none(
    stranger, promo, nothing_changes, method, below, body, expected
):
    nothing_changes()
    there = stranger(method, promo + below, body)
    nowhere = stranger(method, f"/api/v1/promos/{NOBODY}{below}", body)

    if method == "HEAD":
        assert there.status_code == nowhere.status_code == expected[0]
        return
    turned_away(there, expected)
    told_alike(there, nowhere)


@pytest.mark.parametrize(("method", "below", "body", "expected"), ON_A_REDEMPTION)
def test_somebody_else_s_redemption_is_as_one_that_is_none(
    stranger, redemption, nothing_changes, method, below, body, expected
):
    nothing_changes()
    there = stranger(method, redemption + below, body)
    nowhere = stranger(method, f"/api/v1/redemptions/{NOBODY}{below}", body)

    turned_away(there, expected)
    told_alike(there, nowhere)


@pytest.mark.parametrize(("method", "below", "body"), ON_A_USER)
def test_other_users_are_not_a_normal_user_s_business(
    stranger, user, nothing_changes, method, below, body
):
    user_id = user.id
    nothing_changes()
    there = stranger(method, f"/api/v1/users/{user_id}{below}", body)
    nowhere = stranger(method, f"/api/v1/users/{NOBODY}{below}", body)

    turned_away(there, DENIED)
    told_alike(there, nowhere)


@pytest.mark.parametrize(
    "query",
    [
        *("user_id=OWNER", "holder_id=OWNER", "user=OWNER", "sub=OWNER"),
        *(
            "user_id__in=OWNER",
            "holder__user_id=OWNER",
            "all=true",
            "role=administrator",
        ),
    ],
)
def test_one_s_own_list_can_not_be_made_somebody_else_s(newcomer, user, promo, query):
    for path in ("/api/v1/promos/me", "/api/v1/redemptions/me"):
        asked = f"{path}?{query.replace('OWNER', user.id)}"
        problem = turned_away(newcomer("GET", asked), (400, "validation_error"))
        assert [error["code"] for error in problem["errors"]] == ["unknown_field"]
        assert newcomer("GET", path).json()["results"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/promos", None),
        ("POST", "/api/v1/promos", {}),
        ("POST", "/api/v1/promos/bulk", {}),
        ("GET", "/api/v1/redemptions", None),
        ("GET", "/api/v1/users", None),
        ("POST", "/api/v1/users", {}),
    ],
)
def test_what_is_everybody_s_is_for_administrators(
    stranger, user, nothing_changes, method, path, body
):
    nothing_changes()
    for asked in (path, f"{path}?user_id={stranger.id}", f"{path}?page_size=0"):
        turned_away(stranger(method, asked, body), DENIED)


def test_my_points_are_taken_from_my_promos_alone(newcomer, promo, nothing_changes):
    nothing_changes()
    answer = newcomer("POST", "/api/v1/promos/me/use", USE)
    turned_away(answer, (409, "insufficient_points"))


def test_a_key_of_somebody_else_gives_nothing_of_theirs(
    administrator, user, stranger, promo
):
    key = f"shared-{uuid4()}"
    own = grant(administrator, stranger, 50)
    body = {"points": 7, "task": "the owner's secret"}
    first = user("POST", f"{promo}/use", body, Idempotency_Key=key)
    assert first.status_code == 201

    same = stranger("POST", f"{promo}/use", body, Idempotency_Key=key)
    turned_away(same, NOT_FOUND)
    other = stranger("POST", f"{own}/use", {"points": 1}, Idempotency_Key=key)
    assert orderly(other).status == 201
    assert "Idempotent-Replayed" not in other.headers
    assert other.json()["user_id"] == stranger.id
    assert "secret" not in other.text
    by_administrator = administrator("POST", f"{promo}/use", body, Idempotency_Key=key)
    assert by_administrator.status_code == 201
    assert by_administrator.json()["id"] != first.json()["id"]
    assert "Idempotent-Replayed" not in by_administrator.headers

    again = user("POST", f"{promo}/use", body, Idempotency_Key=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()


def test_a_grant_s_key_gives_its_answer_to_the_administrator_alone(
    administrator, user, nothing_changes
):
    key = f"grant-{uuid4()}"
    body = {
        "username": user.username,
        "promo_type": "gift",
        "promo_code": uuid4().hex,
        "promo_amount": 5,
    }
    made = administrator("POST", "/api/v1/promos", body, Idempotency_Key=key)
    assert made.status_code == 201
    nothing_changes()

    turned_away(user("POST", "/api/v1/promos", body, Idempotency_Key=key), DENIED)
    path = f"{made.headers['Location']}/use"
    answer = administrator("POST", path, USE, Idempotency_Key=key)
    turned_away(answer, (422, "idempotency_key_reused"))


@pytest.mark.parametrize(
    "key", ["", " ", "a b", "x" * 256, "é", "\x7f", "a\tb", "\xff" * 10]
)
def test_a_key_that_is_none_is_refused(user, promo, gateway, nothing_changes, key):
    nothing_changes()
    headers = {
        "Authorization": f"Bearer {user.access}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    answer = gateway.send("POST", f"{promo}/use", headers, b'{"points": 1}')
    turned_away(answer, (400, "validation_error"))
