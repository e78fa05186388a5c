"""Sessions, profiles and the administration of users, through the gateway."""

from uuid import uuid4

import pytest

from tests_e2e.people import Client, refused, register, soon


def test_a_registered_user_is_a_normal_one_and_nothing_else(base_url):
    body = {
        "username": f"sly-{uuid4().hex[:8]}",
        "password": "a long enough one",
        "name": "Sly",
        "mobile_number": "+201001234567",
    }
    anybody = Client(base_url)

    problem = refused(
        anybody("POST", "/api/v1/auth/register", {**body, "role": "administrator"}),
        400,
        "validation_error",
    )
    assert problem["errors"][0]["field"] == "role"
    created = anybody("POST", "/api/v1/auth/register", body)

    assert created.status_code == 201
    assert created.json()["role"] == "normal"
    assert "password" not in created.json()
    refused(anybody("POST", "/api/v1/auth/register", body), 409, "username_taken")


def test_a_refresh_token_is_spent_by_its_use(user):
    first = user.refresh

    renewed = user("POST", "/api/v1/auth/token/refresh", {"refresh": first})
    again = user("POST", "/api/v1/auth/token/refresh", {"refresh": first})

    assert renewed.status_code == 200
    assert renewed.json()["token_type"] == "Bearer"
    assert renewed.json()["expires_in"] == 300
    # Within the grace a lost answer costs nothing: it is the one next token again.
    assert again.status_code == 200
    assert again.json()["refresh"] == renewed.json()["refresh"]
    newest = {"refresh": renewed.json()["refresh"]}
    assert user("POST", "/api/v1/auth/token/refresh", newest).status_code == 200
    refused(
        user("POST", "/api/v1/auth/token/refresh", {"refresh": first}),
        401,
        "invalid_token",
    )
    # It was older than the previous one: the session is over.
    refused(user("GET", "/api/v1/users/me"), 401, "invalid_token")


def test_after_logout_the_session_is_over(user):
    assert (
        user("POST", "/api/v1/auth/logout", {"refresh": user.refresh}).status_code
        == 204
    )

    refused(
        user("POST", "/api/v1/auth/token/refresh", {"refresh": user.refresh}),
        401,
        "invalid_token",
    )


def test_a_new_password_ends_every_session(user):
    new = "a very different password"

    changed = user(
        "POST",
        "/api/v1/users/me/password",
        {"current_password": user.password, "new_password": new},
    )

    assert changed.status_code == 204
    body = {"username": user.username, "password": user.password}
    anybody = Client(user.base_url)
    refused(anybody("POST", "/api/v1/auth/token", body), 401, "invalid_credentials")
    refused(
        anybody("POST", "/api/v1/auth/token/refresh", {"refresh": user.refresh}),
        401,
        "invalid_token",
    )
    assert anybody("POST", "/api/v1/auth/token", {**body, "password": new}).ok


def test_a_refreshed_token_says_what_the_user_is_now(administrator, user):
    promoted = administrator(
        "PATCH", f"/api/v1/users/{user.id}", {"role": "administrator"}
    )
    assert promoted.status_code == 200
    assert promoted.json()["mobile_number"] is None

    renewed = user("POST", "/api/v1/auth/token/refresh", {"refresh": user.refresh})
    if renewed.status_code == 200:
        user.access = renewed.json()["access"]
    else:
        user.log_in()
    soon(lambda: user("GET", "/api/v1/promos"), 200)

    demoted = administrator(
        "PATCH",
        f"/api/v1/users/{user.id}",
        {"role": "normal", "mobile_number": "+201001234567"},
    )
    assert demoted.status_code == 200
    user.access = ""
    user.log_in()
    refused(user("GET", "/api/v1/promos"), 403, "permission_denied")


def test_the_last_active_administrator_stays(administrator):
    url = "/api/v1/users?role=administrator&is_active=true&page_size=200"
    for row in administrator("GET", url).json()["results"]:
        if row["id"] != administrator.id:
            assert administrator("DELETE", f"/api/v1/users/{row['id']}").ok

    for body in (
        {"is_active": False},
        {"role": "normal", "mobile_number": "+201001234567"},
    ):
        refused(
            administrator("PATCH", f"/api/v1/users/{administrator.id}", body),
            409,
            "last_administrator",
        )
    refused(
        administrator("DELETE", f"/api/v1/users/{administrator.id}"),
        409,
        "last_administrator",
    )
    assert administrator("GET", "/api/v1/users/me").json()["role"] == "administrator"


def test_a_profile_is_read_and_changed_by_its_owner(user):
    changed = user("PATCH", "/api/v1/users/me", {"name": "Nora N.", "address": "Cairo"})

    assert changed.status_code == 200
    profile = user("GET", "/api/v1/users/me").json()
    assert (profile["name"], profile["address"]) == ("Nora N.", "Cairo")
    assert set(profile) == {
        "id",
        "username",
        "name",
        "address",
        "mobile_number",
        "role",
        "is_active",
        "creation_time",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/users"), ("POST", "/api/v1/users")],
)
def test_users_are_administered_by_administrators_alone(user, method, path):
    refused(user(method, path, {}), 403, "permission_denied")


def test_an_administrator_creates_lists_and_deletes_users(administrator, base_url):
    user = register(base_url)

    found = administrator("GET", f"/api/v1/users?search={user.username}").json()
    assert [row["username"] for row in found["results"]] == [user.username]
    user_id = found["results"][0]["id"]
    assert administrator("DELETE", f"/api/v1/users/{user_id}").status_code == 204
    refused(administrator("GET", f"/api/v1/users/{user_id}"), 404, "not_found")
    refused(user("GET", "/api/v1/users/me"), 401, "invalid_token")
