"""Passwords are hashed a bounded number at a time: each takes 19 MiB and a core."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password

from auth_service.accounts.metrics import PASSWORDS_WAITING
from chassis.problems import Unavailable

WAIT_SECONDS = 5

_slots = threading.BoundedSemaphore(settings.PASSWORD_HASHES_AT_ONCE)


def hash_password(password: str) -> str:
    """This function will return the encoded Argon2id hash of the password.

    Raises Unavailable where too many wait already.
    """
    with _slot():
        return make_password(password)


def matches(password: str, encoded: str | None) -> bool:
    """This function will say whether `encoded` is a hash of the password.

    Without one to compare with it takes as long, and says no. Raises Unavailable
    where too many wait already.
    """
    with _slot():
        if encoded is None:
            make_password(password)
            return False
        return check_password(password, encoded)


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(blocking=False):
        with PASSWORDS_WAITING.track_inprogress():
            if not _slots.acquire(timeout=WAIT_SECONDS):
                raise Unavailable("Too many passwords are being checked just now.")
    try:
        yield
    finally:
        _slots.release()
