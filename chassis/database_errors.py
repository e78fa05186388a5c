"""What an error of the database means, for requests, user events and jobs alike.

Which pass by themselves, after which a connection is of no use, and what may be logged.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import psycopg2
from django.db import (
    DatabaseError,
    Error,
    InterfaceError,
    InternalError,
    OperationalError,
    connections,
)

# psycopg2 has class 25 under InternalError, with what only a bug brings about.
_READ_ONLY = "25006"  # the server takes no writes, or took none when this was opened
_ABORTED = "25P02"  # a transaction is left over that failed
_PASSING = frozenset({_READ_ONLY, "25P03", "25P04"})  # idle, and too long
# "Connection exception", and "operator intervention" other than a cancelled statement.
_LOST = ("08", "57P")
_QUOTES_VALUES = "22"  # class 22: "invalid input syntax for type uuid: …"


def is_passing(error: BaseException) -> bool:
    """Tell whether the same request can work a moment later.

    A lost connection, a deadlock, a time-out, a restart or a fail-over is passing;
    what the database holds against a statement or its values is not.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    code = code_of(error)
    if isinstance(error, InternalError):
        return code in _PASSING
    # libpq's own words where a connection broke while it was read from.
    return type(error) is DatabaseError and code is None


def is_useless_after(error: BaseException) -> bool:
    """Tell whether the connection is to be left, because it can't write any more.

    One that was opened while the server was read-only still answers: Django would keep
    it, and forgets of an error as soon as the transaction is rolled back.
    """
    code = code_of(error)
    if code is None:
        return is_passing(error)
    return code in {_READ_ONLY, _ABORTED} or code.startswith(_LOST)


def leave_useless_connections(error: BaseException) -> None:
    """Close this thread's connections where one of them can't write any more."""
    if is_useless_after(error):
        connections.close_all()


@contextmanager
def outlive_trouble(logger: Any) -> Iterator[None]:
    """Log a passing trouble of the database, and go on behind the block.

    For what looks again in a moment by itself: it then has a new connection, to the
    server as it is by then. Other errors are raised.
    """
    try:
        yield
    except Error as error:
        if not is_passing(error):
            raise
        connections.close_all()
        reason = type(error).__name__
        logger.warning("database_not_reached", reason=reason, sqlstate=code_of(error))


def format_exception(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    """This function will return the traceback without what a database error quotes.

    Its own text has the row that was refused ("Failing row contains …"), or the
    statement with its values: names, numbers, hashes of passwords.
    """
    parts = [
        "Traceback (most recent call last):\n"
        + "".join(traceback.format_tb(error.__traceback__))
        + f"{type(error).__module__}.{type(error).__qualname__}: {_describe(error)}"
        for error in _chain(exc_info[1])
    ]
    return "\n\nwhich led to\n\n".join(reversed(parts))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)


def _describe(error: BaseException) -> str:
    if not isinstance(error, Error | psycopg2.Error):
        return str(error)
    code = code_of(error)
    if code is None:
        return str(error).partition("\n")[0]
    said = None if code.startswith(_QUOTES_VALUES) else _cause_of(error).diag
    return f"{code} {said.message_primary if said else '(it quotes a value)'}"


def code_of(error: BaseException) -> str | None:
    """Return PostgreSQL's code of what was wrong, if it said so itself."""
    code: str | None = getattr(_cause_of(error), "pgcode", None)
    return code


def _cause_of(error: BaseException) -> psycopg2.Error:
    cause = error if isinstance(error, psycopg2.Error) else error.__cause__
    return cause if isinstance(cause, psycopg2.Error) else psycopg2.Error()
