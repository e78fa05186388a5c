"""What happens around every request: its id, its port, and what it is counted as."""

import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chassis import metrics
from chassis.routes import route_of
from chassis.work import Work

_ID = re.compile(r"(?i)(?<=/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=/|$)")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# What Kubernetes and Prometheus ask is no traffic.
_OF_OPERATORS = frozenset({"healthz", "readyz", "metrics"})

Handler = Callable[[HttpRequest], HttpResponse]


def request_id(get_response: Handler) -> Handler:
    """This function will give each request an id and say it in the answer.

    It is the client's own `X-Request-ID` where that is 8 to 64 of [A-Za-z0-9._-].
    """

    def handle(request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request.id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex  # type: ignore[attr-defined]
        response = get_response(request)
        response.headers["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response

    return handle


def lower_case_ids(get_response: Handler) -> Handler:
    """Write the ids of a path in lower case: an id is the same one in either.

    So it leads to the same place, and is the same request for an idempotency key.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        if request.path != request.path.lower():
            request.path = _ID.sub(lambda found: found[0].lower(), request.path)
            request.path_info = _ID.sub(
                lambda found: found[0].lower(), request.path_info
            )
        return get_response(request)

    return handle


def count_requests(get_response: Handler) -> Handler:
    """This function will count each request with its time, and its database's."""

    def handle(request: HttpRequest) -> HttpResponse:
        work = request.work = Work()  # type: ignore[attr-defined]
        metrics.IN_FLIGHT.inc()
        try:
            response = get_response(request)
        finally:
            metrics.IN_FLIGHT.dec()
        route = route_of(request) or "none"
        if route not in _OF_OPERATORS:
            method = str(request.method)
            metrics.count_request(method, route, response.status_code, work)
        return response

    return handle


def internal_port(get_response: Handler) -> Handler:
    """This function will show the internal URLs on the internal port alone."""

    def handle(request: HttpRequest) -> HttpResponse:
        if request.META["SERVER_PORT"] == settings.INTERNAL_PORT:
            request.urlconf = settings.INTERNAL_URLCONF
        return get_response(request)

    return handle


def content_length(get_response: Handler) -> Handler:
    """This function will say in each answer how long it is, if it has a body.

    Without that gunicorn would send chunks: a head, a body and an end, each by itself.
    """

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.streaming and response.status_code != HTTPStatus.NO_CONTENT:
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return handle
