"""A circuit breaker that holds no lock while the call is under way.

(pybreaker holds one, so that all callers wait for the slowest.)
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from promo_service.holders.metrics import CIRCUIT_OPEN


class CircuitOpen(Exception):
    """Too many calls failed in a row; nobody is asked for a while."""


class Circuit:
    """Opens after `failures` in a row, and lets one call try each `seconds` after."""

    def __init__(self, *, failures: int, seconds: float) -> None:
        self._lock = threading.Lock()
        self._most = failures
        self._seconds = seconds
        self._failures = 0
        self._next_trial = 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, but for one now and then."""
        return self._failures >= self._most

    @contextmanager
    def call(self) -> Iterator[None]:
        """Let one call through, and learn from it. Raises CircuitOpen."""
        self._enter()
        try:
            yield
        except BaseException:
            self._count_failure()
            raise
        self.close()

    def close(self) -> None:
        """Begin to count at nothing: an answer has come."""
        with self._lock:
            self._failures = 0
            CIRCUIT_OPEN.set(0)

    def _enter(self) -> None:
        with self._lock:
            if self.is_open and time.monotonic() < self._next_trial:
                raise CircuitOpen
            # Where it is open, the next one may try when this trial had its time.
            self._next_trial = time.monotonic() + self._seconds

    def _count_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self.is_open:
                self._next_trial = time.monotonic() + self._seconds
                CIRCUIT_OPEN.set(1)
