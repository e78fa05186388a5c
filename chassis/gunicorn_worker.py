"""gunicorn's threads: what came in is answered before they end, always by a problem.

What is answered here never reached Django: a header with control characters in it,
which nginx passes on, and what failed outside of it. The log quotes no request.
"""

import contextlib
import re
import select
import selectors
import socket
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import uuid4

import orjson
from django.conf import settings
from gunicorn.http import wsgi
from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from chassis.headers import mark_repeated

_REQUEST_ID = re.compile(rb"(?im)^x-request-id:[ \t]*([A-Za-z0-9._-]{8,64})[ \t]*\r?$")
_HEALTH = b"GET /healthz "
_REFUSED = (400, "validation_error", "This is not a well-formed HTTP request.")
_FAILED = (500, "internal_error", "Something went wrong on our side.")
_TITLES = {400: "The request is not valid", 500: "Something went wrong on our side"}


class NamedRequest(Request):  # type: ignore[misc]
    """A request whose id is known even if it can't be read, and no header of two."""

    def parse_headers(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Read the headers, and tell of the request's id where that fails."""
        try:
            return mark_repeated(super().parse_headers(data, *args, **kwargs))
        except ParseException as error:
            found = _REQUEST_ID.search(bytes(data))
            error.request_id = found[1].decode() if found else None
            raise


RequestParser.mesg_class = NamedRequest


class OnePieceResponse(wsgi.Response):  # type: ignore[misc]
    """An answer whose head goes out with the first of its body.

    By themselves they are two packets: nginx wakes for each, and the thread that sends
    them lets go of the interpreter's lock (GIL) and waits for it once more.
    """

    headers_sent: bool
    _head = b""

    def send_headers(self) -> None:
        """This function will write the head, and keep it for what comes next."""
        if not self.headers_sent:
            lines = [
                *self.default_headers(),
                *(f"{n}: {v}\r\n" for n, v in self.headers),
            ]
            self._head = "".join([*lines, "\r\n"]).encode("latin-1")
            self.headers_sent = True

    def can_sendfile(self) -> bool:
        """This function will say no: a file would overtake the head that is kept."""
        return False

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            self._send_head()
            super()._emit_body(data)
        else:
            head, self._head = self._head, b""
            self.sock.sendall(head + data)

    def close(self) -> None:
        """This function will send what is left, if only the head."""
        self.send_headers()
        self._send_head()
        super().close()

    def _send_head(self) -> None:
        head, self._head = self._head, b""
        if head:
            self.sock.sendall(head)


wsgi.Response = OnePieceResponse


class _Pools(ThreadPoolExecutor):
    """The worker's threads, and one more that answers `/healthz` alone."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self._health = ThreadPoolExecutor(1)

    def submit(self, handle: Any, connection: Any) -> Any:  # type: ignore[override]
        """Hand a connection to the thread that is to read its request."""
        if _asks_for_health(connection):
            return self._health.submit(handle, connection)
        return super().submit(handle, connection)

    def shutdown(self, wait: bool = True, **options: Any) -> None:  # noqa: FBT001, FBT002  # as it is
        """Take nothing any more."""
        self._health.shutdown(wait, **options)
        super().shutdown(wait, **options)


class ServiceWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Leaves nobody waiting when it is told to stop, and answers with problem details.

    gthread lets the kernel go on taking connections while it waits for requests in
    flight, and then resets those that nobody has looked at; a gateway may not repeat a
    POST that met such a reset. Here they are taken, and the ports are closed at once,
    so that whoever comes next is refused and turns to another process. Where gunicorn
    would answer with a page of HTML, it is a problem.
    """

    def get_thread_pool(self) -> Executor:
        """Return the threads: those of `WEB_THREADS`, and one for `/healthz`."""
        return _Pools(self.cfg.threads)

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection on, from the internal port once it says what it wants.

        A database that hangs may hold all threads; whether the process is alive is
        answered all the same (docs/decisions/0007).
        """
        if self.alive and _is_silent(conn):
            self.await_request(conn)
        else:
            super().enqueue_req(conn)

    def await_request(self, conn: Any) -> None:
        """Look at a new connection again once it has sent something."""
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # gunicorn's
        """This function will, once the worker stops, empty its ports and close them."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                self._take_everybody(listener)
                listener.close()

    def _take_everybody(self, listener: Any) -> None:
        waiting = select.poll()
        waiting.register(listener, select.POLLIN)
        while waiting.poll(0):
            self.accept(listener)

    def handle_error(
        self, req: Any, client: Any, addr: Any, exc: BaseException
    ) -> None:
        """This function will answer and log, in place of gunicorn's own words.

        Those have the request line in them, and with it the query.
        """
        refused = isinstance(exc, ParseException)
        if refused:
            self.log.warning("request_not_readable %s", type(exc).__name__)
        else:
            self.log.error("request_not_handled", exc_info=exc)
        request_id = getattr(exc, "request_id", None) or _id_of(req) or uuid4().hex
        with contextlib.suppress(Exception):
            answer = _write(*(_REFUSED if refused else _FAILED), request_id)
            write_nonblock(client, answer)


def _is_silent(conn: Any) -> bool:
    """Tell of a new connection to the internal port that has sent nothing yet."""
    return (
        not conn.initialized and _is_internal(conn) and peek(conn, len(_HEALTH)) is None
    )


def _asks_for_health(conn: Any) -> bool:
    return _is_internal(conn) and peek(conn, len(_HEALTH)) == _HEALTH


def _is_internal(conn: Any) -> bool:
    return str(conn.server[1]) == settings.INTERNAL_PORT


def peek(conn: Any, most: int) -> bytes | None:
    """Return how a request begins, without taking it; None where nothing has come."""
    try:
        begun: bytes = conn.sock.recv(most, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""
    return begun


def _id_of(req: Any) -> str | None:
    headers: list[tuple[str, str]] = getattr(req, "headers", None) or []
    return next((value for name, value in headers if name == "X-REQUEST-ID"), None)


def _write(status: int, code: str, detail: str, request_id: str) -> bytes:
    problem = {
        "type": "/problems/" + code.replace("_", "-"),
        "title": _TITLES[status],
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
        **({"errors": []} if status == 400 else {}),
    }
    body = orjson.dumps(problem)
    head = (
        f"HTTP/1.1 {status} {'Bad Request' if status == 400 else 'Internal Error'}\r\n"
        "Connection: close\r\nContent-Type: application/problem+json\r\n"
        f"Cache-Control: no-store\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
