"""The directory client: who a user is, asked of auth_service once."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.conf import settings

from chassis.problems import Unavailable
from chassis.roles import Role
from promo_service.holders.auth_session import AuthServiceDown, AuthServiceRefused, ask
from promo_service.holders.metrics import USER_LOOKUPS

V = TypeVar("V")

RENEW_SECONDS_BEFORE = 60
# What reading says of something that is no user.
NOT_A_USER = (AttributeError, KeyError, TypeError, ValueError)


class UserDirectoryUnavailable(Unavailable):
    """A user is unknown here, and auth_service can't be asked."""

    code: ClassVar[str] = "user_directory_unavailable"
    title: ClassVar[str] = "Users can't be looked up just now"


@dataclass(frozen=True, slots=True)
class UserState:
    """A user as auth_service told it, as of `version`."""

    user_id: UUID
    version: int
    void_version: int
    username: str
    name: str
    role: Role
    is_active: bool
    deleted: bool
    epoch: int = 0

    @property
    def may_hold(self) -> bool:
        """Whether the user may be given promos and use them, as was told."""
        return self.is_active and not self.deleted and self.role is Role.NORMAL

    @classmethod
    def read(cls, told: dict[str, Any]) -> "UserState":
        """This function will read what crossed between the services.

        Raises AttributeError, KeyError, TypeError and ValueError where it isn't a user.
        """
        return cls(
            user_id=UUID(told["user_id"]),
            version=_typed(int, told["version"]),
            void_version=_typed(int, told["void_version"]),
            username=_text(told["username"]),
            name=_text(told["name"]),
            role=Role(told["role"]),
            is_active=_typed(bool, told["is_active"]),
            deleted=_typed(bool, told["deleted"]),
            epoch=_typed(int, told.get("epoch", 0)),
        )


def _text(value: Any) -> str:
    text = _typed(str, value)
    if "\0" in text:
        raise ValueError("A NUL can't be stored.")
    return text


def _typed(kind: type[V], value: Any) -> V:
    if type(value) is not kind:
        raise TypeError(f"Expected {kind.__name__}, got {type(value).__name__}.")
    return value


class _OwnToken:
    """This service's own token, renewed a minute before it expires."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    def get(self) -> str:
        with self._lock:
            if time.monotonic() >= self._renew_at:
                answer = ask(
                    "POST",
                    "/internal/v1/service-token",
                    json={
                        "client_id": settings.SERVICE_CLIENT_ID,
                        "client_secret": settings.SERVICE_CLIENT_SECRET,
                    },
                )
                self._token = answer["access"]
                lifetime = answer["expires_in"] - RENEW_SECONDS_BEFORE
                self._renew_at = time.monotonic() + lifetime
            return self._token

    def forget(self) -> None:
        with self._lock:
            self._renew_at = 0.0


_own_token = _OwnToken()


def look_up_users(
    *, ids: Sequence[UUID] = (), usernames: Sequence[str] = ()
) -> list[UserState]:
    """This function will return the users that auth_service knows of those.

    At most 500 in all. Raises UserDirectoryUnavailable.
    """
    body = {"ids": [str(user_id) for user_id in ids], "usernames": list(usernames)}
    try:
        try:
            answer = _ask_for_users(body)
        except AuthServiceRefused:
            _own_token.forget()  # keys or secrets may have been rotated meanwhile
            answer = _ask_for_users(body)
        found = [UserState.read(told) for told in answer["users"]]
    except (AuthServiceDown, AuthServiceRefused, *NOT_A_USER) as error:
        USER_LOOKUPS.labels("unavailable").inc()
        raise UserDirectoryUnavailable from error
    USER_LOOKUPS.labels("found").inc(len(found))
    USER_LOOKUPS.labels("unknown").inc(len(ids) + len(usernames) - len(found))
    return found


def _ask_for_users(body: dict[str, Any]) -> dict[str, Any]:
    return ask(
        "POST",
        "/internal/v1/users/lookup",
        json=body,
        headers={"Authorization": f"Bearer {_own_token.get()}"},
    )
