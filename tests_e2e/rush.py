"""A rush of log-ins, and how long everybody else waits for auth_service meanwhile."""

import json
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, Self
from urllib.parse import urlsplit

from local.stack import Stack
from tests_e2e.people import Client

# The gateway would answer most of a rush from one address by itself.
WIDE_RATES = {
    f"{name}_{kind}": value
    for name in ("TOKEN", "REFRESH", "REGISTRATION")
    for kind, value in (("RATE", "10000r/s"), ("BURST", "10000"))
} | {"CONNECTIONS_PER_ADDRESS": "10000"}
_PAUSE_SECONDS = 0.02
_PATIENCE_SECONDS = 60
_CLIENT = {"client_id": "promo_service"}

Ask = Callable[[], None]


@dataclass
class Rush:
    """Log-ins that are sent all at once, and what became of each."""

    base_url: str
    body: Mapping[str, str]
    statuses: Counter[int] = field(default_factory=Counter)
    refused_within: list[float] = field(default_factory=list)
    retry_after: list[int] = field(default_factory=list)

    def run(self, size: int) -> None:
        """Open all connections, send all log-ins, and await all answers."""
        address = urlsplit(self.base_url)
        content = json.dumps(dict(self.body)).encode()
        head = (
            f"POST /api/v1/auth/token HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            "Connection: close\r\n\r\n"
        )
        place = (address.hostname or "", address.port or 80)
        with ExitStack() as stack:
            connections = [
                stack.enter_context(socket.create_connection(place, timeout=10))
                for _ in range(size)
            ]
            began = time.monotonic()
            for connection in connections:
                connection.sendall(head.encode() + content)
            self._await_answers(connections, began)

    def _await_answers(self, connections: list[socket.socket], began: float) -> None:
        answers = dict.fromkeys(connections, b"")
        with selectors.DefaultSelector() as waiting:
            for connection in connections:
                waiting.register(connection, selectors.EVENT_READ)
            while waiting.get_map() and time.monotonic() - began < _PATIENCE_SECONDS:
                for key, _ in waiting.select(1):
                    ready: Any = key.fileobj
                    piece = ready.recv(65536)
                    answers[ready] += piece
                    if not piece:
                        waiting.unregister(ready)
                        self._note(answers[ready], time.monotonic() - began)

    def _note(self, answer: bytes, seconds: float) -> None:
        status = int(answer.split(b" ", 2)[1])
        self.statuses[status] += 1
        if status == 503:
            self.refused_within.append(seconds)
            head = answer.partition(b"\r\n\r\n")[0].lower()
            self.retry_after.append(int(head.partition(b"retry-after: ")[2][:1]))


class Others:
    """Everybody else, each asking without end in a thread of their own."""

    def __init__(self, stack: Stack, user: Client) -> None:
        internal = stack.internal_url("auth_service")
        self._user = user
        self._public, self._internal = stack.base_url, internal
        self._connections: list[HTTPConnection] = []
        self._service = self._log_service_in(stack)
        self._over = threading.Event()
        self.seconds: dict[str, list[float]] = {}
        self.wrong: list[str] = []
        self._threads = [
            threading.Thread(target=self._go_on, args=(name, make), daemon=True)
            for name, make in {
                "refresh": self._refreshing,
                "key set": lambda: self._getting(internal, "/.well-known/jwks.json"),
                "look-up": self._looking_up,
                "health": lambda: self._getting(internal, "/healthz"),
            }.items()
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)
        for connection in self._connections:
            connection.close()

    def take_p99(self) -> dict[str, float]:
        """Return everybody's p99 since it was taken last."""
        taken, self.seconds = self.seconds, {}
        return {
            name: sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * 0.99))]
            for name, seconds in taken.items()
        }

    def _go_on(self, name: str, make: Callable[[], Ask]) -> None:
        ask = make()
        while not self._over.wait(_PAUSE_SECONDS):
            began = time.monotonic()
            try:
                ask()
            except (OSError, ValueError) as error:
                self.wrong.append(f"{name}: {error}")
            took = time.monotonic() - began
            self.seconds.setdefault(name, []).append(took)

    def _refreshing(self) -> Ask:
        connection = self._connect(self._public)

        def ask() -> None:
            answer = _send(
                connection,
                "POST",
                "/api/v1/auth/token/refresh",
                {"refresh": self._user.refresh},
            )
            self._user.refresh = answer["refresh"]

        return ask

    def _looking_up(self) -> Ask:
        connection = self._connect(self._internal)
        body = {"usernames": [self._user.username]}
        path = "/internal/v1/users/lookup"
        return lambda: _expect(_send(connection, "POST", path, body, self._service))

    def _getting(self, url: str, path: str) -> Ask:
        connection = self._connect(url)
        return lambda: _expect(_send(connection, "GET", path))

    def _log_service_in(self, stack: Stack) -> str:
        secret = stack.environment("promo_service")["SERVICE_CLIENT_SECRET"]
        body = {**_CLIENT, "client_secret": secret}
        path = "/internal/v1/service-token"
        answer = _send(self._connect(self._internal), "POST", path, body)
        return str(answer["access"])

    def _connect(self, url: str) -> HTTPConnection:
        self._connections.append(HTTPConnection(urlsplit(url).netloc, timeout=30))
        return self._connections[-1]


def _send(
    connection: HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    token: str = "",
) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise ValueError(f"{answer.status}: {text.decode()}")
    return dict(json.loads(text))


def _expect(answer: dict[str, Any]) -> None:
    if not answer:
        raise ValueError("The answer is empty.")
