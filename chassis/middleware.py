"""What happens around every request: its id, its port, and its one log line."""

import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

logger = structlog.get_logger("request")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

Handler = Callable[[HttpRequest], HttpResponse]


def request_id(get_response: Handler) -> Handler:
    """This function will give each request an id and say it in the answer.

    It is the client's own `X-Request-ID` where that is 8 to 64 of [A-Za-z0-9._-].
    """

    def handle(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]
        response = get_response(request)
        response.headers["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response

    return handle


def request_log(get_response: Handler) -> Handler:
    """This function will log one event a request: no query string, no header."""

    def handle(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        caller = getattr(request, "user", None)
        logger.info(
            "request",
            method=request.method,
            route=match.route if match else None,
            status=response.status_code,
            user_id=str(getattr(caller, "id", "")) or None,
            milliseconds=round(1000 * (time.perf_counter() - started), 1),
        )
        return response

    return handle


def internal_port(get_response: Handler) -> Handler:
    """This function will show the internal URLs on the internal port alone."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.META["SERVER_PORT"] == settings.INTERNAL_PORT:
            request.urlconf = settings.INTERNAL_URLCONF
        return get_response(request)

    return handle
