"""Every code of the contract that no other module here meets, through the gateway."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from local.waiting import wait_until
from tests_e2e.people import Client, grant, refused


def raw(
    user: Client, method: str, path: str, content: bytes, **headers: str
) -> requests.Response:
    sent = {"Authorization": f"Bearer {user.access}", **headers}
    return requests.request(
        method, user.base_url + path, data=content, headers=sent, timeout=30
    )


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "content",
    [
        b'{"points": 1, "points": 2}',
        b'{"points": NaN}',
        b"[" * 10_000,
        b'{"points": 1, "task": "\\ud800"}',
        b"\xff",
        b"{",
    ],
)
def test_malformed_json(administrator, user, content):
    path = grant(administrator, user, 10)

    refused(raw(user, "POST", f"{path}/use", content, **JSON), 400, "malformed_json")

    assert user("GET", f"{path}/points").json()["remaining_points"] == 10


def test_unsupported_media_type(administrator, user):
    path = grant(administrator, user, 10)
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = raw(user, "POST", f"{path}/use", b"points=1", **form)

    refused(answer, 415, "unsupported_media_type")


def test_payload_too_large(administrator, user):
    path = grant(administrator, user, 10)
    padding = b" " * (16 * 1024)

    answer = raw(user, "POST", f"{path}/use", b'{"points":1}' + padding, **JSON)

    refused(answer, 413, "payload_too_large")
    assert user("GET", f"{path}/points").json()["remaining_points"] == 10


def test_a_bulk_may_be_4_times_as_large(administrator, user):
    row = {
        "username": user.username,
        "promo_type": "gift",
        "promo_code": "BIG",
        "promo_amount": 1,
    }
    body = {"promos": [row]}
    content = json.dumps(body).encode() + b" " * 3_000_000

    answer = raw(administrator, "POST", "/api/v1/promos/bulk", content, **JSON)
    too_large = raw(
        administrator, "POST", "/api/v1/promos/bulk", content + b" " * 1_500_000, **JSON
    )

    assert answer.status_code == 201
    refused(too_large, 413, "payload_too_large")


def test_uri_too_long(user):
    refused(user("GET", "/api/v1/promos/me?x=" + "x" * 20_000), 414, "uri_too_long")


def test_headers_too_large(user):
    answer = user("GET", "/api/v1/promos/me", X_Large="x" * 20_000)
    refused(answer, 431, "headers_too_large")


def test_not_authenticated_and_not_acceptable(base_url, user):
    answer = Client(base_url)("GET", "/api/v1/promos/me")
    refused(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    refused(user("GET", "/api/v1/promos/me", Accept="text/html"), 406, "not_acceptable")


def test_method_not_allowed_and_permission_denied(user):
    refused(user("PUT", "/api/v1/promos/me", {}), 405, "method_not_allowed")
    refused(user("OPTIONS", "/api/v1/promos/me"), 405, "method_not_allowed")
    refused(user("PUT", "/api/v1/promos", {}), 403, "permission_denied")


def test_invalid_cursor(user):
    refused(user("GET", "/api/v1/promos/me?cursor=abc"), 400, "invalid_cursor")


def test_version_mismatch_although_compression_weakens_the_tag(administrator, user):
    path = grant(administrator, user, 10, description="x" * 500)
    read = administrator("GET", path, Accept_Encoding="gzip")
    tag = read.headers["ETag"]
    assert read.headers["Content-Encoding"] == "gzip"

    first = administrator("PATCH", path, {"promo_amount": 11}, If_Match=tag)
    second = administrator("PATCH", path, {"promo_amount": 12}, If_Match=tag)

    assert first.status_code == 200
    refused(second, 412, "version_mismatch")
    assert administrator("GET", path).json()["promo_amount"] == 11


def test_amount_below_used_and_duplicate_promo_code(administrator, user):
    path = grant(administrator, user, 10, promo_code="ONE")
    other = grant(administrator, user, 10, promo_code="TWO")
    user("POST", f"{path}/use", {"points": 5})

    answer = administrator("PATCH", path, {"promo_amount": 4})
    refused(answer, 409, "amount_below_used")
    answer = administrator("PATCH", other, {"promo_code": "one"})
    refused(answer, 409, "duplicate_promo_code")


def test_throttled_after_too_many_wrong_passwords_of_one_name(base_url, user):
    body = {"username": user.username, "password": "not the right one"}
    anybody = Client(base_url)
    answers = [anybody("POST", "/api/v1/auth/token", body) for _ in range(11)]
    for answer in answers[:10]:
        refused(answer, 401, "invalid_credentials")
    refused(answers[10], 429, "throttled")
    assert 1 <= int(answers[10].headers["Retry-After"]) <= 900

    right = {"username": user.username, "password": user.password}
    refused(anybody("POST", "/api/v1/auth/token", right), 429, "throttled")
    assert user("GET", "/api/v1/promos/me").status_code == 200


def test_a_database_that_is_away_is_unavailable_and_comes_back(
    stack, administrator, user
):
    path = grant(administrator, user, 10)
    stack.stop_program("postgres")
    try:
        for client_path in (f"{path}/points", "/api/v1/users/me"):
            answer = user("GET", client_path)
            refused(answer, 503, "unavailable")
            assert int(answer.headers["Retry-After"]) >= 1
    finally:
        stack.start_program("postgres")

    # Threads that met nobody meanwhile have a connection that is gone; so many ask at
    # once that every thread has something to do, those that compare passwords too.
    def ask(client_path: str) -> int:
        return Client(user.base_url, access=user.access)("GET", client_path).status_code

    paths = [f"{path}/points", "/api/v1/users/me"]
    assert wait_until(lambda: set(map(ask, paths)) == {200}, 30)
    with ThreadPoolExecutor(48) as pool:
        assert set(pool.map(ask, paths * 24)) == {200}
    for _ in range(8):
        Client(user.base_url, user.username, user.password).log_in()

    assert user("POST", f"{path}/use", {"points": 10}).status_code == 201
