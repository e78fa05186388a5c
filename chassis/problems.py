"""Errors as RFC 9457 problem details, for DRF views and for Django itself."""

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response

from chassis.database_errors import is_passing, leave_useless_connections
from chassis.faults import name_faults
from chassis.metrics import REFUSALS

MEDIA_TYPE = "application/problem+json"


class Problem(drf.APIException):
    """A refusal that has a code of the contract; subclasses name one each."""

    status_code: int = 400
    code: ClassVar[str]
    title: ClassVar[str]
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        super().__init__(detail or self.title)
        self.members = members


class MalformedJson(Problem):
    code, title = "malformed_json", "The body is not the JSON that this API reads"


class ValidationFailed(Problem):
    code, title = "validation_error", "The request is not valid"

    def __init__(
        self, detail: str | None = None, *, errors: Any = (), more_errors: int = 0
    ) -> None:
        more = {"more_errors": more_errors} if more_errors else {}
        super().__init__(detail, errors=list(errors), **more)


class InvalidCursor(Problem):
    code, title = "invalid_cursor", "The cursor does not belong to this list"


class NotAuthenticated(Problem):
    status_code = 401
    code, title = "not_authenticated", "An access token is needed"


class InvalidToken(Problem):
    status_code = 401
    code, title = "invalid_token", "The token is not valid"


class TokenExpired(Problem):
    status_code = 401
    code, title = "token_expired", "The token has expired"


class PermissionDenied(Problem):
    status_code = 403
    code, title = "permission_denied", "Your role does not allow this"


class NotFound(Problem):
    status_code = 404
    code, title = "not_found", "There is nothing here"


class MethodNotAllowed(Problem):
    status_code = 405
    code, title = "method_not_allowed", "This method is not allowed here"


class NotAcceptable(Problem):
    status_code = 406
    code, title = "not_acceptable", "Answers are JSON only"


class PayloadTooLarge(Problem):
    status_code = 413
    code, title = "payload_too_large", "The body is too large"


class UnsupportedMediaType(Problem):
    status_code = 415
    code, title = "unsupported_media_type", "The body must be application/json"


class Throttled(Problem):
    status_code = 429
    code, title = "throttled", "Too many requests"


class InternalError(Problem):
    status_code = 500
    code, title = "internal_error", "Something went wrong on our side"


class Unavailable(Problem):
    status_code = 503
    code, title = "unavailable", "The service can't answer just now"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}


_FROM_LIBRARIES: tuple[tuple[tuple[type[Exception], ...], type[Problem]], ...] = (
    ((drf.NotAuthenticated,), NotAuthenticated),
    ((drf.AuthenticationFailed,), InvalidToken),
    ((drf.PermissionDenied, DjangoPermissionDenied), PermissionDenied),
    ((drf.NotFound, Http404), NotFound),
    ((drf.MethodNotAllowed,), MethodNotAllowed),
    ((drf.NotAcceptable,), NotAcceptable),
    ((drf.UnsupportedMediaType,), UnsupportedMediaType),
    ((drf.Throttled,), Throttled),
    ((drf.ParseError,), MalformedJson),
    ((SuspiciousOperation,), ValidationFailed),
)


def handle_exception(exception: Exception, context: Mapping[str, Any]) -> Response:
    """This function will turn any exception of a view into a problem response.

    It is DRF's EXCEPTION_HANDLER. What nobody foresaw is answered as `internal_error`,
    which tells the client nothing of the inside; the request's log event has its
    traceback.
    """
    request: Any = context["request"]
    problem = _as_problem(exception)
    if problem.status_code >= 500:
        request._request.failure = exception  # noqa: SLF001
        leave_useless_connections(exception)
    response = Response(
        _members(problem, request),
        status=problem.status_code,
        headers=_headers(problem, exception),
    )
    response.content_type = MEDIA_TYPE
    return response


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """This function will answer with `problem` where no DRF view is running."""
    return HttpResponse(
        orjson.dumps(_members(problem, request)),
        status=problem.status_code,
        content_type=MEDIA_TYPE,
        headers=_headers(problem),
    )


def handle_400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """This function will answer what Django finds suspicious, such as a wrong Host."""
    return problem_response(request, _as_problem(exception))


def handle_404(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """This function will answer a path that no URL pattern knows."""
    return problem_response(request, NotFound())


def handle_500(request: HttpRequest) -> HttpResponse:
    """This function will answer what failed outside any view."""
    return problem_response(request, InternalError())


def _as_problem(exception: Exception) -> Problem:
    if isinstance(exception, Problem):
        return exception
    if isinstance(exception, DisallowedHost):
        return ValidationFailed("The Host header names no host of this system.")
    if isinstance(exception, drf.ValidationError):
        errors, more = name_faults(exception)
        return ValidationFailed(errors=errors, more_errors=more)
    for types, problem in _FROM_LIBRARIES:
        if isinstance(exception, types):
            return problem()
    return Unavailable() if is_passing(exception) else InternalError()


def _members(problem: Problem, request: HttpRequest) -> dict[str, Any]:
    REFUSALS.labels(problem.code).inc()
    return {
        "type": "/problems/" + problem.code.replace("_", "-"),
        "title": problem.title,
        "status": problem.status_code,
        "code": problem.code,
        "detail": str(problem.detail),
        "instance": request.path,
        "request_id": getattr(request, "id", None),
        **problem.members,
    }


def _headers(problem: Problem, exception: Exception | None = None) -> dict[str, str]:
    headers = {"Cache-Control": "no-store", **problem.headers}
    if problem.status_code == 401:
        headers["WWW-Authenticate"] = "Bearer"
    wait = getattr(exception, "wait", None)  # of DRF's Throttled
    if wait is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    return headers
