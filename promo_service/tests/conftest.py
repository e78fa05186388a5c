"""Real PostgreSQL, really signed tokens; `responses` stands for auth_service."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from jwt.algorithms import RSAAlgorithm
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from chassis.authentication import remembered
from chassis.roles import Role
from chassis.tokens import Caller
from promo_service.holders import auth_session, directory, keys
from promo_service.holders.models import Holder
from promo_service.promos.models import (
    IdempotencyKey,
    LedgerEntry,
    Promo,
    Redemption,
    RedemptionPart,
    Reversal,
)
from promo_service.promos.services.granting import Grant, create_promo

KID = "the-first-key"
PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(private_key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    public = json.loads(RSAAlgorithm.to_jwk(private_key.public_key()))
    return {**public, "kid": kid, "use": "sig", "alg": "RS256"}


def sign(
    claims: dict[str, Any],
    *,
    key: Any = PRIVATE_KEY,
    kid: str | None = KID,
    algorithm: str = "RS256",
) -> str:
    headers = {"kid": kid} if kid else {}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def access_claims(user_id: UUID, as_role: Role, /, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    claims: dict[str, Any] = {
        "iss": settings.TOKEN_ISSUER,
        "aud": settings.TOKEN_AUDIENCE,
        "sub": str(user_id),
        "role": as_role.value,
        "username": "somebody",
        "token_type": "access",
        "sid": str(uuid7()),
        "jti": str(uuid7()),
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }
    claims.update(changes)
    return {name: value for name, value in claims.items() if value is not None}


@dataclass
class AuthService:
    """What the other service would answer."""

    mock: responses.RequestsMock
    users: list[dict[str, Any]]
    keys: list[dict[str, Any]]

    def asked(self, path: str) -> int:
        return sum(str(call.request.url).endswith(path) for call in self.mock.calls)

    def look_up(self, request: Any) -> tuple[int, dict[str, str], str]:
        asked = json.loads(request.body)
        names = [name.lower() for name in asked.get("usernames", [])]
        found = [
            user
            for user in self.users
            if user["user_id"] in asked.get("ids", [])
            or user["username"].lower() in names
        ]
        return 200, {}, json.dumps({"users": found})

    def down(self) -> None:
        self.mock.reset()


@pytest.fixture(autouse=True)
def auth_service(monkeypatch) -> Iterator[AuthService]:
    monkeypatch.setattr(keys.key_set, "_keys", {})
    monkeypatch.setattr(keys.key_set, "_fetched_at", float("-inf"))
    monkeypatch.setattr(keys.key_set, "_asked_at", float("-inf"))
    monkeypatch.setattr(keys.key_set, "_failed_at", float("-inf"))
    directory._own_token.forget()
    auth_session.circuit.close()
    remembered._found.clear()
    url = settings.AUTH_SERVICE_URL
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        service = AuthService(mock, users=[], keys=[jwk(PRIVATE_KEY, KID)])
        mock.add_callback(
            responses.GET,
            f"{url}/.well-known/jwks.json",
            lambda request: (200, {}, json.dumps({"keys": service.keys})),
        )
        mock.post(
            f"{url}/internal/v1/service-token",
            json={"access": "a.b.c", "token_type": "Bearer", "expires_in": 300},
        )
        mock.add_callback(
            responses.POST, f"{url}/internal/v1/users/lookup", service.look_up
        )
        yield service


@dataclass
class Person:
    """Somebody with a token, and a client that sends it."""

    id: UUID
    role: Role
    client: APIClient

    @property
    def caller(self) -> Caller:
        return Caller(self.id, self.role, "somebody", uuid7())


def person(role: Role, **claims: Any) -> Person:
    user_id = uuid7()
    client = APIClient()
    token = sign(access_claims(user_id, role, **claims))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    client.default_format = "json"
    return Person(user_id, role, client)


def store_holder(user_id: UUID, **attributes: Any) -> Holder:
    values: dict[str, Any] = {
        "version": 1,
        "username": f"user-{user_id}",
        "name": "Some Body",
        "role": Role.NORMAL,
        "is_active": True,
    }
    return Holder.objects.create(user_id=user_id, **{**values, **attributes})


@pytest.fixture
def administrator() -> Person:
    return person(Role.ADMINISTRATOR)


@pytest.fixture
def owner(db) -> Person:
    owner = person(Role.NORMAL)
    store_holder(owner.id, username="owner", name="Olivia Owner")
    return owner


@pytest.fixture
def stranger(db) -> Person:
    stranger = person(Role.NORMAL)
    store_holder(stranger.id, username="stranger")
    return stranger


@pytest.fixture
def grant(administrator: Person, owner: Person) -> Callable[..., Promo]:
    def make(points: int = 100, **attributes: Any) -> Promo:
        now = attributes.pop("now", None)
        values: dict[str, Any] = {
            "user_id": owner.id,
            "promo_type": "welcome",
            "promo_code": f"CODE-{uuid7()}".upper(),
            "promo_amount": points,
            "allow_ended": True,
            **attributes,
        }
        kept: list[Promo] = []
        create_promo(
            actor=administrator.caller,
            grant=Grant(**values),
            present=lambda promo: kept.append(promo) or "{}",  # type: ignore[func-returns-value]
            now=now,
        )
        return kept[0]

    return make


def everything() -> list[Any]:
    """All that a refusal must leave as it was."""
    tables = (
        Promo.objects.order_by("id"),
        LedgerEntry.objects.order_by("promo_id", "sequence"),
        Redemption.objects.order_by("id"),
        RedemptionPart.objects.order_by("redemption_id", "position"),
        Reversal.objects.order_by("id"),
        IdempotencyKey.objects.order_by("actor_id", "key"),
    )
    return [row for table in tables for row in table.values_list()]


@pytest.fixture
def nothing_changes() -> Iterator[Callable[[], None]]:
    state: list[Any] = []

    def remember() -> None:
        state.append(everything())

    yield remember
    assert state, "call it before the refusal"
    assert everything() == state[0]
