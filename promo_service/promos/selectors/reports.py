"""What became of all points: a summary as of a time, and what moved day by day.

Each is one statement, so it sees one moment. Closed days are read as totals, the others
from the ledger; balances are today's promos, taken back to the time that is asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from rest_framework.exceptions import ErrorDetail, ValidationError

from promo_service.promos.clock import database_time
from promo_service.promos.selectors.days import find_last_closed_day
from promo_service.promos.selectors.movements import (
    BEGINNING,
    FIGURES,
    FIGURES_OF_ENTRIES,
    MOVED,
    start_of,
)

SOON = timedelta(days=30)
LONGEST_TIMELINE = 366
USUAL_TIMELINE = 30

BALANCES = ("expired", "outstanding", "expiring_within_30_days")

Figures = dict[str, int]

_SUMMARY = f"""
WITH {MOVED}, changed AS MATERIALIZED (
    -- Promos that are something else by now than they were then.
    SELECT promo_id, past.promo_type, COALESCE(past.end_time, 'infinity') AS ends
    FROM (
        SELECT DISTINCT promo_id FROM promo_revision
        WHERE creation_time >= %(until)s AND version > 1
    ) AS revised
    CROSS JOIN LATERAL (
        SELECT promo_type, end_time FROM promo_revision
        WHERE promo_revision.promo_id = revised.promo_id AND creation_time < %(until)s
        ORDER BY version DESC LIMIT 1
    ) AS past
), then_held AS (
    SELECT COALESCE(changed.promo_type, promo.promo_type) AS promo_type,
           COALESCE(changed.ends, promo.ends) AS ends, remaining_points AS points
    FROM promo LEFT JOIN changed ON promo_id = promo.id
    WHERE creation_time < %(until)s
    UNION ALL
    SELECT COALESCE(changed.promo_type, promo.promo_type),
           COALESCE(changed.ends, promo.ends), -points
    FROM ledger_entry JOIN promo ON promo.id = ledger_entry.promo_id
    LEFT JOIN changed ON changed.promo_id = promo.id
    WHERE ledger_entry.creation_time >= %(until)s AND promo.creation_time < %(until)s
), added AS (
    SELECT *, 0 AS expired, 0 AS outstanding, 0 AS soon FROM moved
    UNION ALL
    SELECT promo_type, issued, used, reversed, adjusted, voided, 0, 0, 0
    FROM ledger_day WHERE day < %(open_day)s
    UNION ALL
    SELECT promo_type, 0, 0, 0, 0, 0,
           COALESCE(sum(points) FILTER (WHERE ends <= %(as_of)s), 0),
           COALESCE(sum(points) FILTER (WHERE ends > %(as_of)s), 0),
           COALESCE(sum(points) FILTER (
               WHERE ends > %(as_of)s AND ends <= %(soon)s), 0)
    FROM then_held GROUP BY promo_type
)
SELECT promo_type, sum(issued)::bigint, sum(used)::bigint, sum(reversed)::bigint,
       sum(adjusted)::bigint, sum(voided)::bigint, sum(expired)::bigint,
       sum(outstanding)::bigint, sum(soon)::bigint
FROM added GROUP BY promo_type
HAVING sum(issued) > 0  -- every promo is issued some: a type without has no promo
ORDER BY promo_type
"""  # noqa: S608 - put together from constants

_TIMELINE = f"""
SELECT day, sum(issued)::bigint, sum(used)::bigint, sum(reversed)::bigint,
       sum(adjusted)::bigint, sum(voided)::bigint
FROM ledger_day
WHERE day BETWEEN %(first)s AND %(last)s AND day < %(open_day)s
GROUP BY day
UNION ALL
SELECT (creation_time AT TIME ZONE 'UTC')::date, {FIGURES_OF_ENTRIES}
FROM ledger_entry
WHERE creation_time >= %(since)s AND creation_time <= %(upto)s
GROUP BY 1
"""  # noqa: S608 - put together from constants


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures as of a time, in all and by type."""

    as_of: datetime
    total: Figures
    by_type: list[dict[str, Any]]


def summarize(*, as_of: datetime | None = None, now: datetime | None = None) -> Summary:
    """This function will say what became of all points up to and at a time.

    That is now, if it is None. Each promo counts under the type and end that it had
    then. Raises ValidationError if the time has not come yet.
    """
    now = now or database_time()
    as_of = as_of or now
    if as_of > now:
        text = "This time has not come yet."
        raise ValidationError({"as_of": [ErrorDetail(text, "in_the_future")]})
    open_day = min(_first_open_day(), as_of.astimezone(UTC).date())
    rows = _read(
        _SUMMARY,
        as_of=as_of,
        soon=as_of + SOON,
        until=as_of + timedelta.resolution,
        since=start_of(open_day),
        open_day=open_day,
    )
    names = FIGURES + BALANCES
    by_type = [
        {"promo_type": row[0], **dict(zip(names, row[1:], strict=True))} for row in rows
    ]
    total = {name: sum(each[name] for each in by_type) for name in names}
    return Summary(as_of, total, by_type)


def list_days(
    *,
    first: date | None = None,
    last: date | None = None,
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """This function will say what moved in each day (UTC), both ends included.

    `last` is today if it is None, and `first` such that there are 30 days. Raises
    ValidationError if there are more than 366 days, or none.
    """
    last = last or (now or database_time()).astimezone(UTC).date()
    first = first or _days_before(last, USUAL_TIMELINE - 1)
    _require_days(first, last)
    open_day = _first_open_day()
    rows = _read(
        _TIMELINE,
        first=first,
        last=last,
        open_day=open_day,
        since=start_of(max(first, open_day)),
        upto=datetime.combine(last, time.max, UTC),
    )
    moved = {day: figures for day, *figures in rows}
    nothing = [0] * len(FIGURES)
    days = (
        date.fromordinal(number)
        for number in range(first.toordinal(), last.toordinal() + 1)
    )
    return [
        {"day": day, **dict(zip(FIGURES, moved.get(day, nothing), strict=True))}
        for day in days
    ]


def _first_open_day() -> date:
    """Whichever is closed after this is asked is read from its entries: no harm."""
    last = find_last_closed_day()
    return BEGINNING.date() if last is None else last + timedelta(days=1)


def _days_before(day: date, days: int) -> date:
    return date.fromordinal(max(day.toordinal() - days, date.min.toordinal()))


def _require_days(first: date, last: date) -> None:
    days = (last - first).days + 1
    if days < 1:
        text = "It must not lie before the first day."
        raise ValidationError({"to": [ErrorDetail(text, "end_before_start")]})
    if days > LONGEST_TIMELINE:
        text = f"These are {days:,} days; at most {LONGEST_TIMELINE} can be asked for."
        raise ValidationError({"to": [ErrorDetail(text, "too_long")]})


def _read(statement: str, **parameters: Any) -> Iterable[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[Sequence[Any]] = cursor.fetchall()
    return rows
