"""Tokens that are none, through the gateway, at both services."""

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests_e2e.people import Client, grant, refused

PATHS = ["/api/v1/promos/me", "/api/v1/users/me"]


@pytest.fixture(scope="session")
def signing_key(stack) -> rsa.RSAPrivateKey:
    folder = Path(stack.environment("auth_service")["SIGNING_KEYS_DIR"])
    newest = max(folder.glob("*.pem"))
    key = serialization.load_pem_private_key(newest.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def forge(user: Client, key: Any, *, kid: str | None = None, **changes: Any) -> str:
    """The user's own token, signed again with `changes`; None removes a claim."""
    header = jwt.get_unverified_header(user.access)
    claims = jwt.decode(user.access, options={"verify_signature": False})
    claims |= changes
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"kid": kid or header["kid"]}
    return jwt.encode(claims, key, algorithm="RS256", headers=headers)


def assert_refused_everywhere(user: Client, token: str, code: str = "invalid_token"):
    for path in PATHS:
        answer = Client(user.base_url, access=token)("GET", path)
        refused(answer, 401, code)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_forge_makes_good_tokens_when_told_nothing_else(user, signing_key):
    token = forge(user, signing_key)
    for path in PATHS:
        assert Client(user.base_url, access=token)("GET", path).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"iss": "another"},
        {"token_type": "refresh"},
        {"token_type": "service"},
        {"role": None},
        {"role": "owner"},
        {"sub": None},
        {"exp": None},
        {"aud": None},
        {"iss": None},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(user, signing_key, changes):
    assert_refused_everywhere(user, forge(user, signing_key, **changes))


def test_an_expired_token_is_said_to_be_expired(user, signing_key):
    expired = int((datetime.now(UTC) - timedelta(minutes=2)).timestamp())
    token = forge(user, signing_key, exp=expired)
    assert_refused_everywhere(user, token, "token_expired")


def test_an_unsigned_token_is_refused(user):
    claims = jwt.decode(user.access, options={"verify_signature": False})
    assert_refused_everywhere(user, jwt.encode(claims, "", algorithm="none"))


def test_hs256_with_the_public_key_is_refused(user, signing_key):
    header = {**jwt.get_unverified_header(user.access), "alg": "HS256"}
    claims = user.access.split(".")[1].encode()
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
    pem = signing_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    mac = hmac.new(pem, head + b"." + claims, hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(mac).rstrip(b"=")
    token = b".".join((head, claims, signature)).decode()
    assert_refused_everywhere(user, token)


def test_a_refresh_token_is_no_access_token(user):
    assert_refused_everywhere(user, user.refresh)


def test_a_token_of_a_stranger_to_the_key_set_is_refused(user):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert_refused_everywhere(user, forge(user, key))
    for number in range(5):
        assert_refused_everywhere(user, forge(user, key, kid=f"unknown-{number}"))


def test_a_changed_payload_is_refused(user):
    head, payload, signature = user.access.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["role"] = "administrator"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
    assert_refused_everywhere(user, f"{head}.{changed.decode()}.{signature}")


def test_the_key_set_says_no_secret_and_names_keys_by_their_thumbprint(user, base_url):
    answer = user("GET", "/.well-known/jwks.json")

    assert answer.status_code == 200
    assert "max-age=60" in answer.headers["Cache-Control"]
    (key, *_) = answer.json()["keys"]
    assert not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()
    canonical = json.dumps(
        {name: key[name] for name in ("e", "kty", "n")},
        separators=(",", ":"),
        sort_keys=True,
    )
    digest = hashlib.sha256(canonical.encode()).digest()
    assert key["kid"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert jwt.get_unverified_header(user.access)["kid"] == key["kid"]


def test_a_token_signed_by_a_rotated_key_is_let_in(stack, administrator, user):
    """An operator adds a key whose minute has come; both services learn it."""
    path = grant(administrator, user, 10)
    folder = Path(stack.environment("auth_service")["SIGNING_KEYS_DIR"])
    new = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = new.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    oldest = min(folder.glob("*.pem"))
    rotated = folder / "20200101T0000Z.pem"
    rotated.write_bytes(pem)
    rotated.chmod(0o600)
    owner = oldest.stat()
    import os  # noqa: PLC0415

    if os.geteuid() == 0:
        os.chown(rotated, owner.st_uid, owner.st_gid)
    public = json.loads(RSAAlgorithm.to_jwk(new.public_key()))
    canonical = json.dumps(
        {name: public[name] for name in ("e", "kty", "n")},
        separators=(",", ":"),
        sort_keys=True,
    )
    digest = hashlib.sha256(canonical.encode()).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    token = forge(user, new, kid=kid)

    client = Client(user.base_url, access=token)
    deadline = time.monotonic() + 40
    while client("GET", f"{path}/points").status_code != 200:
        assert time.monotonic() < deadline, "the rotated key was never learnt"
        time.sleep(1)

    used = client("POST", f"{path}/use", {"points": 1})
    assert used.status_code == 201
