"""A SELECT that pages are taken of, for lists too busy for Django to write their SQL.

What Django makes of a query set it makes anew for each request, which takes longer than
PostgreSQL needs to answer.
"""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Rows of `table` and what is joined to it, as tuples named by their columns.

    The texts are the code's own; whatever comes from outside is among `values`.
    """

    select: str
    table: str
    conditions: Sequence[str]
    values: Mapping[str, Any]

    def page(
        self, *, keys: Sequence[str], place: Sequence[Any] | None, limit: int
    ) -> list[Any]:
        """This function will return the first rows beyond a place in the order of keys.

        All keys, such as `-creation_time` and `-id`, have one direction.
        """
        places = ", ".join(f"{self.table}.{key.lstrip('-')}" for key in keys)
        newest_first = keys[0].startswith("-")
        conditions, values = list(self.conditions), {**self.values, "limit": limit}
        if place is not None:
            # Of an index's bounds PostgreSQL starts at the one that is written first:
            # after a filter's it would read all the pages before this one.
            beyond = "<" if newest_first else ">"
            conditions.insert(0, f"({places}) {beyond} %(place)s")
            values["place"] = tuple(place)
        order = f"{places.replace(',', ' DESC,')} DESC" if newest_first else places
        statement = (
            f"{self.select} WHERE {' AND '.join(conditions)} "
            f"ORDER BY {order} LIMIT %(limit)s"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            make = _row_of(tuple(column.name for column in cursor.description))
            return list(map(make, cursor.fetchall()))


@cache
def _row_of(names: tuple[str, ...]) -> Any:
    row: Any = namedtuple("Row", names)  # type: ignore[misc]  # noqa: PYI024
    return row._make
