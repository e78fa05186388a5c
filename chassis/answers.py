"""Answers as JSON (RFC 8259), written once and by orjson."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from chassis.strict_json import dump_json


class JsonAnswer(HttpResponse):
    """An answer of a view; DRF's own Response would be made ready for any renderer."""

    def __init__(
        self,
        body: Any = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """This function will hold `body` as JSON, or nothing where it is None."""
        content_type = None if body is None else "application/json"
        super().__init__(
            dump_json(body), content_type=content_type, status=status, headers=headers
        )
        if body is None:
            del self.headers["Content-Type"]
