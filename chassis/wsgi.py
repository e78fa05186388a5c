"""What stands between gunicorn and Django: it sees a request before either reads it."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Bodies of it are `unsupported_media_type`, like those of any other type.
_UNREADABLE = "application/octet-stream"


def with_readable_media_type(application: Application) -> Application:
    """This function will keep a Content-Type from Django that it can't read.

    Django reads it before any middleware, and fails at parameters as RFC 2231 writes
    them (`charset*=nonsense''%41`); gunicorn would answer a 500 of its own.
    """

    def handle(
        environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        media_type = environ.get("CONTENT_TYPE", "")
        if "*" in media_type:
            try:
                parse_header_parameters(media_type)
            except (LookupError, ValueError):
                environ["CONTENT_TYPE"] = _UNREADABLE
        return application(environ, start_response)

    return handle
