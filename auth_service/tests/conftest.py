"""Real PostgreSQL, really signed tokens, and people who send them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import responses
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from auth_service.accounts.models import User, UserAudit
from auth_service.accounts.services.changes import store_new_user
from auth_service.accounts.telling import tell_of_users
from auth_service.outbox.relay import Relay
from auth_service.tests.receiving import URL, PromoService
from auth_service.tokens import key_folder
from auth_service.tokens.issuing import Subject
from auth_service.tokens.key_folder import thumbprint
from auth_service.tokens.models import Session
from auth_service.tokens.services import start_session
from chassis.roles import Role

MINUTE = timedelta(minutes=1)
PASSWORD = "a fine and long secret"
MOBILE_NUMBER = "+201001234567"
OTHER_NUMBER = "+201112345678"
REGISTRATION = {
    "username": "Alice",
    "password": PASSWORD,
    "name": "Alice Liddell",
    "mobile_number": MOBILE_NUMBER,
}


@cache
def private_key(number: int = 1, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key a number, made once: each takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="session", autouse=True)
def signing_keys(tmp_path_factory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("signing-keys")
    (folder / "20260101T0000Z.pem").write_bytes(pem(private_key()))
    with override_settings(SIGNING_KEYS_DIR=str(folder)):
        yield folder


@cache
def password_hash(password: str = PASSWORD) -> str:
    return make_password(password)


def store_user(role: Role = Role.NORMAL, **attributes: Any) -> User:
    number = MOBILE_NUMBER if role is Role.NORMAL else None
    values = {
        "username": f"user-{uuid7().hex}",
        "name": "Some Body",
        "mobile_number": number,
        "password": password_hash(),
        "creation_time": timezone.now(),
        **attributes,
    }
    user = User(role=role, **values)
    store_new_user(user, actor_id=None)
    return user


class Client(APIClient):
    """Sends JSON; on the internal port if asked."""

    default_format = "json"

    def __init__(self, access: str | None = None, *, internal: bool = False) -> None:
        super().__init__()
        self.internal = internal
        if access:
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")

    def generic(self, *args: Any, **extra: Any) -> Any:
        if self.internal:
            extra["SERVER_PORT"] = settings.INTERNAL_PORT
        return super().generic(*args, **extra)


@dataclass
class Person:
    """A user who has logged in."""

    user: User
    access: str
    refresh: str
    client: Client

    def now(self) -> User:
        return User.objects.get(id=self.user.id)

    @property
    def session(self) -> Session:
        return Session.objects.get(user=self.user)


def log_in(user: User) -> Person:
    pair = start_session(Subject(user.id, user.username, user.role), now=timezone.now())
    return Person(user, pair.access, pair.refresh, Client(pair.access))


@pytest.fixture
def anybody() -> Client:
    return Client()


@pytest.fixture
def administrator(db) -> Person:
    return log_in(store_user(Role.ADMINISTRATOR, username="admin", name="Ada"))


@pytest.fixture
def alice(db) -> Person:
    return log_in(store_user(username="Alice", name="Alice Liddell"))


def everything() -> list[Any]:
    """All that a refusal must leave as it was."""
    return [
        *User.objects.order_by("id").values_list(),
        *UserAudit.objects.order_by("id").values_list(),
        *Session.objects.order_by("id").values_list(),
    ]


@pytest.fixture
def nothing_changes() -> Iterator[Callable[[], None]]:
    state: list[Any] = []

    def remember() -> None:
        state.append(everything())

    yield remember
    assert state, "call it before the refusal"
    assert everything() == state[0]


def faults(response: Any) -> set[tuple[str, str]]:
    """The faults of a validation_error as (field, code)."""
    assert response.status_code == 400, response.json()
    assert response.json()["code"] == "validation_error"
    return {(fault["field"], fault["code"]) for fault in response.json()["errors"]}


def refusal(response: Any) -> tuple[int, str]:
    """The status and code of a refusal."""
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


@pytest.fixture
def folder(tmp_path: Path, settings, monkeypatch) -> Path:
    settings.SIGNING_KEYS_DIR = str(tmp_path)
    monkeypatch.setattr(key_folder, "LOOK_AGAIN_SECONDS", 0)
    return tmp_path


def this_minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def put(folder: Path, number: int, minutes: int) -> str:
    """Put key `number` there, to sign from so many minutes from now."""
    name = (this_minute() + minutes * MINUTE).strftime("%Y%m%dT%H%MZ.pem")
    (folder / name).write_bytes(pem(private_key(number)))
    return kid(number)


def kid(number: int) -> str:
    return thumbprint(private_key(number).public_key())


@pytest.fixture
def promo() -> Iterator[PromoService]:
    service = PromoService()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        mocked.add_callback(responses.POST, URL, service.answer)
        service.mock = mocked
        yield service


@pytest.fixture
def relay() -> Relay:
    return Relay(tell_of_users)


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured
