"""What a check compares, and what it says of each row where the two differ."""

from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must always hold, and does not."""

    invariant: str
    subject: str
    finding: str

    def __str__(self) -> str:
        return f"{self.invariant}  {self.subject}: {self.finding}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Two SQL expressions over the rows of `source` that must be the same.

    `subject` and `what` are SQL too: whose it is, and what is compared.
    """

    invariant: str
    source: str
    subject: str
    what: str
    actual: str
    wanted: str

    def select(self) -> str:
        """This function will return the query for the rows that break the rule."""
        return (
            f"SELECT '{self.invariant}', {self.subject}, concat({self.what}, "  # noqa: S608
            f"' is ', COALESCE(({self.actual})::text, 'nothing'), "
            f"', should be ', COALESCE(({self.wanted})::text, 'nothing')) "
            f"FROM {self.source} "
            f"WHERE ({self.actual}) IS DISTINCT FROM ({self.wanted})"
        )


@dataclass(frozen=True, slots=True)
class Check:
    """Rules over common table expressions, asked in one statement."""

    tables: str
    rules: tuple[Rule, ...]

    @property
    def statement(self) -> str:
        """The whole statement, with its `WITHIN(…)` to be filled in."""
        return self.tables + " UNION ALL ".join(rule.select() for rule in self.rules)


def read_rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """This function will return a statement's rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
