"""Loads rows that one connection makes by COPY into another's, without their indexes.

Keys, indexes and foreign keys are set aside and made again from the database's own
words. Nothing else of the schema is touched, and that all is as before is checked.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import psycopg2
from psycopg2.extensions import connection

from bench.filled_rows import Rows

_BATCH = 100_000
_OPTIONS = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "synchronous_commit": "off",
    "maintenance_work_mem": "512MB",
    "work_mem": "128MB",
    "temp_buffers": "256MB",
    # The expressions are long: compiling them takes longer than it saves.
    "jit": "off",
}

# What is set aside: in this order, and made again in the reverse order.
_SET_ASIDE = """
SELECT CASE contype WHEN 'f' THEN 1 ELSE 2 END, conrelid::regclass::text AS relation,
       format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
              pg_get_constraintdef(oid))
FROM pg_constraint
WHERE contype IN ('p', 'u', 'f')
  AND (conrelid::regclass::text = ANY(%(tables)s)
       OR confrelid::regclass::text = ANY(%(tables)s))
UNION ALL
SELECT 3, indrelid::regclass::text, format('DROP INDEX %%s', indexrelid::regclass),
       pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid::regclass::text = ANY(%(tables)s)
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY 1, 2, 3
"""

# Everything that says what the tables are: columns, constraints, indexes, triggers.
_SCHEMA = """
SELECT 'column', attrelid::regclass::text, attname::text,
       concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attgenerated,
                 attstorage, pg_get_expr(adbin, adrelid))
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid::regclass::text = ANY(%(tables)s) AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname::text,
       concat_ws(' ', pg_get_constraintdef(oid), convalidated, conenforced)
FROM pg_constraint
WHERE conrelid::regclass::text = ANY(%(tables)s)
   OR confrelid::regclass::text = ANY(%(tables)s)
UNION ALL
SELECT 'index', indrelid::regclass::text, indexrelid::regclass::text,
       concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisready,
                 indisprimary, indisunique)
FROM pg_index WHERE indrelid::regclass::text = ANY(%(tables)s)
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname::text,
       concat_ws(' ', pg_get_triggerdef(oid), tgenabled)
FROM pg_trigger WHERE tgrelid::regclass::text = ANY(%(tables)s) AND NOT tgisinternal
UNION ALL
SELECT 'table', oid::regclass::text, 'options', array_to_string(reloptions, ' ')
FROM pg_class WHERE oid::regclass::text = ANY(%(tables)s)
ORDER BY 1, 2, 3
"""

Show = Callable[[str, int, int], None]
Schema = list[tuple[Any, ...]]


def say_nothing(stage: str, done: int, total: int) -> None:
    """Show no progress: of a stage, so much of all is done."""


def read_schema(database: connection, tables: list[str]) -> Schema:
    """Return everything that says what those tables are, in a fixed order."""
    return _read(database, _SCHEMA, tables=tables)


@dataclass
class Loading:
    """A context manager: two connections to a database, and the tables to load."""

    url: str
    rows: Sequence[Rows]
    show: Show = say_nothing

    def __enter__(self) -> Self:
        """Connect; each statement commits by itself."""
        self._opened = ExitStack()
        self._into, self._out_of = (
            self._opened.enter_context(closing(self._connect())) for _ in range(2)
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close both connections."""
        self._opened.close()

    def require_empty(self, table: str) -> None:
        """Raise ValueError where the table has rows."""
        if _read(self._into, f"SELECT FROM {table} LIMIT 1"):
            raise ValueError(f"There are rows in {table} already.")

    def load(
        self,
        what: str,
        numbers: int,
        parameters: Mapping[str, Any],
        start: Sequence[str] = (),
        following: Sequence[str] = (),
    ) -> None:
        """Load the rows of numbers from 1 on, and gather statistics.

        The statements of `start` come first, those of `following` before each range of
        numbers. Raises RuntimeError where the schema is not what it was before.
        """
        tables = [rows.table for rows in self.rows]
        before = read_schema(self._into, tables)
        aside = _read(self._into, _SET_ASIDE, tables=tables)
        for _, _, remove, _ in aside:
            _run(self._into, remove)
        bounds = {**parameters, "first": 1, "last": 0}
        for statement in start:
            _run(self._out_of, statement, bounds)
        for first in range(1, numbers + 1, _BATCH):
            self.show(what, first - 1, numbers)
            upto = min(first + _BATCH - 1, numbers)
            self._load({**parameters, "first": first, "last": upto}, following)
        self.show(what, numbers, numbers)
        self._execute_all("keys and indexes", [make for *_, make in reversed(aside)])
        self._execute_all("statistics", [f"VACUUM ANALYZE {name}" for name in tables])
        if read_schema(self._into, tables) != before:
            raise RuntimeError("The schema is not what it was before.")

    def _load(self, bounds: Mapping[str, Any], first: Sequence[str]) -> None:
        for statement in first:
            _run(self._out_of, statement, bounds)
        for rows in self.rows:
            with self._out_of.cursor() as cursor:
                query = cursor.mogrify(rows.query, bounds).decode()
            self._pass_on(
                f"COPY ({query}) TO STDOUT (FORMAT binary)",
                f"COPY {rows.table} ({rows.columns}) FROM STDIN (FORMAT binary)",
            )

    def _pass_on(self, out_of: str, into: str) -> None:
        """Copy from the one to the other connection; raises what either raises."""
        reading, writing = os.pipe()
        failed: list[Exception] = []

        def make() -> None:
            with os.fdopen(writing, "wb") as pipe, self._out_of.cursor() as cursor:
                try:
                    cursor.copy_expert(out_of, pipe)
                except (psycopg2.Error, OSError) as error:
                    failed.append(error)

        maker = threading.Thread(target=make)
        maker.start()
        try:
            with os.fdopen(reading, "rb") as pipe, self._into.cursor() as cursor:
                cursor.copy_expert(into, pipe)
        finally:
            maker.join()
            for error in failed:
                raise error

    def _execute_all(self, stage: str, statements: list[str]) -> None:
        for done, statement in enumerate(statements):
            self.show(stage, done, len(statements))
            _run(self._into, statement)
        self.show(stage, len(statements), len(statements))

    def _connect(self) -> connection:
        options = " ".join(f"-c {name}={value}" for name, value in _OPTIONS.items())
        opened = psycopg2.connect(self.url, options=options)
        opened.autocommit = True
        return opened


def _run(
    database: connection, statement: str, parameters: Mapping[str, Any] | None = None
) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement, parameters)


def _read(database: connection, query: str, **parameters: Any) -> Schema:
    with database.cursor() as cursor:
        cursor.execute(query, parameters)
        rows: Schema = cursor.fetchall()
    return rows
