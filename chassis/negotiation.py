"""Content negotiation (RFC 9110): JSON in, JSON out."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

_JSON = "application/json"
# A list of nothing asks for nothing.
_NOTHING = ", \t"
# What nearly every client sends.
_ACCEPTING = frozenset({"*/*", _JSON, f"{_JSON}, */*", f"{_JSON}, text/plain, */*"})


class JsonNegotiation(DefaultContentNegotiation):
    """DRF's own, which parses no header that says what nearly all of them say."""

    def select_parser(
        self, request: Request, parsers: Iterable[BaseParser]
    ) -> BaseParser | None:
        """This function will return the one parser, if it reads what was sent."""
        if request.content_type == _JSON:
            return next(iter(parsers))
        return super().select_parser(request, parsers)

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """This function will return the one renderer. Raises NotAcceptable."""
        accept = request.META.get("HTTP_ACCEPT", "")
        if accept in _ACCEPTING or not accept.strip(_NOTHING):
            return next(iter(renderers)), _JSON
        chosen: tuple[BaseRenderer, str] = super().select_renderer(
            request, renderers, format_suffix
        )
        return chosen
