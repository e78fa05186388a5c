"""One event a request (django-structlog): no query string, no header, no body.

The library's event of a failure outside any view is kept; that of an answer is written
here, since its own way there, by two signals, takes a tenth of a request's time.
"""

from typing import TYPE_CHECKING, Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django_structlog import signals
from django_structlog.middlewares import RequestMiddleware
from structlog.contextvars import bind_contextvars, clear_contextvars

from chassis.routes import route_of

if TYPE_CHECKING:
    from chassis.work import Work

logger = structlog.get_logger(__name__)


class RequestLog(RequestMiddleware):
    """Logs `request_finished`, or `request_failed` where no view caught the failure."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """This function will log what became of the request, under its id."""
        bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]
        try:
            response: HttpResponse = self.get_response(request)  # type: ignore[assignment]
            # Where the library has seen an exception, its event is written by now.
            if not hasattr(request, "_raised_exception"):
                failed = response.status_code >= 500
                log = logger.error if failed else logger.info
                log("request_finished", **_describe(request, response.status_code))
        finally:
            clear_contextvars()
        return response


@receiver(signals.bind_extra_request_failed_metadata)
def describe_failure(
    request: HttpRequest, log_kwargs: dict[str, Any], **_: Any
) -> None:
    """This function will say the same of a failure as of an answer."""
    status = log_kwargs.pop("code")
    del log_kwargs["request"]
    log_kwargs.update(_describe(request, status))


def _describe(request: HttpRequest, status: int) -> dict[str, Any]:
    work: Work = request.work  # type: ignore[attr-defined]
    said = {
        "method": request.method,
        "route": route_of(request),
        "status": status,
        "milliseconds": round(1000 * work.seconds, 1),
        "database_milliseconds": round(1000 * work.database_seconds, 1),
        "statements": work.statements,
    }
    user, failure = getattr(request, "user", None), getattr(request, "failure", None)
    if user is not None:
        said["user_id"] = str(user.id) if hasattr(user, "id") else None
    if failure is not None:
        said["exc_info"] = failure
    return said
