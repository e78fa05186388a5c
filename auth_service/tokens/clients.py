"""Which service is asking: its secret is 256 random bits, kept here as SHA-256."""

import hashlib
import hmac
import secrets
from typing import ClassVar

from django.conf import settings

from auth_service.config.service_clients import MOST_SECRETS
from chassis.problems import Problem

# Compared with where a client is unknown or has one secret; nobody knows its origin.
_NOBODYS = secrets.token_bytes(32)


class InvalidCredentials(Problem):
    """The name, the secret, or both are wrong; it never says which."""

    status_code = 401
    code: ClassVar[str] = "invalid_credentials"
    title: ClassVar[str] = "The name or the password is wrong"


def authenticate_client(*, client_id: str, client_secret: str) -> None:
    """This function will return if the secret is one of the client's.

    It takes the same path whether the client exists. Raises InvalidCredentials.
    """
    given = hashlib.sha256(client_secret.encode()).digest()
    known = settings.SERVICE_CLIENTS.get(client_id, ())
    padded = (*known, *[_NOBODYS] * MOST_SECRETS)[:MOST_SECRETS]
    matches = [hmac.compare_digest(given, expected) for expected in padded]
    if not any(matches):
        raise InvalidCredentials
