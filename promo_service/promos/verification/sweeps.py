"""Going through tables in ranges of their key, a few thousand rows at a time."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from promo_service.promos.verification.rules import Check, Violation, read_rows

Key = tuple[Any, ...]
_WITHIN = re.compile(r"WITHIN\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Range:
    """Keys after the one (None: from the first) up to the other (None: to the last)."""

    after: Key | None
    upto: Key | None

    def read(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement about this range.

        In it `WITHIN(columns)` stands for the condition on those columns.
        """
        filled_in = _WITHIN.sub(self._condition, statement)
        with transaction.atomic(), connection.cursor() as cursor:
            # PostgreSQL takes a range within one step of a histogram of UUIDs to be a
            # single row, and would join thousands of rows with thousands in a loop.
            cursor.execute("SET LOCAL enable_nestloop = off")
            return read_rows(filled_in, after=self.after, upto=self.upto, **parameters)

    def _condition(self, match: re.Match[str]) -> str:
        columns = match[1]
        conditions = ["TRUE"]
        if self.after is not None:
            conditions.append(f"({columns}) > %(after)s")
        if self.upto is not None:
            conditions.append(f"({columns}) <= %(upto)s")
        return f"({' AND '.join(conditions)})"


@dataclass(frozen=True, slots=True)
class Keyed:
    """A table that a sweep goes through: its key there, and an index's order of it."""

    table: str
    key: str
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Checks of tables that share a key, range by range.

    No range has more than so many rows of any of `tables` (those of its last key
    aside), so that memory is bounded even where only one of them has rows. Rows of the
    first are what is counted.
    """

    name: str
    tables: Sequence[Keyed]
    checks: Sequence[Check] = ()

    def estimate_rows(self) -> int:
        """Return about how many rows there are, without counting."""
        explain = f"EXPLAIN (FORMAT JSON) SELECT FROM {self.tables[0].table}"
        ((plan,),) = read_rows(explain)
        read = json.loads(plan) if isinstance(plan, str) else plan
        return int(read[0]["Plan"]["Plan Rows"])

    def run(self, size: int) -> Iterator[tuple[int, list[Violation]]]:
        """Yield each range's size and what is wrong in it."""
        for each, rows in self.ranges(size):
            found: list[Violation] = []
            for check in self.checks:
                rows_found = each.read(check.statement)
                found += [Violation(*row) for row in rows_found]
            yield rows, found

    def ranges(self, size: int) -> Iterator[tuple[Range, int]]:
        """Yield ranges that cover every key, and their sizes."""
        after: Key | None = None
        while True:
            upto = self._find_end(after, size)
            each = Range(after, upto)
            yield each, self._count(each)
            if upto is None:
                return
            after = upto

    def _find_end(self, after: Key | None, size: int) -> Key | None:
        ends = [
            f"(SELECT {each.key} FROM {each.table} WHERE WITHIN({each.key}) "  # noqa: S608
            f"ORDER BY {each.order} OFFSET %(size)s LIMIT 1)"
            for each in self.tables
        ]
        columns = self.tables[0].key.count(",") + 1
        order = ", ".join(str(place) for place in range(1, columns + 1))
        statement = (
            f"SELECT * FROM ({' UNION ALL '.join(ends)}) AS ends "  # noqa: S608
            f"ORDER BY {order} LIMIT 1"
        )
        found = Range(after, None).read(statement, size=size - 1)
        return found[0] if found else None

    def _count(self, each: Range) -> int:
        first = self.tables[0]
        statement = f"SELECT count(*) FROM {first.table} WHERE WITHIN({first.key})"  # noqa: S608
        ((count,),) = each.read(statement)
        return int(count)
