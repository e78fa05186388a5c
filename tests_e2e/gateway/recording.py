"""A service that answers as it is told and writes down what reached it."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: tuple[str, int]

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        values = self.values(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None


@dataclass
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"from": "service"}'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "RecordingService"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        refused = self.server.refuses(self.path)
        length = 0 if refused else int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        received = Received(
            self.command,
            self.path,
            self.headers.items(),
            body,
            self.client_address,
        )
        self.server.received.append(received)
        if refused:
            self.close_connection = True
            self.answer(self.server.refusal)
            # As gunicorn does: a reset would overtake the answer.
            while self.rfile.read1(65_536):
                pass
            return
        reply = self.server.reply(received)
        if reply is None:
            self.close_connection = True
            return
        self.answer(reply)

    def answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status != 204:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


class RecordingService(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), Handler)
        self.forget()

    @property
    def address(self) -> str:
        return f"{self.server_address[0]!s}:{self.server_address[1]}"

    @property
    def only(self) -> Received:
        assert len(self.received) == 1
        return self.received[0]

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # nginx gave up first
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def forget(self) -> None:
        self.received: list[Received] = []
        # None closes the connection without an answer.
        self.reply: Callable[[Received], Reply | None] = lambda _: Reply()
        # Which targets are refused before the body is read, and how.
        self.refuses: Callable[[str], bool] = lambda _: False
        self.refusal = Reply(401)

    def answer_with(
        self, status: int = 200, headers: dict[str, str] | None = None, **body: object
    ) -> None:
        reply = Reply(status, headers or {}, json.dumps(body).encode())
        self.reply = lambda _: reply


@contextmanager
def run_service(host: str = "127.0.0.1", port: int = 0) -> Iterator[RecordingService]:
    service = RecordingService(host, port)
    thread = threading.Thread(target=service.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        thread.join()
        service.server_close()
