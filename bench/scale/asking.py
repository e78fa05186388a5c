"""Requests one after the other over one connection, and how long each takes."""

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bench.results import RunFailed
from local.ports import LOOPBACK

if TYPE_CHECKING:
    from bench.scale.world import World

_PATIENCE_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked; `timed` where the time that it takes is of interest."""

    path: str
    token: str
    method: str = "GET"
    body: Any = None
    key: str | None = None
    expected: int = 200
    timed: bool = True


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many milliseconds."""

    content: bytes
    milliseconds: float

    def json(self) -> Any:
        """Return what it says."""
        return json.loads(self.content)


# A conversation with one system: what is asked next may depend on what was answered.
Talk = Generator[Request, Answer, None]


@dataclass(frozen=True, kw_only=True)
class Work:
    """Something that is asked for so many times, of systems of every size."""

    name: str
    operation: str
    talk: Callable[["World"], Talk]
    is_list: bool = False
    times: int = 150


class Asker:
    """A client of a gateway that keeps its connection."""

    def __init__(self, port: int) -> None:
        """Connect when something is asked."""
        self._connection = http.client.HTTPConnection(
            LOOPBACK, port, timeout=_PATIENCE_SECONDS
        )

    def ask(self, request: Request) -> Answer:
        """Return the answer; raises RunFailed for another status than expected."""
        body = None if request.body is None else json.dumps(request.body)
        headers = {"Authorization": f"Bearer {request.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if request.key is not None:
            headers["Idempotency-Key"] = request.key
        target = urlsplit(request.path)
        path = f"{target.path}?{target.query}" if target.query else target.path
        began = time.perf_counter()
        try:
            status, content = self._send(request.method, path, body, headers)
        except (ConnectionResetError, BrokenPipeError):
            # The gateway may close what was idle: nothing was answered, so nothing
            # was done, and the time begins anew.
            self._connection.close()
            began = time.perf_counter()
            status, content = self._send(request.method, path, body, headers)
        took = (time.perf_counter() - began) * 1000
        if status != request.expected:
            said = content[:300].decode(errors="replace")
            raise RunFailed(f"{request.method} {path}: {status} {said}")
        return Answer(content, took)

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(OSError):
            self._connection.close()

    def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        return response.status, response.read()
