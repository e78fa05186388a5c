"""What signs and checks tokens here: the key folder behind simplejwt's backend."""

from functools import cache
from typing import Any

import jwt
from django.conf import settings

from auth_service.tokens.key_folder import KeyFolder
from chassis.problems import Unavailable
from chassis.tokens import RotatingKeysBackend


class SigningBackend(RotatingKeysBackend):
    """Signs with the newest key, named in the header: simplejwt writes no `kid`."""

    def __init__(self, keys: KeyFolder, *, audience: str) -> None:
        super().__init__(keys, audience=audience)
        self.folder = keys

    def encode(self, payload: dict[str, Any]) -> str:
        """This function will return the signed token; an `aud` in it is kept.

        Raises Unavailable while there is no key to sign with.
        """
        key = self.folder.signing_key()
        if key is None:
            raise Unavailable("Tokens can't be signed just now.")
        claims = {"iss": self.issuer, "aud": self.audience, **payload}
        return jwt.encode(
            claims, key.private, algorithm=self.algorithm, headers={"kid": key.kid}
        )


def key_folder() -> KeyFolder:
    """This function will return the one KeyFolder of the process."""
    return _folder(settings.SIGNING_KEYS_DIR)


def backend_for(token_type: str) -> SigningBackend:
    """This function will return what signs and checks tokens of that type.

    Access tokens are for the whole system; what is for this service alone says so.
    """
    audience = settings.TOKEN_AUDIENCE if token_type == "access" else settings.SERVICE  # noqa: S105
    return _backend(settings.SIGNING_KEYS_DIR, audience)


def can_sign() -> bool:
    """This function will say whether there is a key to sign with."""
    return key_folder().signing_key() is not None


@cache
def _folder(path: str) -> KeyFolder:
    return KeyFolder(path)


@cache
def _backend(path: str, audience: str) -> SigningBackend:
    return SigningBackend(_folder(path), audience=audience)
