"""Logging in: who may, what it gives, and that it tells nobody who exists."""

from typing import Any

import jwt
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from auth_service.accounts.models import User
from auth_service.accounts.services import passwords
from auth_service.tests.conftest import (
    PASSWORD,
    everything,
    faults,
    refusal,
    store_user,
)
from auth_service.tokens.models import Session

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/token"
CLAIMS = {
    "iss",
    "aud",
    "sub",
    "role",
    "username",
    "token_type",
    "sid",
    "jti",
    "iat",
    "exp",
}


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


@pytest.fixture
def hashed(monkeypatch) -> list[str]:
    """Each Argon2 computation, whatever it is for."""
    computed: list[str] = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify

    def counted_encode(self, password, salt):
        computed.append("encode")
        return encode(self, password, salt)

    def counted_verify(self, password, encoded):
        computed.append("verify")
        return verify(self, password, encoded)

    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted_encode)
    monkeypatch.setattr(Argon2PasswordHasher, "verify", counted_verify)
    return computed


def test_logging_in_gives_a_pair_of_tokens_of_a_session(anybody, alice):
    Session.objects.all().delete()
    body = {"username": "Alice", "password": PASSWORD}
    response = anybody.post(URL, body)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    answer = response.json()
    assert answer.keys() == {"access", "refresh", "token_type", "expires_in"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 300)
    session = Session.objects.get()
    access, refresh = claims(answer["access"]), claims(answer["refresh"])
    assert access.keys() == CLAIMS
    assert access["sub"] == str(alice.user.id)
    assert (access["role"], access["username"]) == ("normal", "Alice")
    assert access["exp"] - access["iat"] == 300
    assert access["sid"] == refresh["sid"] == str(session.id)
    assert refresh["jti"] == str(session.current_jti)
    assert refresh["exp"] - refresh["iat"] == 7 * 24 * 3600
    assert "role" not in refresh
    header = jwt.get_unverified_header(answer["access"])
    assert header.keys() == {"alg", "kid", "typ"}
    assert header["alg"] == "RS256"


def test_the_name_is_compared_without_case(anybody, alice):
    for name in ("alice", "ALICE"):
        body = {"username": name, "password": PASSWORD}
        assert anybody.post(URL, body).status_code == 200


def test_a_bad_authorization_header_is_ignored(anybody, alice):
    anybody.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    body = {"username": "Alice", "password": PASSWORD}
    assert anybody.post(URL, body).status_code == 200


REFUSED = {
    "an unknown user": ("nobody", PASSWORD),
    "a wrong password": ("alice", "another long secret"),
    "a suspended user": ("suspended", PASSWORD),
    "a deleted user": ("deleted", PASSWORD),
    "a suspended user's wrong password": ("suspended", "another long secret"),
    "a name that nobody can have": ("no body\x00\n", PASSWORD),
    "a name that looks like a letter's other case": ("al\u0130ce", PASSWORD),
    "a password with a NUL": ("alice", PASSWORD + "\x00"),
    "a password of 16,000 characters": ("alice", "x" * 16_000),
    "the password with a space behind": ("alice", PASSWORD + " "),
}


@pytest.mark.parametrize("case", REFUSED)
def test_every_failure_says_the_same_and_costs_one_hash(case, anybody, hashed):
    store_user(username="alice")
    store_user(username="suspended", is_active=False)
    store_user(username="deleted", deleted_at=timezone.now())
    hashed.clear()
    before = everything()
    username, password = REFUSED[case]
    response = anybody.post(URL, {"username": username, "password": password})
    assert refusal(response) == (401, "invalid_credentials")
    assert response.json()["detail"] == "The name or the password is wrong"
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert len(hashed) == 1
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"username": "alice"}, ("password", "required")),
        ({"username": 5, "password": "x"}, ("username", "invalid")),
        ({"username": "alice", "password": None}, ("password", "null")),
        ({"username": "a", "password": "b", "otp": "1"}, ("otp", "unknown_field")),
    ],
)
def test_a_body_that_is_no_log_in_is_named(anybody, body, fault, nothing_changes):
    nothing_changes()
    assert fault in faults(anybody.post(URL, body))


@pytest.mark.parametrize(
    "change",
    [{"password": "argon2$another"}, {"is_active": False}, {"deleted_at": "now"}],
)
def test_a_change_while_the_password_is_compared_lets_nobody_in(
    anybody, alice, monkeypatch, change
):
    if "deleted_at" in change:
        change = {"deleted_at": timezone.now()}

    def compare_slowly(password, encoded):
        User.objects.update(**change)
        return True

    monkeypatch.setattr(passwords, "matches", compare_slowly)
    body = {"username": "alice", "password": PASSWORD}
    assert refusal(anybody.post(URL, body)) == (401, "invalid_credentials")
    assert Session.objects.count() == 1


def test_a_log_in_takes_three_statements_and_two_looks_at_the_lock(anybody, alice):
    body = {"username": "alice", "password": PASSWORD}
    with CaptureQueriesContext(connection) as captured:
        assert anybody.post(URL, body).status_code == 200
    statements = [query["sql"].split()[0] for query in captured.captured_queries]
    assert [
        one for one in statements if "SAVEPOINT" not in one and one != "RELEASE"
    ] == [
        "SELECT",
        "SELECT",
        "SELECT",
        "SELECT",
        "INSERT",
    ]
