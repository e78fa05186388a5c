"""Which tokens open a door here, and that no forgery does."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_service.accounts.models import User
from auth_service.tests.conftest import Client, Person, private_key, refusal
from auth_service.tokens.issuing import issue_own_service_token, issue_service_token
from auth_service.tokens.key_folder import thumbprint
from auth_service.tokens.keys import backend_for
from chassis.problems import InvalidToken, TokenExpired
from chassis.roles import Role
from chassis.tokens import AccessToken, ServiceToken, verify

ME = "/api/v1/users/me"


def good_claims(person: Person) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    return {
        "iss": settings.TOKEN_ISSUER,
        "aud": settings.TOKEN_AUDIENCE,
        "sub": str(person.user.id),
        "role": person.user.role,
        "username": person.user.username,
        "token_type": "access",
        "sid": str(person.session.id),
        "jti": str(uuid7()),
        "iat": now,
        "exp": now + 300,
    }


def sign(claims: dict[str, Any], key: Any = None, **headers: Any) -> str:
    headers = {"kid": thumbprint(private_key().public_key()), **headers}
    headers = {name: value for name, value in headers.items() if value is not None}
    return jwt.encode(claims, key or private_key(), algorithm="RS256", headers=headers)


def by_hand(claims: dict[str, Any], algorithm: str, secret: bytes | None) -> str:
    kid = thumbprint(private_key().public_key())
    header = {"alg": algorithm, "typ": "JWT", "kid": kid}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, claims)
    ]
    signature = b""
    if secret is not None:
        digest = hmac.new(secret, b".".join(parts), hashlib.sha256).digest()
        signature = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return b".".join([*parts, signature]).decode()


def status(token: str) -> tuple[int, str] | int:
    response = Client(token).get(ME)
    return 200 if response.status_code == 200 else refusal(response)


def test_a_token_made_by_hand_as_the_contract_says_is_taken(alice):
    assert status(sign(good_claims(alice))) == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody-else"},
        {"aud": "auth_service"},
        {"aud": "another-system"},
        {"sub": None},
        {"sub": "1"},
        {"sub": str(uuid7())},
        {"role": "owner"},
        {"role": None},
        {"username": None},
        {"sid": None},
        {"sid": "x"},
        {"sid": str(uuid7())},
        {"jti": None},
        {"iat": None},
        {"exp": None},
        {"token_type": None},
        {"token_type": "refresh"},
        {"token_type": "service"},
        {"nbf": int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())},
        {"iat": int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())},
    ],
)
def test_a_claim_that_is_wrong_or_missing_is_refused(alice, changes, nothing_changes):
    nothing_changes()
    claims = {**good_claims(alice), **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    assert status(sign(claims)) == (401, "invalid_token")


@pytest.mark.parametrize(("seconds", "expected"), [(25, 200), (35, "token_expired")])
def test_expiry_has_30_seconds_of_leeway(alice, seconds, expected):
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    claims = {**good_claims(alice), "exp": int(moment.timestamp())}
    found = status(sign(claims))
    assert found == (expected if expected == 200 else (401, expected))


@pytest.mark.parametrize("seconds", [301, 86_400, 10 * 365 * 86_400])
def test_one_that_lasts_longer_than_the_contract_allows_is_refused(
    alice, seconds, nothing_changes
):
    nothing_changes()
    claims = good_claims(alice)
    assert status(sign(claims)) == 200
    claims["exp"] = claims["iat"] + seconds
    assert status(sign(claims)) == (401, "invalid_token")


def test_so_is_a_refresh_token_of_more_than_seven_days(anybody, alice, nothing_changes):
    nothing_changes()
    claims = jwt.decode(alice.refresh, options={"verify_signature": False})
    claims["exp"] = claims["iat"] + 7 * 86_400 + 1
    body = {"refresh": sign(claims)}
    response = anybody.post("/api/v1/auth/token/refresh", body)
    assert refusal(response) == (401, "invalid_token")


def test_so_is_a_services_token(db):
    token = issue_own_service_token(audience=settings.SERVICE)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert verify(ServiceToken, sign(claims))
    claims["exp"] += 1
    with pytest.raises(InvalidToken):
        verify(ServiceToken, sign(claims))


def test_forged_signatures_are_refused(alice, nothing_changes):
    nothing_changes()
    claims = good_claims(alice)
    public = private_key().public_key()
    spki = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stranger = private_key(2)
    forgeries = {
        "unsigned": by_hand(claims, "none", None),
        "unsigned in capitals": by_hand(claims, "NONE", None),
        "HS256 with the public key": by_hand(claims, "HS256", spki),
        "HS256 with the thumbprint": by_hand(
            claims, "HS256", thumbprint(public).encode()
        ),
        "another key with our kid": sign(claims, stranger),
        "another key with its own kid": sign(
            claims, stranger, kid=thumbprint(stranger.public_key())
        ),
        "another key in the header": sign(
            claims,
            stranger,
            jwk=json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key())),
            jku="http://evil.invalid/jwks.json",
        ),
        "no kid": sign(claims, kid=None),
        "a path as kid": sign(claims, kid="../../20260101T0000Z"),
        "SQL as kid": sign(claims, kid="' OR 1=1 --"),
        "a cut signature": sign(claims)[:-20],
    }
    for name, token in forgeries.items():
        assert status(token) == (401, "invalid_token"), name


def test_another_payload_under_a_good_signature_is_refused(alice, nothing_changes):
    nothing_changes()
    header, _, signature = sign(good_claims(alice)).split(".")
    claims = {**good_claims(alice), "role": "administrator"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
    token = f"{header}.{payload.decode()}.{signature}"
    assert status(token) == (401, "invalid_token")


def test_a_refresh_token_opens_nothing(alice):
    assert status(alice.refresh) == (401, "invalid_token")
    with pytest.raises(InvalidToken):
        verify(AccessToken, alice.refresh)
    with pytest.raises(InvalidToken):
        verify(ServiceToken, alice.refresh)


def test_a_service_token_opens_no_users_door(alice):
    token = issue_service_token(client_id="promo_service", audience="auth_service")
    assert status(token["access"]) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "not_authenticated"),
        ("", "not_authenticated"),
        ("Basic YWRhOmFkYQ==", "not_authenticated"),
        ("Bearer", "invalid_token"),
        ("Bearer a b", "invalid_token"),
        ("Bearer caf\u00e9", "invalid_token"),
    ],
)
def test_without_a_token_nobody_is_known(db, header, code):
    client = Client()
    if header is not None:
        client.credentials(HTTP_AUTHORIZATION=header)
    response = client.get(ME)
    assert refusal(response) == (401, code)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "attributes",
    [{"is_active": False}, {"deleted_at": datetime(2026, 1, 1, tzinfo=UTC)}],
)
def test_the_suspended_and_the_deleted_are_out_at_once(alice, attributes):
    assert alice.client.get(ME).status_code == 200
    User.objects.update(**attributes)
    assert refusal(alice.client.get(ME)) == (401, "invalid_token")


def test_a_demoted_administrators_token_no_longer_administers(administrator):
    assert administrator.client.get("/api/v1/users").status_code == 200
    User.objects.update(role=Role.NORMAL, mobile_number="+201001234567")
    assert refusal(administrator.client.get("/api/v1/users")) == (
        403,
        "permission_denied",
    )


def test_another_users_session_does_not_carry_a_token(alice, administrator):
    claims = {**good_claims(administrator), "sid": str(alice.session.id)}
    assert status(sign(claims)) == (401, "invalid_token")


def test_the_own_service_token_is_for_the_other_service():
    token = issue_own_service_token(audience="promo_service")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["aud"]) == ("auth_service", "promo_service")
    assert claims["token_type"] == "service"
    with pytest.raises(InvalidToken):
        verify(ServiceToken, token)


def test_an_expired_token_is_told_from_an_invalid_one():
    claims = {
        "sub": "promo_service",
        "token_type": "service",
        "jti": "x",
        "iat": 1,
        "exp": int((timezone.now() - timedelta(minutes=1)).timestamp()),
    }
    with pytest.raises(TokenExpired):
        verify(ServiceToken, backend_for("service").encode(claims))
