"""Tokens as a forger makes them, piece by piece; PyJWT would refuse most of this."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from jwt.algorithms import RSAAlgorithm

from local.stack import Stack

_SHA = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_HMAC = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def as_segment(value: Any) -> str:
    return base64url(value if isinstance(value, bytes) else json.dumps(value).encode())


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def unsigned(header: Any, claims: Any, signature: str = "") -> str:
    return f"{as_segment(header)}.{as_segment(claims)}.{signature}"


def signed_with_secret(header: Any, claims: Any, secret: bytes, size: str) -> str:
    text = f"{as_segment(header)}.{as_segment(claims)}"
    mac = hmac.new(secret, text.encode(), _HMAC[size]).digest()
    return f"{text}.{base64url(mac)}"


def signed_with_key(
    header: Any, claims: Any, key: rsa.RSAPrivateKey, size: str = "256"
) -> str:
    text = f"{as_segment(header)}.{as_segment(claims)}"
    signature = key.sign(text.encode(), padding.PKCS1v15(), _SHA[size])
    return f"{text}.{base64url(signature)}"


def read_signing_key(stack: Stack) -> rsa.RSAPrivateKey:
    folder = Path(stack.environment("auth_service")["SIGNING_KEYS_DIR"])
    newest = max(folder.glob("*.pem"))
    key = load_pem_private_key(newest.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@dataclass(frozen=True)
class Forger:
    """Somebody with a key of their own, who has seen an access token and the key set.

    `kid` is the real key's.
    """

    own_key: rsa.RSAPrivateKey
    public: rsa.RSAPublicKey
    kid: str

    def header(self, **changes: Any) -> dict[str, Any]:
        header = {"alg": "RS256", "typ": "JWT", "kid": self.kid, **changes}
        return {name: value for name, value in header.items() if value is not ...}

    def own_jwk(self) -> dict[str, Any]:
        jwk = json.loads(RSAAlgorithm.to_jwk(self.own_key.public_key()))
        return {**jwk, "kid": self.kid, "use": "sig", "alg": "RS256"}

    def own_certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "promo-system")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.own_key.public_key())
            .serial_number(1)
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=1))
            .sign(self.own_key, hashes.SHA256())
        )
        return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()

    def spellings_of_the_public_key(self) -> dict[str, bytes]:
        """What a verifier may take for a secret, if it lets the token choose."""
        pem, der = Encoding.PEM, Encoding.DER
        info, pkcs1 = PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1
        jwk = json.loads(RSAAlgorithm.to_jwk(self.public))
        return {
            "PEM": self.public.public_bytes(pem, info),
            "PEM without its last line feed": self.public.public_bytes(
                pem, info
            ).strip(),
            "PKCS1 PEM": self.public.public_bytes(pem, pkcs1),
            "DER": self.public.public_bytes(der, info),
            "the modulus": jwk["n"].encode(),
            "the JWK": json.dumps(jwk).encode(),
            "the kid": self.kid.encode(),
            "nothing": b"",
        }
