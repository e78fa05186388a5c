"""Going through a table in ranges of its key, a few thousand rows at a time."""

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
        """This function will return the rows of a statement about this range.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Checks of a table, and of what hangs on it, range by range.

    `order` is an index that begins with the key.
    """

    name: str
    table: str
    key: str
    order: str
    checks: Sequence[Check] = ()

    def estimate_rows(self) -> int:
        """This function will return about how many rows there are, without counting."""
        explain = f"EXPLAIN (FORMAT JSON) SELECT FROM {self.table}"
        ((plan,),) = read_rows(explain)
        read = json.loads(plan) if isinstance(plan, str) else plan
        return int(read[0]["Plan"]["Plan Rows"])

    def run(self, size: int) -> Iterator[tuple[int, list[Violation]]]:
        """This function will yield each range's size and what is wrong in it."""
        for each, rows in self.ranges(size):
            found: list[Violation] = []
            for check in self.checks:
                rows_found = each.read(check.statement)
                found += [Violation(*row) for row in rows_found]
            yield rows, found

    def ranges(self, size: int) -> Iterator[tuple[Range, int]]:
        """This function will yield ranges that cover every key, and their sizes."""
        after: Key | None = None
        while True:
            upto = self._find_end(after, size)
            each = Range(after, upto)
            # More than `size` where its last key has many rows.
            yield each, self._count(each)
            if upto is None:
                return
            after = upto

    def _find_end(self, after: Key | None, size: int) -> Key | None:
        statement = (
            f"SELECT {self.key} FROM {self.table} WHERE WITHIN({self.key}) "  # noqa: S608
            f"ORDER BY {self.order} OFFSET %(size)s LIMIT 1"
        )
        found = Range(after, None).read(statement, size=size - 1)
        return found[0] if found else None

    def _count(self, each: Range) -> int:
        statement = f"SELECT count(*) FROM {self.table} WHERE WITHIN({self.key})"  # noqa: S608
        ((count,),) = each.read(statement)
        return int(count)
