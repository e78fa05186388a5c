"""gunicorn's threads: what came in is answered before they end, always by a problem.

What is answered here never reached Django: a header with control characters in it,
which nginx passes on, and what failed outside of it. The log quotes no request.
"""

import contextlib
import re
import select
from typing import Any
from uuid import uuid4

import orjson
from gunicorn.http import wsgi
from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

_REQUEST_ID = re.compile(rb"(?im)^x-request-id:[ \t]*([A-Za-z0-9._-]{8,64})[ \t]*\r?$")
_REFUSED = (400, "validation_error", "This is not a well-formed HTTP request.")
_FAILED = (500, "internal_error", "Something went wrong on our side.")
_TITLES = {400: "The request is not valid", 500: "Something went wrong on our side"}


class NamedRequest(Request):  # type: ignore[misc]
    """A request whose id is known even if it can't be read."""

    def parse_headers(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """This function will read the headers, and tell of the id where it can't."""
        try:
            return super().parse_headers(data, *args, **kwargs)
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


class ServiceWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Leaves nobody waiting when it is told to stop, and answers with problem details.

    gthread lets the kernel go on taking connections while it waits for requests in
    flight, and then resets those that nobody has looked at; a gateway may not repeat a
    POST that met such a reset. Here they are taken, and the ports are closed at once,
    so that whoever comes next is refused and turns to another process. Where gunicorn
    would answer with a page of HTML, it is a problem.
    """

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
