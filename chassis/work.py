"""How much a request has taken so far, for its log event and for the metrics."""

from time import perf_counter
from typing import TYPE_CHECKING, cast

from django.db import connection

if TYPE_CHECKING:
    from chassis.database.base import DatabaseWrapper, Spent


class Work:
    """What has been done since this was made, by this thread."""

    __slots__ = ("_seconds", "_spent", "_started", "_statements")

    def __init__(self) -> None:
        self._spent: Spent = cast("DatabaseWrapper", connection).spent
        self._seconds = self._spent.seconds
        self._statements = self._spent.statements
        self._started = perf_counter()

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return perf_counter() - self._started

    @property
    def database_seconds(self) -> float:
        """How much of that was the database's."""
        return self._spent.seconds - self._seconds

    @property
    def statements(self) -> int:
        """How many statements were sent to the database."""
        return self._spent.statements - self._statements
