"""PostgreSQL as Django has it, and a count of statements, seconds and errors.

A thread has a connection object of its own, so the difference between two looks at
`spent` is what came between. Commits and connecting count: they may be what is slow.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from django.db import Error
from django.db.backends.postgresql import base

from chassis.metrics import counter

DATABASE_ERRORS = counter(
    "database_errors", "Statements, commits and connections that failed.", ["error"]
)
for _foreseen in ("OperationalError", "InterfaceError"):
    DATABASE_ERRORS.labels(_foreseen)


@dataclass(slots=True)
class Spent:
    """What a thread has asked of the database so far."""

    statements: int = 0
    seconds: float = 0.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A thread's connection to PostgreSQL, which counts."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.spent = Spent()
        self.execute_wrappers.append(self._execute)

    def get_new_connection(self, conn_params: Any) -> Any:
        """This function will connect, and count the time."""
        with self._measured(), self.wrap_database_errors:
            return super().get_new_connection(conn_params)

    def _commit(self) -> None:
        with self._measured(), self.wrap_database_errors:
            super()._commit()  # type: ignore[misc]

    def _execute(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.spent.statements += 1
        with self._measured():
            return execute(*arguments)

    @contextmanager
    def _measured(self) -> Iterator[None]:
        began = perf_counter()
        try:
            yield
        except Error as error:
            DATABASE_ERRORS.labels(type(error).__name__).inc()
            raise
        finally:
            self.spent.seconds += perf_counter() - began
