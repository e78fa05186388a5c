"""Passwords are hashed a bounded number at a time: each takes 19 MiB and a core.

Few requests of a worker may wait for their turn, and for so much work at most; what
comes when the queue is full is refused at once, before anything is looked up. (Such
requests have threads of their own: auth_service.config.worker.)
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password

from auth_service.accounts.metrics import PASSWORDS_WAITING
from chassis.problems import Unavailable

# Of work that all workers of a container together let wait.
QUEUED_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 4
_HASH_TAKES_AT_FIRST = 0.05
_WEIGHT_OF_THE_LATEST = 0.2


class TooManyPasswords(Unavailable):
    """The queue is full; `wait` differs, so that those refused come back apart."""

    def __init__(self) -> None:
        super().__init__("Too many passwords are being checked just now.")
        self.wait = 1 + secrets.randbelow(LONGEST_RETRY_SECONDS)


class PasswordQueue:
    """The turns of one worker: `at_once` hash, up to `places` hash or wait.

    `seconds` is the most work that may wait, by what hashing has taken lately.
    """

    def __init__(self, *, at_once: int, places: int, seconds: float) -> None:
        self._changed = threading.Condition()
        self._at_once = at_once
        self._hashing = 0
        self._waiting = 0
        self._most_waiting = max(0, places - at_once)
        self._seconds = seconds
        self._hash_takes = _HASH_TAKES_AT_FIRST

    def refuse_if_full(self) -> None:
        """Raise TooManyPasswords where a password would not even wait."""
        with self._changed:
            self._refuse_if_full()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn to hash, and hold it. Raises TooManyPasswords."""
        self._take_turn()
        began = perf_counter()
        try:
            yield
        finally:
            self._end_turn(perf_counter() - began)

    def _take_turn(self) -> None:
        with self._changed:
            self._refuse_if_full()
            if not self._is_free():
                self._wait()
            self._hashing += 1

    def _wait(self) -> None:
        self._waiting += 1
        try:
            with PASSWORDS_WAITING.track_inprogress():
                if not self._changed.wait_for(self._is_free, self._seconds):
                    raise TooManyPasswords
        finally:
            self._waiting -= 1

    def _end_turn(self, seconds: float) -> None:
        with self._changed:
            self._hashing -= 1
            self._hash_takes += _WEIGHT_OF_THE_LATEST * (seconds - self._hash_takes)
            self._changed.notify()

    def _is_free(self) -> bool:
        return self._hashing < self._at_once

    def _refuse_if_full(self) -> None:
        if self._is_free():
            return
        work = (self._waiting + 1) * self._hash_takes / self._at_once
        if self._waiting >= self._most_waiting or work > self._seconds:
            raise TooManyPasswords


# Workers can't see each other's queues, so each may fill its share alone: that holds
# however many of them die.
_queue = PasswordQueue(
    at_once=min(settings.PASSWORD_HASHES_AT_ONCE, settings.PASSWORD_PLACES),
    places=settings.PASSWORD_PLACES,
    seconds=QUEUED_SECONDS / settings.WEB_WORKERS,
)


def refuse_if_full() -> None:
    """Raise TooManyPasswords where a password would not even wait: look nothing up."""
    _queue.refuse_if_full()


def hash_password(password: str) -> str:
    """Return the encoded Argon2id hash of the password. Raises TooManyPasswords."""
    with _queue.turn():
        return make_password(password)


def matches(password: str, encoded: str | None) -> bool:
    """Tell whether `encoded` is a hash of the password.

    Without one to compare with it takes as long, and says no. Raises TooManyPasswords.
    """
    with _queue.turn():
        if encoded is None:
            make_password(password)
            return False
        return check_password(password, encoded)
