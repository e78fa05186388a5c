"""A client that does not give up: the same request again until there is an answer."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests

from tests_e2e.faults.journal import Journal, Operation

_SECONDS_AN_ATTEMPT = 10
_PATIENCE_SECONDS = 180
_LONGEST_PAUSE_SECONDS = 1.0
_TOKENS_LAST_SECONDS = 240


class NeverAnswered(Exception):
    """Nobody could say whether it happened, for all the patience there was."""


@dataclass
class Person:
    """Somebody who can log in; their token is renewed before it expires."""

    username: str
    password: str
    id: str = ""
    _access: str = ""
    _renew_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class PersistentClient:
    """One thread's client, which asks on behalf of anybody."""

    base_url: str
    journal: Journal
    random: random.Random
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        """Let no proxy of the machine stand in between."""
        self._session.trust_env = False

    def settle(self, operation: Operation, actor: Person) -> Operation:
        """Ask until it is acknowledged or refused, under one and the same key.

        Raises NeverAnswered.
        """
        self.journal.intend(operation)
        self._ask(operation, actor)
        if operation.acknowledged and self.random.random() < 0.05:
            self._ask_once_more(operation, actor)
        return operation

    def log_in(self, person: Person) -> str:
        """Return a token that is good for a while. Raises NeverAnswered."""
        with person._lock:  # noqa: SLF001 - one log-in at a time
            if time.monotonic() > person._renew_at:  # noqa: SLF001
                body = {"username": person.username, "password": person.password}
                answer = self._insist("POST", "/api/v1/auth/token", body, {})
                if answer.status_code != 200:
                    raise NeverAnswered(f"{person.username} can't log in")
                person._access = answer.json()["access"]  # noqa: SLF001
                person._renew_at = time.monotonic() + _TOKENS_LAST_SECONDS  # noqa: SLF001
            return person._access  # noqa: SLF001

    def _ask(self, operation: Operation, actor: Person) -> None:
        headers = {"Idempotency-Key": operation.key}
        answer = self._insist(
            operation.method,
            operation.path,
            operation.body,
            headers,
            actor=actor,
            operation=operation,
        )
        operation.answer = answer.json() if answer.content else None
        operation.replayed = answer.headers.get("Idempotent-Replayed") == "true"
        operation.status = answer.status_code
        if operation.status in (401, 403, 422):
            self.journal.complain(f"{operation} was answered {operation.status}")

    def _ask_once_more(self, operation: Operation, actor: Person) -> None:
        """Ask again for what has happened: a client may have lost the answer."""
        if not operation.path.startswith(("/api/v1/promos", "/api/v1/redemptions")):
            return
        again = Operation(**{**vars(operation), "attempts": 0, "status": 0})
        self._ask(again, actor)
        same = (again.status, again.answer) == (operation.status, operation.answer)
        if not same or not again.replayed:
            self.journal.complain(f"{operation} was answered otherwise: {again}")
        operation.replayed = True

    def _insist(
        self,
        method: str,
        path: str,
        body: Any,
        headers: dict[str, str],
        *,
        actor: Person | None = None,
        operation: Operation | None = None,
    ) -> requests.Response:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for attempt in range(1_000_000):
            sent = dict(headers)
            if actor is not None:
                sent["Authorization"] = f"Bearer {self.log_in(actor)}"
            if operation is not None:
                operation.attempts += 1
                sent["X-Request-ID"] = f"{operation.key}-{operation.attempts}"
            answer = self._attempt(method, path, body, sent)
            if answer is not None and answer.status_code < 429:
                return answer
            if time.monotonic() > deadline:
                break
            time.sleep(self._pause(attempt, answer))
        raise NeverAnswered(f"{method} {path}")

    def _attempt(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> requests.Response | None:
        try:
            return self._session.request(
                method,
                self.base_url + path,
                json=body,
                headers=headers,
                timeout=_SECONDS_AN_ATTEMPT,
            )
        except requests.RequestException:
            return None

    def _pause(self, attempt: int, answer: requests.Response | None) -> float:
        """Return how long to wait: longer each time, and as long as was asked for."""
        if answer is not None and answer.status_code == 429:
            return float(answer.headers.get("Retry-After", 1))
        full = min(_LONGEST_PAUSE_SECONDS, 0.05 * 2 ** min(attempt, 10))
        pause: float = full * self.random.uniform(0.5, 1)
        return pause
