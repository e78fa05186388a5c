"""Keyset pages: a page costs the same at any depth, and nothing is counted.

The cursor is signed; it carries the list, the order, the filters and a row's place.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.db.models import BooleanField, Func, Model, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan
from rest_framework import serializers
from rest_framework.request import Request

from chassis.answers import JsonAnswer
from chassis.problems import InvalidCursor
from chassis.selection import Selection
from chassis.serializers import PageSizeField, StrictSerializer
from chassis.views import ApiView

M = TypeVar("M", bound=Model)

_SALT = "chassis.pagination.cursor"


class PageQuery(StrictSerializer):
    """What every list takes; subclasses add their filters."""

    page_size = PageSizeField(min_value=1, max_value=200, default=50)
    cursor = serializers.CharField(required=False, allow_blank=True)


class KeysetPage:
    """One page of `rows` in the order of `keys`, such as `-creation_time`, `-id`."""

    def __init__(
        self, rows: QuerySet[M] | Selection, *, keys: Sequence[str], view: ApiView
    ) -> None:
        query = view.query
        self.keys = keys
        self.size = query["page_size"]
        # What a cursor belongs to: with another list, order or filter it is refused.
        self.list = {
            "l": view.request.path,
            "k": list(keys),
            "f": {name: str(value) for name, value in filters_of(query).items()},
        }
        place, self.backwards = self._read(query.get("cursor"))
        self.has_cursor = place is not None
        found = self._seek(rows, place)
        self.more = len(found) > self.size
        self.rows = found[: self.size][:: -1 if self.backwards else 1]

    def answer(
        self, request: Request, present: Callable[[Sequence[Any]], Any]
    ) -> JsonAnswer:
        """This function will return `{next, previous, results}`."""
        beyond, behind = self.more, self.has_cursor
        has_next, has_previous = (
            (behind, beyond) if self.backwards else (beyond, behind)
        )
        return JsonAnswer(
            {
                "next": self._link(request, -1, back=False) if has_next else None,
                "previous": self._link(request, 0, back=True) if has_previous else None,
                "results": present(self.rows),
            }
        )

    def _seek(
        self, rows: QuerySet[M] | Selection, place: Sequence[Any] | None
    ) -> list[Any]:
        keys = [self._turned(key) for key in self.keys] if self.backwards else self.keys
        limit = self.size + 1
        if isinstance(rows, Selection):
            return rows.page(keys=keys, place=place, limit=limit)
        if place is not None:
            rows = rows.filter(_beyond(keys, place))
            # As in Selection.
            conditions = rows.query.where.children
            conditions.insert(0, conditions.pop())
        return list(rows.order_by(*keys)[:limit])

    @staticmethod
    def _turned(key: str) -> str:
        return key[1:] if key.startswith("-") else f"-{key}"

    def _read(self, cursor: str | None) -> tuple[Sequence[Any] | None, bool]:
        if cursor is None:
            return None, False
        try:
            read = signing.loads(cursor, salt=_SALT)
        except (signing.BadSignature, ValueError) as error:
            raise InvalidCursor from error
        if any(read[name] != value for name, value in self.list.items()):
            raise InvalidCursor
        return [_from_text(value) for value in read["p"]], read["b"]

    def _link(self, request: Request, row: int, *, back: bool) -> str | None:
        if not self.rows:
            return None
        place = [
            _as_text(getattr(self.rows[row], key.lstrip("-"))) for key in self.keys
        ]
        content = {**self.list, "p": place, "b": back}
        cursor = signing.dumps(content, salt=_SALT, compress=True)
        query = {**request.query_params.dict(), "cursor": cursor}
        return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")


def filters_of(query: Mapping[str, Any]) -> dict[str, Any]:
    """This function will return a list's query without what is about its pages."""
    pages = ("page_size", "cursor")
    return {name: value for name, value in query.items() if name not in pages}


class _Row(Func):
    """Values that are compared as one: an index of them is read from there on."""

    template = "(%(expressions)s)"
    output_field = BooleanField()


def _beyond(keys: Sequence[str], place: Sequence[Any]) -> Q:
    """All keys have one direction."""
    names = [key.lstrip("-") for key in keys]
    lookup = LessThan if keys[0].startswith("-") else GreaterThan
    return Q(lookup(_Row(*names), _Row(*map(Value, place))))


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    return ["u", str(value)] if isinstance(value, UUID) else value


def _from_text(value: Any) -> Any:
    if isinstance(value, list):
        kind, text = value
        return datetime.fromisoformat(text) if kind == "t" else UUID(text)
    return value
