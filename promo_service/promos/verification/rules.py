"""What a check compares, and what it says of each row where the two differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must always hold and does not; `rule` is its invariant's name."""

    rule: str
    subject: str
    finding: str

    def __str__(self) -> str:
        return f"{self.rule}  {self.subject}: {self.finding}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Two SQL expressions over the rows of `source` that must be the same.

    `name` stands in docs/invariants.md. `subject` and `what` are SQL too: the row that
    is meant, and what is compared.
    """

    name: str
    source: str
    subject: str
    what: str
    actual: str
    wanted: str

    def select(self) -> str:
        """Return the query for the rows that break the rule."""
        return (
            f"SELECT '{self.name}', {self.subject}, concat({self.what}, "  # noqa: S608
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


def list_differences(columns: Iterable[str], left: str, right: str) -> str:
    """Return the SQL for the names of those columns in which two rows differ.

    It is an empty text where none does.
    """
    cases = ", ".join(
        f"CASE WHEN {left}.{name} IS DISTINCT FROM {right}.{name} THEN '{name}' END"
        for name in columns
    )
    return f"concat_ws(', ', {cases})"


def read_rows(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """Return a statement's rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
