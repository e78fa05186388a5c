"""The keys that tokens are checked with: published, and learnt when they change."""

import hashlib
import json
import os
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests_e2e.attack.forging import base64url, claims_of, signed_with_key
from tests_e2e.people import Client, grant


def thumbprint(jwk: dict[str, str]) -> str:
    canonical = json.dumps(
        {name: jwk[name] for name in ("e", "kty", "n")},
        separators=(",", ":"),
        sort_keys=True,
    )
    return base64url(hashlib.sha256(canonical.encode()).digest())


def test_the_key_set_says_no_secret_and_names_keys_by_their_thumbprint(user, base_url):
    answer = user("GET", "/.well-known/jwks.json")

    assert answer.status_code == 200
    assert "max-age=60" in answer.headers["Cache-Control"]
    (key, *_) = answer.json()["keys"]
    assert not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()
    assert key["kid"] == thumbprint(key)
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
    if os.geteuid() == 0:
        os.chown(rotated, owner.st_uid, owner.st_gid)
    kid = thumbprint(json.loads(RSAAlgorithm.to_jwk(new.public_key())))
    header = {"alg": "RS256", "typ": "JWT", "kid": kid}
    token = signed_with_key(header, claims_of(user.access), new)

    client = Client(user.base_url, access=token)
    deadline = time.monotonic() + 40
    while client("GET", f"{path}/points").status_code != 200:
        assert time.monotonic() < deadline, "the rotated key was never learnt"
        time.sleep(1)

    used = client("POST", f"{path}/use", {"points": 1})
    assert used.status_code == 201
