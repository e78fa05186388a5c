"""Steady load through the gateway: what was answered, and what was not."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import uuid4

import requests

from tests_e2e.people import Client, grant, register

_PAUSE_SECONDS = 0.02
_TOKEN_SECONDS = 120  # of the 300 that it lives


@dataclass
class Load:
    """A context manager: users who read and use their points until it ends.

    Nothing is retried: whatever is not answered as it should be counts as failed.
    """

    base_url: str
    administrator: Client
    users: int = 6
    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._threads = []
        for _ in range(self.users):
            user = register(self.base_url)
            path = grant(self.administrator, user, 1_000_000)
            self._threads.append(
                threading.Thread(target=self._go_on, args=(user, path))
            )
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, user: Client, path: str) -> None:
        logged_in_at = time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() - logged_in_at > _TOKEN_SECONDS:
                self._try(user, 200, "POST", "/api/v1/auth/token", _credentials(user))
                user.access = ""
                user.log_in()
                logged_in_at = time.monotonic()
            self._try(user, 201, "POST", f"{path}/use", {"points": 1})
            self._try(user, 200, "GET", f"{path}/points")
            self._try(user, 200, "GET", "/api/v1/users/me")
            self._stop.wait(_PAUSE_SECONDS)

    def _try(
        self, user: Client, status: int, method: str, path: str, body: object = None
    ) -> None:
        request_id = uuid4().hex
        what = f"{method} {path.rpartition('/')[2]}"
        try:
            answer = user(method, path, body, X_Request_ID=request_id)
        except requests.RequestException as error:
            self.failed.append(f"{what} {request_id}: {type(error).__name__}")
            return
        self.answered[what] += 1
        if answer.status_code != status:
            text = answer.text[:200]
            self.failed.append(f"{what} {request_id}: {answer.status_code} {text}")


def _credentials(user: Client) -> dict[str, str]:
    return {"username": user.username, "password": user.password}
