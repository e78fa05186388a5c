"""A client that does not give up: the same request again until there is an answer."""

import itertools
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
    access: str = ""
    renew_at: float = 0.0
    logging_in: threading.Lock = field(default_factory=threading.Lock)


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
        with person.logging_in:
            if time.monotonic() > person.renew_at:
                body = {"username": person.username, "password": person.password}
                answer = self.insist("POST", "/api/v1/auth/token", body)
                if answer.status_code != 200:
                    raise NeverAnswered(f"{person.username} can't log in")
                person.access = answer.json()["access"]
                person.renew_at = time.monotonic() + _TOKENS_LAST_SECONDS
            return person.access

    def read(self, path: str, actor: Person) -> Any:
        """Return what is there. Raises NeverAnswered."""
        return self.insist("GET", path, actor=actor).json()

    def _ask(self, operation: Operation, actor: Person) -> None:
        method, path, body = operation.method, operation.path, operation.body
        answer = self.insist(method, path, body, actor=actor, operation=operation)
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

    def insist(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        actor: Person | None = None,
        operation: Operation | None = None,
    ) -> requests.Response:
        """Send the request until somebody answers it. Raises NeverAnswered."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for attempt in itertools.count():
            headers = {}
            if actor is not None:
                headers["Authorization"] = f"Bearer {self.log_in(actor)}"
            if operation is not None:
                operation.attempts += 1
                headers["Idempotency-Key"] = operation.key
                headers["X-Request-ID"] = f"{operation.key}-{operation.attempts}"
            answer = self._attempt(method, path, body, headers)
            if answer is not None and not _asks_for_another_try(answer):
                return answer
            if time.monotonic() > deadline:
                break
            time.sleep(self._pause(attempt, answer))
        raise NeverAnswered(f"{method} {path}")

    def _attempt(
        self, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> requests.Response | None:
        try:
            answer = self._session.request(
                method,
                self.base_url + path,
                json=body,
                headers=headers,
                timeout=_SECONDS_AN_ATTEMPT,
            )
        except requests.RequestException:
            return None
        if answer.status_code == 500:  # whatever has died, that is no 500
            self.journal.complain(f"{method} {path} was answered {answer.text}")
        return answer

    def _pause(self, attempt: int, answer: requests.Response | None) -> float:
        """Return how long to wait: longer each time, and as long as was asked for."""
        if answer is not None and answer.status_code == 429:
            return float(answer.headers.get("Retry-After", 1))
        full = min(_LONGEST_PAUSE_SECONDS, 0.05 * 2 ** min(attempt, 10))
        pause: float = full * self.random.uniform(0.5, 1)
        return pause


def _asks_for_another_try(answer: requests.Response) -> bool:
    return answer.status_code == 429 or answer.status_code >= 500
