"""Access and service tokens (RFC 7519), checked without asking anybody.

simplejwt does the work; what is added: the key is found by the token's `kid` among
keys that rotate, and every claim that the contract names is required.
"""

import hashlib
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework_simplejwt import tokens as simplejwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import (
    ExpiredTokenError,
    TokenBackendError,
    TokenError,
)

from chassis.problems import InvalidToken, TokenExpired
from chassis.roles import Role

LEEWAY = timedelta(seconds=30)
REMEMBERED_AT_MOST = 10_000
# RFC 7515's compact form. Libraries pass over what is between the letters, and one
# token would have any number of texts, each of them remembered.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

T = TypeVar("T", bound="VerifiedToken")


class KeySource(Protocol):
    """Where public keys come from: a folder in auth_service, a request elsewhere."""

    @property
    def generation(self) -> int:
        """Counts how often the set of keys has changed."""

    def find(self, kid: str) -> RSAPublicKey | None:
        """This function will return the key of that RFC 7638 thumbprint, if any."""


class RotatingKeysBackend(TokenBackend):
    """A simplejwt backend that is pinned to RS256 and finds the key by `kid`."""

    def __init__(self, keys: KeySource, *, audience: str) -> None:
        super().__init__(
            "RS256", audience=audience, issuer=settings.TOKEN_ISSUER, leeway=LEEWAY
        )
        self.keys = keys

    def get_verifying_key(self, token: Any) -> Any:
        """This function will return the public key that the token's header names."""
        kid = jwt.get_unverified_header(token).get("kid")
        key = self.keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise TokenBackendError("The token's kid names no key.")
        return key


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a verified token speaks for: a user, as `Request.user`."""

    id: UUID
    role: Role
    username: str
    session_id: UUID
    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False


class VerifiedToken(simplejwt.Token):
    """A token of the contract; building one from text verifies it."""

    token_type: str
    lifetime = timedelta(minutes=5)

    def get_token_backend(self) -> RotatingKeysBackend:
        """This function will return the backend for this type of token."""
        return backend_for(self.token_type)

    def verify(self) -> None:
        """Raise TokenError unless every required claim is there, and no life too long.

        A key that was stolen signs for as long as it is published, not for ten years.
        """
        times = [self.payload.get(claim) for claim in ("iat", "exp")]
        if not all(type(time) is int for time in times):
            raise TokenError("A time is not a whole number.")
        if self.payload["exp"] - self.payload["iat"] > self.lifetime.total_seconds():
            raise TokenError("It lasts longer than any token of this type.")
        super().verify()
        if not all(self.payload.get(claim) for claim in ("iss", "aud", "sub", "iat")):
            raise TokenError("A required claim is missing.")


class AccessToken(VerifiedToken):
    """A user's token, which speaks for `caller`."""

    token_type = "access"  # noqa: S105
    caller: Caller

    def verify(self) -> None:
        """This function will raise TokenError unless the claims name a user."""
        super().verify()
        try:
            self.caller = Caller(
                id=UUID(self.payload["sub"]),
                role=Role(self.payload["role"]),
                username=self.payload["username"],
                session_id=UUID(self.payload["sid"]),
            )
        except (KeyError, ValueError, AttributeError, TypeError) as error:
            raise TokenError("A claim is not what it should be.") from error


class ServiceToken(VerifiedToken):
    """A service's token: `sub` is the client, `aud` the one service it is for."""

    token_type = "service"  # noqa: S105


class RememberedCallers:
    """Verified access tokens by their hash, until they expire or the keys change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = -1
        self._found: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    def verify(self, raw: str) -> Caller:
        """This function will return whom the access token `raw` speaks for.

        Raises TokenExpired and InvalidToken.
        """
        digest = hashlib.sha256(raw.encode()).digest()
        generation = backend_for(AccessToken.token_type).keys.generation
        if generation != self._generation:
            self._forget(generation)
        known = self._found.get(digest)
        if known is not None and known[0] > time.time():
            return known[1]
        token = verify(AccessToken, raw)
        until = token.payload["exp"] + LEEWAY.total_seconds()
        self._remember(digest, until, token.caller, generation)
        return token.caller

    def _remember(
        self, digest: bytes, until: float, caller: Caller, generation: int
    ) -> None:
        with self._lock:
            if generation != self._generation:
                return
            self._found[digest] = (until, caller)
            if len(self._found) > REMEMBERED_AT_MOST:
                self._found.popitem(last=False)

    def _forget(self, generation: int) -> None:
        with self._lock:
            self._found.clear()
            self._generation = generation


def backend_for(token_type: str) -> RotatingKeysBackend:
    """This function will return the service's own backend for a type of token."""
    backend: RotatingKeysBackend = _backends()(token_type)
    return backend


@cache
def _backends() -> Callable[[str], Any]:
    found: Callable[[str], Any] = import_string(settings.TOKEN_BACKENDS)
    return found


def verify(kind: type[T], raw: str) -> T:
    """This function will return `raw` as a token of that kind, every claim checked.

    Raises TokenExpired and InvalidToken.
    """
    if not _COMPACT.fullmatch(raw):
        raise InvalidToken
    try:
        return kind(raw)  # type: ignore[arg-type]  # simplejwt takes the text
    except ExpiredTokenError as error:
        raise TokenExpired from error
    except (TokenError, TokenBackendError, jwt.InvalidTokenError) as error:
        raise InvalidToken from error
