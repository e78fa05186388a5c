"""The directory client: who a user is, asked of auth_service once."""

import re
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
# The contract's lifetime of a service's token.
LONGEST_TOKEN_SECONDS = 300
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,8192}")
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
    """This service's own token, renewed a minute before it expires.

    No lock: whoever finds none asks for one, and the last answer is kept.
    """

    def __init__(self) -> None:
        self._kept = ("", 0.0)

    def get(self) -> str:
        token, renew_at = self._kept
        if time.monotonic() >= renew_at:
            token, seconds = _read_token(_ask_for_token())
            self._kept = token, time.monotonic() + seconds - RENEW_SECONDS_BEFORE
        return token

    def forget(self) -> None:
        self._kept = ("", 0.0)


def _ask_for_token() -> dict[str, Any]:
    return ask(
        "POST",
        "/internal/v1/service-token",
        json={
            "client_id": settings.SERVICE_CLIENT_ID,
            "client_secret": settings.SERVICE_CLIENT_SECRET,
        },
    )


def _read_token(answer: dict[str, Any]) -> tuple[str, int]:
    """Return a token and the seconds that it lasts. Raises ValueError and others."""
    token = _text(answer["access"])
    seconds = _typed(int, answer["expires_in"])
    if not _TOKEN.fullmatch(token) or not 0 < seconds <= LONGEST_TOKEN_SECONDS:
        raise ValueError("This is no token of a service.")
    return token, seconds


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
        found = _read_users(answer, body)
    except (AuthServiceDown, AuthServiceRefused, *NOT_A_USER) as error:
        USER_LOOKUPS.labels("unavailable").inc()
        raise UserDirectoryUnavailable from error
    USER_LOOKUPS.labels("found").inc(len(found))
    USER_LOOKUPS.labels("unknown").inc(len(ids) + len(usernames) - len(found))
    return found


def _read_users(answer: dict[str, Any], asked: dict[str, Any]) -> list[UserState]:
    """Return the users of an answer, all of whom were asked for. Raises NOT_A_USER."""
    users = [UserState.read(told) for told in _typed(list, answer["users"])]
    names = {name.lower() for name in asked["usernames"]}
    for user in users:
        if str(user.user_id) not in asked["ids"] and user.username.lower() not in names:
            raise ValueError("Nobody asked for this user.")
    return users


def _ask_for_users(body: dict[str, Any]) -> dict[str, Any]:
    return ask(
        "POST",
        "/internal/v1/users/lookup",
        json=body,
        headers={"Authorization": f"Bearer {_own_token.get()}"},
    )
