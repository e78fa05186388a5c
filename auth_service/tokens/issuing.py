"""Tokens are made here, with claims from the user's row as it is now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from uuid_utils.compat import uuid7

from chassis.tokens import AccessToken, ServiceToken, VerifiedToken

REFRESH_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a user's tokens speak for."""

    user_id: UUID
    username: str
    role: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a log-in or a refresh gives; `expires_in` is of the access token."""

    access: str
    refresh: str
    expires_in: int = round(AccessToken.lifetime.total_seconds())
    token_type: str = "Bearer"  # noqa: S105


class RefreshToken(VerifiedToken):
    """A token for this service alone, good for one refresh of its session."""

    token_type = "refresh"  # noqa: S105
    lifetime = REFRESH_LIFETIME
    session_id: UUID
    jti: UUID

    def verify(self) -> None:
        """This function will raise TokenError unless session and id are named."""
        super().verify()
        try:
            self.session_id = UUID(self.payload["sid"])
            self.jti = UUID(self.payload["jti"])
        except (KeyError, ValueError, AttributeError, TypeError) as error:
            raise TokenError("A claim is not what it should be.") from error


def issue_pair(
    subject: Subject,
    *,
    session_id: UUID,
    jti: UUID,
    ends_at: datetime,
    now: datetime,
) -> TokenPair:
    """Return the tokens of a session, the refresh token as `jti`, issued at `now`.

    No refresh token outlives the session's `ends_at`. The same arguments give the same
    refresh token again, while the same key signs.
    """
    access = AccessToken()
    access.payload |= {
        "sub": str(subject.user_id),
        "role": str(subject.role),
        "username": subject.username,
        "sid": str(session_id),
        "jti": str(uuid7()),
    }
    refresh = RefreshToken()
    refresh.payload |= {
        "sub": str(subject.user_id),
        "sid": str(session_id),
        "jti": str(jti),
    }
    refresh.set_iat(at_time=now)
    refresh.set_exp(from_time=now, lifetime=min(REFRESH_LIFETIME, ends_at - now))
    return TokenPair(access=str(access), refresh=str(refresh))


def issue_service_token(*, client_id: str, audience: str) -> dict[str, Any]:
    """This function will return a token by which `client_id` may call `audience`."""
    token = ServiceToken()
    token.payload |= {"sub": client_id, "aud": audience, "jti": str(uuid7())}
    return {
        "access": str(token),
        "token_type": "Bearer",
        "expires_in": round(ServiceToken.lifetime.total_seconds()),
    }


def issue_own_service_token(*, audience: str) -> str:
    """This function will return the token by which this service calls `audience`."""
    issued = issue_service_token(client_id=settings.SERVICE, audience=audience)
    return str(issued["access"])
