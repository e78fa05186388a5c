"""Closing days: what moved in a day that is over is added up once, for reports."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from promo_service.promos.clock import database_time
from promo_service.promos.selectors.days import find_first_open_day
from promo_service.promos.selectors.movements import FIGURES, MOVED, start_of

# Time-outs end every transaction long before: what is not there by then never will be.
CERTAINLY_OVER = timedelta(hours=1)

_ONE_DAY = timedelta(days=1)
_CLOSE = """
    INSERT INTO closed_day (day, closed_at) VALUES (%(day)s, %(now)s)
    ON CONFLICT DO NOTHING
"""
_ADD_UP = f"""
    WITH {MOVED}
    INSERT INTO ledger_day (day, promo_type, {", ".join(FIGURES)})
    SELECT %(day)s, promo_type, {", ".join(FIGURES)} FROM moved
    WHERE ({", ".join(FIGURES)}) <> (0, 0, 0, 0, 0)
"""  # noqa: S608 - put together from constants


def close_days(*, now: datetime | None = None) -> Iterator[date]:
    """This function will close what is over, the oldest first, and yield each day.

    Each is a transaction. Whoever closes the same days meanwhile does no harm: a day is
    closed by one of them, and yielded by that one alone.
    """
    now = now or database_time()
    day = find_first_open_day()
    while day is not None and start_of(day) + _ONE_DAY + CERTAINLY_OVER <= now:
        if _close(day, now):
            yield day
        day += _ONE_DAY


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
