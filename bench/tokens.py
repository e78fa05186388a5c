"""Access tokens as auth_service makes them, signed with its own key."""

import time
from collections.abc import Mapping
from uuid import UUID

import jwt
from uuid_utils.compat import uuid7

from auth_service.tokens.key_folder import KeyFolder
from local.console import Refusal

LIFETIME_SECONDS = 300


class TokenSigner:
    """Signs for users that auth_service does not know: they are in one database."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Find the key; `environment` is auth_service's own."""
        key = KeyFolder(environment["SIGNING_KEYS_DIR"]).signing_key()
        if key is None:
            raise Refusal("auth_service has no key to sign with.")
        self._key = key
        self._issuer = environment["TOKEN_ISSUER"]
        self._audience = environment["TOKEN_AUDIENCE"]

    def sign(
        self,
        user_id: UUID,
        username: str,
        *,
        role: str = "normal",
        session_id: UUID | None = None,
    ) -> str:
        """Return an access token of a user, good for five minutes.

        auth_service takes it only if the user has that session.
        """
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "token_type": "access",
            "sub": str(user_id),
            "role": role,
            "username": username,
            "sid": str(session_id or uuid7()),
            "jti": str(uuid7()),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        }
        return jwt.encode(
            claims, self._key.private, algorithm="RS256", headers={"kid": self._key.kid}
        )
