"""Fields that read exactly what the contract says, and nothing near it.

DRF takes `"5"` and `5.0` for an integer, drops unknown fields, lets times without
a zone through, and looks at every member before it counts them; these don't.
"""

import contextlib
import re
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from typing import Any
from uuid import UUID

from django.http import QueryDict
from rest_framework import serializers

from chassis.faults import MOST_FAULTS, left_out
from chassis.texts import (
    UnreadableText,
    has_control_characters,
    read_text,
    turns_what_follows,
)

MOST_KEYS = 100
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII
)


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not have, in a body or in a query."""

    # So many unknown fields are named; those beyond are counted alone.
    most_unknown = MOST_FAULTS

    @cached_property
    def known(self) -> frozenset[str]:
        """The names that may be sent."""
        fields = self.fields.items()
        return frozenset(name for name, field in fields if not field.read_only)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Count the fields before any of them is looked at. Raises ValidationError."""
        if isinstance(data, dict) and len(data) > MOST_KEYS:
            text = f"{MOST_KEYS} fields at most may be given."
            fault = serializers.ErrorDetail(text, "too_many_fields")
            raise serializers.ValidationError({"non_field_errors": [fault]})
        return super().run_validation(data)

    def run_validators(self, value: Any) -> None:
        """Skip the pass over validators where there are none."""
        if self.validators:
            super().run_validators(value)

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated fields. Raises ValidationError."""
        faults: dict[str, Any] = {}
        if isinstance(data, QueryDict):
            faults = {
                name: [serializers.ErrorDetail("Give this once only.", "repeated")]
                for name, values in data.lists()
                if len(values) > 1
            }
            data = data.dict()
        if isinstance(data, dict):
            faults |= self._name_unknown(data.keys() - self.known)
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**error.detail, **faults}) from error
        if faults:
            raise serializers.ValidationError(faults)
        return value

    def _name_unknown(self, names: set[str]) -> dict[str, Any]:
        text = "There is no such field here."
        faults: dict[str, Any] = {
            name: [serializers.ErrorDetail(text, "unknown_field")]
            for name in islice(names, self.most_unknown)
        }
        more = len(names) - len(faults)
        return {**faults, **left_out(more)} if more else faults


class ListField(serializers.ListField):
    """A list that is counted before its members are looked at."""

    max_length: int

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the validated members. Raises ValidationError."""
        if isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class IntegerField(serializers.IntegerField):
    """A JSON integer: no text, no fraction, no boolean. In a query, digits."""

    def to_internal_value(self, data: Any) -> int:
        """This function will return the integer. Raises ValidationError."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class IdField(serializers.UUIDField):
    """A UUID in its canonical text form, and in no other."""

    default_error_messages = {"invalid": "An id such as {example} is needed."}

    def to_internal_value(self, data: Any) -> UUID:
        """Return the UUID. Raises ValidationError, without a word of what was sent."""
        if isinstance(data, str) and len(data) == 36:
            with contextlib.suppress(serializers.ValidationError):
                return super().to_internal_value(data)
        return self.fail("invalid", example="01939f5e-0000-7000-8000-00000000000a")


class ChoiceField(serializers.ChoiceField):
    """One of some texts."""

    default_error_messages = {"invalid_choice": "One of {choices} is needed."}

    def to_internal_value(self, data: Any) -> str:
        """Return the text. Raises ValidationError, without a word of what was sent."""
        if isinstance(data, str) and data in self.choices:
            return data
        return self.fail("invalid_choice", choices=", ".join(self.choices))


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
    """Text in NFC, trimmed, without control characters (line feeds if `lines`).

    Its length is looked at before it is normalised, and again after it: what is too
    long to begin with costs no more than counting.
    """

    default_error_messages = {
        "control_character": "Control characters are not allowed here.",
        "combining_marks": "There are too many combining marks in a row.",
        "direction": "Characters that turn the direction of what follows are not "
        "allowed, unless they are closed again.",
    }
    max_length: int
    # How many bytes a character may take in JSON, as it was before it was normalised.
    bytes_a_character = 24

    def __init__(self, *, max_length: int, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.lines = lines

    @property
    def pattern(self) -> str:
        """What a document says of the text (ECMA 262)."""
        control = r"\u0000-\u0009\u000b-\u001f" if self.lines else r"\u0000-\u001f"
        return f"^[^{control}\\u007f-\\u009f]*$"

    def trim(self, text: str) -> str:
        """Return the text without what doesn't count at its ends."""
        return text.strip()

    def to_internal_value(self, data: Any) -> str:
        """Return the normalised text. Raises ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            text = read_text(self.trim(data), most=self.max_length)
        except UnreadableText as fault:
            self.fail(str(fault), max_length=self.max_length)
        if has_control_characters(text, lines=self.lines):
            self.fail("control_character")
        if turns_what_follows(text):
            self.fail("direction")
        return text

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Judge what is blank, and how long, after normalising."""
        if not isinstance(data, str):
            return serializers.Field.run_validation(self, data)
        text = self.to_internal_value(data)
        if not text and not self.allow_blank:
            self.fail("blank")
        self.run_validators(text)
        return text


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
