r"""How large a request's body may be: as large as the largest one that is valid.

Counted with every character written as `\uXXXX`, as some clients do. At least 16 KiB,
which is also what the gateway lets through where it doesn't know more.
"""

from functools import cache
from typing import Any

from rest_framework import serializers

from chassis.serializers import ListField, TextField

SMALLEST_LIMIT = 16 * 1024

_ESCAPED = 6  # bytes of `\uXXXX`
# `9999-12-31T23:59:59.999999999+00:00`, an id, `administrator`, 1000000000, `false`
_LONGEST_OF_OTHERS = 36


@cache
def largest_body(kind: type[serializers.Serializer[Any]] | None) -> int:
    """Return the bytes that a body of the serializer may have."""
    return SMALLEST_LIMIT if kind is None else max(SMALLEST_LIMIT, largest(kind()))


def largest(field: serializers.Field[Any, Any, Any, Any]) -> int:
    """Return how many bytes of JSON the longest valid value of the field takes.

    A text without a length of its own counts as none: it is the limit that ends it.
    """
    if isinstance(field, serializers.Serializer):
        members = field.fields.items()
        return 2 + sum(
            _ESCAPED * len(name) + len('"":,') + largest(member)
            for name, member in members
        )
    if isinstance(field, ListField):
        return 2 + field.max_length * (1 + largest(field.child))
    if isinstance(field, serializers.CharField):
        each = field.bytes_a_character if isinstance(field, TextField) else _ESCAPED
        return 2 + each * (field.max_length or 0)
    return 2 + _ESCAPED * _LONGEST_OF_OTHERS
