"""Who may call what: one table of method, path, role and status."""

import pytest
from uuid_utils.compat import uuid7

from auth_service.tests.conftest import Client, refusal, store_user
from auth_service.tokens.issuing import issue_service_token

pytestmark = pytest.mark.django_db

OPERATIONS = {
    "register",
    "obtain_token",
    "refresh_token",
    "logout",
    "get_me",
    "modify_me",
    "change_password",
    "list_users",
    "create_user",
    "get_user",
    "modify_user",
    "delete_user",
    "set_password",
    "jwks",
}

# method, path, anonymous, normal user, administrator; {} is a normal user's id
TABLE = [
    ("get", "/api/v1/users/me", 401, 200, 200),
    ("patch", "/api/v1/users/me", 401, 200, 200),
    ("post", "/api/v1/users/me/password", 401, 400, 400),
    ("get", "/api/v1/users", 401, 403, 200),
    ("post", "/api/v1/users", 401, 403, 400),
    ("get", "/api/v1/users/{}", 401, 403, 200),
    ("patch", "/api/v1/users/{}", 401, 403, 200),
    ("post", "/api/v1/users/{}/password", 401, 403, 400),
    ("delete", "/api/v1/users/{}", 401, 403, 204),
    ("put", "/api/v1/users/{}", 401, 403, 405),
    ("put", "/api/v1/users/me", 401, 405, 405),
    ("options", "/api/v1/users", 401, 403, 405),
    ("get", "/api/v1/auth/token", 405, 405, 405),
    ("get", "/api/v1/auth/register", 405, 405, 405),
    ("post", "/api/v1/auth/token", 400, 400, 400),
    ("post", "/api/v1/auth/token/refresh", 400, 400, 400),
    ("post", "/api/v1/auth/logout", 400, 400, 400),
    ("post", "/api/v1/auth/register", 400, 400, 400),
    ("get", "/.well-known/jwks.json", 200, 200, 200),
    ("get", "/api/v1/auth/schema", 200, 200, 200),
    ("get", "/api/v1/auth/nothing", 404, 404, 404),
    ("get", "/api/v1/users/", 404, 404, 404),
    ("get", "/", 404, 404, 404),
]


@pytest.mark.parametrize(("method", "path", "anonymous", "normal", "admin"), TABLE)
def test_each_role_gets_what_the_table_says(
    method, path, anonymous, normal, admin, alice, administrator, anybody
):
    url = path.format(store_user().id)
    expected = {anybody: anonymous, alice.client: normal, administrator.client: admin}
    for client, status in expected.items():
        response = getattr(client, method)(url)
        assert response.status_code == status, response.content
        if status >= 400:
            refusal(response)


@pytest.mark.parametrize(("method", "path", "anonymous", "normal", "admin"), TABLE)
def test_a_refused_caller_changes_nothing(
    method, path, anonymous, normal, admin, alice, anybody, nothing_changes
):
    url = path.format(store_user().id)
    nothing_changes()
    for client in (anybody, alice.client):
        response = getattr(client, method)(url)
        assert response.status_code in (anonymous, normal)


@pytest.mark.parametrize(("method", "path", "anonymous", "normal", "admin"), TABLE)
def test_a_service_is_nobody_here(method, path, anonymous, normal, admin):
    token = issue_service_token(client_id="promo_service", audience="auth_service")
    response = getattr(Client(token["access"]), method)(path.format(uuid7()))
    assert response.status_code == anonymous


def test_a_normal_user_is_told_nothing_of_who_exists(alice, administrator):
    paths = [f"/api/v1/users/{user_id}" for user_id in (administrator.user.id, uuid7())]
    answers = [alice.client.get(path) for path in paths]
    assert [refusal(answer) for answer in answers] == [(403, "permission_denied")] * 2


def test_answers_are_json_only(alice, nothing_changes):
    nothing_changes()
    response = alice.client.get("/api/v1/users/me", HTTP_ACCEPT="text/html")
    assert refusal(response) == (406, "not_acceptable")


def test_every_operation_of_the_contract_is_in_the_document(anybody):
    response = anybody.get("/api/v1/auth/schema", HTTP_ACCEPT="application/json")
    found = {
        operation["operationId"]
        for methods in response.json()["paths"].values()
        for operation in methods.values()
    }
    assert found == OPERATIONS


@pytest.mark.parametrize("header", ["If-None-Match", "If-Unmodified-Since", "If-Match"])
def test_a_condition_that_is_not_read_changes_nothing(
    administrator, alice, nothing_changes, header
):
    nothing_changes()
    for client, method, path in (
        (administrator.client, "patch", f"/api/v1/users/{alice.user.id}"),
        (administrator.client, "delete", f"/api/v1/users/{alice.user.id}"),
        (alice.client, "patch", "/api/v1/users/me"),
    ):
        answer = getattr(client, method)(path, {}, headers={header: '"1"'})
        assert answer.status_code == 400
        (fault,) = answer.json()["errors"]
        assert (fault["field"], fault["code"]) == (header, "not_supported")


def test_an_id_of_a_path_is_found_in_upper_case(administrator, alice):
    path = f"/api/v1/users/{str(alice.user.id).upper()}"
    assert administrator.client.get(path).json()["id"] == str(alice.user.id)
    body = {"name": "Alice L."}
    assert administrator.client.patch(path, body).json()["name"] == "Alice L."
