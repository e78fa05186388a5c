"""PostgreSQL as Django has it, with an end to every wait, and a count of what it takes.

A thread has a connection object of its own, so the difference between two looks at
`spent` is what came between. Commits and connecting count: they may be what is slow.
"""

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import psycopg2
from django.conf import settings
from django.db import Error
from django.db.backends.postgresql import base

from chassis.database.silence import Silence, Waiting
from chassis.database_errors import is_useless_after
from chassis.metrics import counter

DATABASE_ERRORS = counter(
    "database_errors", "Statements, commits and connections that failed.", ["error"]
)
for _foreseen in ("OperationalError", "InterfaceError"):
    DATABASE_ERRORS.labels(_foreseen)

# libpq's own (PostgreSQL's documentation, 32.1.2); what DATABASE_URL says wins.
BOUNDS: dict[str, int] = {
    "connect_timeout": 2,  # seconds, for each address of the host, with the log-in
    "tcp_user_timeout": 5000,  # milliseconds until what was sent is acknowledged
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
# How long a connection is kept that was opened while the server took no writes.
_READ_ONLY_SECONDS = 1.0
_CAN_WRITE = (
    "SELECT NOT (pg_is_in_recovery() OR current_setting('transaction_read_only')::bool)"
)
# What a server says of itself to each that connects, without being asked.
_SAYS_READ_ONLY = ("in_hot_standby", "default_transaction_read_only")

_waiting = Waiting()
_silence = Silence()


@dataclass(slots=True)
class Spent:
    """What a thread has asked of the database so far."""

    statements: int = 0
    seconds: float = 0.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A thread's connection to PostgreSQL: it counts, and is left once it is useless.

    Django closes a connection between two requests (or rounds of a command) when its
    `close_at` has come. Nothing else survives the transaction in which a server said
    that it takes no writes.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.spent = Spent()
        self.patience = float(settings.DATABASE_PATIENCE_SECONDS)
        self.execute_wrappers.append(self._execute)

    def get_connection_params(self) -> dict[str, Any]:
        """Return what to connect with: Django's, and an end to each wait of TCP."""
        return {**BOUNDS, **super().get_connection_params()}

    def connect(self) -> None:
        """Connect; a server that takes no writes is left again soon."""
        super().connect()
        said = self.connection.info.parameter_status
        if "on" in map(said, _SAYS_READ_ONLY):
            self.close_at = time.monotonic() + _READ_ONLY_SECONDS

    def get_new_connection(self, conn_params: Any) -> Any:
        """Connect, and count the time."""
        _waiting.watch()
        with self._measured(), self.wrap_database_errors:
            _silence.refuse()
            began = time.monotonic()
            try:
                return super().get_new_connection(conn_params)
            except psycopg2.OperationalError:
                if time.monotonic() - began >= float(conn_params["connect_timeout"]):
                    _silence.note()
                raise

    def close_if_unusable_or_obsolete(self) -> None:
        """Close, between two requests, also what the server has ended meanwhile.

        No round trip: an idle connection has nothing to read but its end.
        """
        opened = None if self.in_atomic_block else self.connection
        if opened is not None and (opened.closed or _has_something_to_read(opened)):
            self.close()
        super().close_if_unusable_or_obsolete()

    def is_usable(self) -> bool:
        """Tell whether the connection works and the server takes writes."""
        return self.connection is not None and self.can_write()

    def can_write(self) -> bool:
        """Ask the server whether it takes writes; False also where it can't be asked.

        Works on Django's connection past its transactions, outside of any.
        """
        try:
            with self._bounded(), self.connection.cursor() as cursor:
                cursor.execute(_CAN_WRITE)
                ((can_write,),) = cursor.fetchall()
        except psycopg2.Error:
            return False
        return bool(can_write)

    @contextmanager
    def waiting_at_most(self, seconds: float) -> Iterator[None]:
        """Wait no longer than so many seconds for each answer within the block."""
        before, self.patience = self.patience, seconds
        try:
            yield
        finally:
            self.patience = before

    def _commit(self) -> None:
        with self._measured(), self.wrap_database_errors:
            super()._commit()  # type: ignore[misc]

    def _rollback(self) -> None:
        with self._bounded():
            super()._rollback()  # type: ignore[misc]

    def _execute(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.spent.statements += 1
        with self._measured():
            return execute(*arguments)

    @contextmanager
    def _measured(self) -> Iterator[None]:
        began = perf_counter()
        _waiting.begin(self, self.patience)
        try:
            yield
        except Error as error:
            DATABASE_ERRORS.labels(type(error).__name__).inc()
            if is_useless_after(error):
                self.close_at = 0.0
            raise
        finally:
            _waiting.end(self)
            self.spent.seconds += perf_counter() - began

    @contextmanager
    def _bounded(self) -> Iterator[None]:
        _waiting.begin(self, self.patience)
        try:
            yield
        finally:
            _waiting.end(self)


def _has_something_to_read(opened: Any) -> bool:
    look = select.poll()
    look.register(opened.fileno(), select.POLLIN)
    return bool(look.poll(0))
