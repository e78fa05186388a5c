"""Fields that read exactly what the contract says, and nothing near it.

DRF takes `"5"` and `5.0` for an integer, drops unknown fields, and lets times without
a zone through; these don't. Every fault is reported at once.
"""

import re
import unicodedata
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import QueryDict
from rest_framework import serializers

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII
)
# All of Unicode's category Cc, which never grows.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not have, in a body or in a query."""

    @cached_property
    def known(self) -> frozenset[str]:
        """The names that may be sent."""
        fields = self.fields.items()
        return frozenset(name for name, field in fields if not field.read_only)

    def run_validators(self, value: Any) -> None:
        """This function will not gather values for validators that are not there."""
        if self.validators:
            super().run_validators(value)

    def to_internal_value(self, data: Any) -> Any:
        """This function will return the validated fields. Raises ValidationError."""
        faults: dict[str, Any] = {}
        if isinstance(data, QueryDict):
            faults = {
                name: [serializers.ErrorDetail("Give this once only.", "repeated")]
                for name, values in data.lists()
                if len(values) > 1
            }
            data = data.dict()
        if isinstance(data, dict):
            for name in data.keys() - self.known:
                text = "There is no such field here."
                faults[name] = [serializers.ErrorDetail(text, "unknown_field")]
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**error.detail, **faults}) from error
        if faults:
            raise serializers.ValidationError(faults)
        return value


class IntegerField(serializers.IntegerField):
    """A JSON integer: no text, no fraction, no boolean. In a query, digits."""

    def to_internal_value(self, data: Any) -> int:
        """This function will return the integer. Raises ValidationError."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class IdField(serializers.UUIDField):
    """A UUID in its canonical text form, and in no other."""

    def to_internal_value(self, data: Any) -> UUID:
        """This function will return the UUID. Raises ValidationError."""
        if not isinstance(data, str) or len(data) != 36:
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class PageSizeField(IntegerField):
    """The `page_size` of a query: 1 to 200."""

    def to_internal_value(self, data: Any) -> int:
        """This function will return the size. Raises ValidationError."""
        plain = isinstance(data, str) and data.isascii() and data.isdecimal()
        return super().to_internal_value(int(data) if plain and len(data) < 9 else data)


class BooleanField(serializers.BooleanField):
    """A JSON boolean: `true` or `false`."""

    def to_internal_value(self, data: Any) -> bool:
        """This function will return the boolean. Raises ValidationError."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class TextField(serializers.CharField):
    """Text in NFC, trimmed, without control characters (line feeds if `lines`)."""

    default_error_messages = {
        "control_character": "Control characters are not allowed here."
    }

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lines = lines

    @property
    def pattern(self) -> str:
        """What a document says of the text (ECMA 262)."""
        control = r"\u0000-\u0009\u000b-\u001f" if self.lines else r"\u0000-\u001f"
        return f"^[^{control}\\u007f-\\u009f]*$"

    def to_internal_value(self, data: Any) -> str:
        """This function will return the normalised text. Raises ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid")
        text = unicodedata.normalize("NFC", data).strip()
        if (_CONTROL_BUT_LINES if self.lines else _CONTROL).search(text):
            self.fail("control_character")
        return text

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """This function will judge what is blank, and how long, after normalising."""
        if isinstance(data, str):
            data = self.to_internal_value(data)
        return super().run_validation(data)


class TimeField(serializers.DateTimeField):
    """An RFC 3339 time with an offset; the value is in UTC."""

    def to_internal_value(self, value: Any) -> datetime:
        """This function will return the aware time. Raises ValidationError."""
        moment = _read_rfc_3339(value) if isinstance(value, str) else None
        if moment is None:
            self.fail("invalid", format="2026-11-23T07:24:00Z")
        return moment


def _read_rfc_3339(text: str) -> datetime | None:
    if not _RFC_3339.fullmatch(text.upper()):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
