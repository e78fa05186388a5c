"""JSON as strictly as the contract reads it (RFC 8259 with the I-JSON refusals).

Python's own reader takes the last of two equal keys, `NaN`, unpaired surrogates and
any depth; each of these is `malformed_json` here.
"""

import json
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

import orjson
from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from chassis.problems import MalformedJson, PayloadTooLarge, UnsupportedMediaType

DEEPEST = 20


class StrictJsonParser(BaseParser):
    """Reads a request's body, at most as much of it as the view takes."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the body's value.

        Raises UnsupportedMediaType, PayloadTooLarge and MalformedJson.
        """
        context = parser_context or {}
        if media_type not in {None, self.media_type}:
            _, parameters = parse_header_parameters(str(media_type))
            if parameters.get("charset", "utf-8").lower() != "utf-8":
                raise UnsupportedMediaType
        coding = context["view"].request.META.get("HTTP_CONTENT_ENCODING", "")
        if coding.strip().lower() not in {"", "identity"}:
            raise UnsupportedMediaType("The body must not be compressed.")
        largest = context["view"].largest_body
        body = stream.read(largest + 1)
        if len(body) > largest:
            raise PayloadTooLarge
        return parse_json(body) if body else {}


class JsonRenderer(BaseRenderer):
    """Writes UUIDs as text and times as RFC 3339 in UTC, ending in `Z`."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """This function will return `data` as JSON, or nothing where there is none."""
        return dump_json(data)


def dump_json(value: Any) -> bytes:
    """This function will return `value` as JSON, or nothing where it is None.

    UUIDs become text, and aware times RFC 3339 in UTC.
    """
    if value is None:
        return b""
    return orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)


def parse_json(body: bytes) -> Any:
    """This function will return the value of `body`. Raises MalformedJson."""
    try:
        value = _READER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedJson from error
    # Surrogates are no UTF-8: only an escape can bring one.
    if b"\\u" in body or body.count(b"{") + body.count(b"[") > DEEPEST:
        _check(value, depth=0)
    return value


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJson("An object has the same key twice.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not a JSON number.")


_SURROGATE = re.compile("[\ud800-\udfff]")
_READER = json.JSONDecoder(
    object_pairs_hook=_object_without_duplicates, parse_constant=_refuse_constant
)


def _check(value: Any, *, depth: int) -> None:
    if isinstance(value, str):
        if not value.isascii() and _SURROGATE.search(value):
            raise MalformedJson("A string has an unpaired surrogate.")
    elif isinstance(value, dict | list):
        if depth == DEEPEST:
            raise MalformedJson(f"The body is nested deeper than {DEEPEST}.")
        members = value.values() if isinstance(value, dict) else value
        for item in members:
            # Numbers may be very many, and there is nothing to check in one.
            if isinstance(item, str | dict | list):
                _check(item, depth=depth + 1)
        if isinstance(value, dict):
            _check("\n".join(value), depth=depth)  # its names, all at once
