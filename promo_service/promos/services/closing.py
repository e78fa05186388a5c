"""Closing days: what moved in a day that is over is added up once, for reports.

First the books are closed: from then on no entry is dated into the day. Then whatever
may have looked before that is waited for, and only then is the day added up.
"""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from promo_service.promos.clock import database_time
from promo_service.promos.models import Books, ClosedDay, LedgerDay
from promo_service.promos.selectors.days import (
    find_first_open_day,
    find_last_closed_day,
)
from promo_service.promos.selectors.movements import FIGURES, MOVED, start_of

# Time-outs end every transaction long before: what is not there by then never will be.
CERTAINLY_OVER = timedelta(hours=1)
# Of the database's clock and this machine's; one of them is wrong beyond it.
CLOCKS_AGREE = timedelta(minutes=30)
LONGEST_WAIT = 60.0  # seconds; transactions of the service end sooner

_ONE_DAY = timedelta(days=1)
_CLOSE_BOOKS = """
    INSERT INTO books (id, closed_until) VALUES (1, %s)
    ON CONFLICT (id) DO UPDATE
    SET closed_until = GREATEST(books.closed_until, excluded.closed_until)
    RETURNING pg_current_xact_id()::text
"""
_ALL_SEE_IT = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8"
_CLOSE = """
    INSERT INTO closed_day (day, closed_at)
    SELECT %(day)s, %(now)s
    FROM (SELECT closed_until FROM books FOR UPDATE) AS books
    WHERE closed_until >= %(until)s
    ON CONFLICT DO NOTHING
"""
_ADD_UP = f"""
    WITH {MOVED}
    INSERT INTO ledger_day (day, promo_type, {", ".join(FIGURES)})
    SELECT %(day)s, promo_type, {", ".join(FIGURES)} FROM moved
    WHERE ({", ".join(FIGURES)}) <> (0, 0, 0, 0, 0)
"""  # noqa: S608 - put together from constants


class NotClosed(Exception):
    """Days can't be closed now, and a later attempt may close them."""


def close_days(*, now: datetime | None = None) -> Iterator[date]:
    """Close what is over, the oldest first, and yield each day.

    Each is a transaction. Another process that closes the same days meanwhile does no
    harm: a day is closed by one of them, and yielded by that one alone. Raises
    NotClosed where the clocks differ, or an old transaction does not end.
    """
    moment = now or _agreed_time()
    day = find_first_open_day()
    if day is None:
        return
    until = start_of((moment - CERTAINLY_OVER).astimezone(UTC).date())
    # Also what was closed by a version that knew no books.
    _close_books(max(until, start_of(day)) if find_last_closed_day() else until)
    while start_of(day) < until:
        if _close(day, moment):
            yield day
        day += _ONE_DAY


@transaction.atomic
def reopen_days(*, since: date) -> list[date]:
    """Take the closing of that day and all after it back, and return those days.

    For days that a clock closed that was ahead: their totals say nothing that the
    ledger doesn't, and are added up anew when they are over.
    """
    Books.objects.select_for_update().first()
    days = ClosedDay.objects.filter(day__gte=since).order_by("day")
    reopened = list(days.values_list("day", flat=True))
    LedgerDay.objects.filter(day_id__gte=since).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM closed_day WHERE day >= %s", [since])
    last = find_last_closed_day()
    Books.objects.update(closed_until=start_of(last) + _ONE_DAY if last else None)
    return reopened


def _agreed_time() -> datetime:
    now, here = database_time(), datetime.now(UTC)
    if abs(now - here) > CLOCKS_AGREE:
        raise NotClosed(f"The database's clock says {now}, and this machine's {here}.")
    return now


def _close_books(until: datetime) -> None:
    """Date no entry before it from now on, and wait for what began before that."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE_BOOKS, [until])
        (own,) = cursor.fetchone()
        give_up_at = time.monotonic() + LONGEST_WAIT
        while not _is_true(cursor, _ALL_SEE_IT, own):
            if time.monotonic() > give_up_at:
                raise NotClosed("A transaction that began before is still open.")
            time.sleep(0.1)


def _is_true(cursor: Any, statement: str, value: str) -> bool:
    cursor.execute(statement, [value])
    return bool(cursor.fetchone()[0])


@transaction.atomic
def _close(day: date, now: datetime) -> bool:
    since = start_of(day)
    parameters = {"day": day, "since": since, "until": since + _ONE_DAY, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, parameters)
        if not cursor.rowcount:
            return False
        cursor.execute(_ADD_UP, parameters)
    return True
