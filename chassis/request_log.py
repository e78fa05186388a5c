"""One event a request, by django-structlog: no query string, no header, no body."""

from typing import TYPE_CHECKING, Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog import signals
from django_structlog.middlewares import RequestMiddleware

from chassis.routes import route_of

if TYPE_CHECKING:
    from chassis.work import Work


class RequestLog(RequestMiddleware):
    """Logs `request_finished`, or `request_failed` where no view caught the failure."""

    def prepare(self, request: HttpRequest) -> None:
        """This function will bind the request's id, and leave it at one event."""
        structlog.contextvars.bind_contextvars(request_id=request.id)  # type: ignore[attr-defined]


@receiver(signals.bind_extra_request_finished_metadata)
@receiver(signals.bind_extra_request_failed_metadata)
def describe(request: HttpRequest, log_kwargs: dict[str, Any], **_: Any) -> None:
    """This function will add to the event what else is to be known of the request."""
    work: Work = request.work  # type: ignore[attr-defined]
    log_kwargs.update(
        method=request.method,
        route=route_of(request),
        status=log_kwargs.pop("code"),
        milliseconds=round(1000 * work.seconds, 1),
        database_milliseconds=round(1000 * work.database_seconds, 1),
        statements=work.statements,
    )
    del log_kwargs["request"]
    failure = getattr(request, "failure", None)
    if failure is not None:
        log_kwargs["exc_info"] = failure
