"""Which errors of the database pass by themselves, and what may be logged of one."""

import traceback
from collections.abc import Iterator
from types import TracebackType

import psycopg2
from django.db import (
    DatabaseError,
    Error,
    InterfaceError,
    InternalError,
    OperationalError,
    connections,
)

# A transaction was given up for it, and works when it is tried again. psycopg2 has
# class 25 under InternalError, with what only a bug brings about.
_READ_ONLY = "25006"  # the server was demoted while the connection was open
_PASSING = frozenset({_READ_ONLY, "25P03", "25P04"})  # idle, and too long
_QUOTES_VALUES = "22"  # class 22: "invalid input syntax for type uuid: …"


def is_passing(error: BaseException) -> bool:
    """This function will say whether the same request can work a moment later.

    A lost connection, a deadlock, a time-out, a restart or a fail-over is passing;
    what the database holds against a statement or its values is not.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    code = _code_of(error)
    if isinstance(error, InternalError):
        return code in _PASSING
    # libpq's own words where a connection broke while it was read from.
    return type(error) is DatabaseError and code is None


def leave_demoted_server(error: BaseException) -> None:
    """This function will close connections that can't write any more.

    Such a one works otherwise, so nobody would replace it.
    """
    if _code_of(error) == _READ_ONLY:
        connections.close_all()


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
    code = _code_of(error)
    if code is None:
        return str(error).partition("\n")[0]
    said = None if code.startswith(_QUOTES_VALUES) else _cause_of(error).diag
    return f"{code} {said.message_primary if said else '(it quotes a value)'}"


def _code_of(error: BaseException) -> str | None:
    code: str | None = getattr(_cause_of(error), "pgcode", None)
    return code


def _cause_of(error: BaseException) -> psycopg2.Error:
    cause = error if isinstance(error, psycopg2.Error) else error.__cause__
    return cause if isinstance(cause, psycopg2.Error) else psycopg2.Error()
