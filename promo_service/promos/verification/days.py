"""Totals of closed days against the ledger: all closed, and each what entries say.

Entries are gone through once, by ranges of promos like everything else, and their sums
are kept by day and type. Closed days don't change, so this needn't be one moment.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from promo_service.promos.models import LedgerDay
from promo_service.promos.selectors.days import find_last_closed_day
from promo_service.promos.selectors.movements import (
    FIGURES,
    FIGURES_OF_ENTRIES,
    TYPE_AT,
    start_of,
)
from promo_service.promos.verification.references import REFERENCES_OF_DAYS
from promo_service.promos.verification.rules import Violation, read_rows
from promo_service.promos.verification.sweeps import Keyed, Sweep

_DAY_OF = "(creation_time AT TIME ZONE 'UTC')::date"
_START = "{day}::timestamp AT TIME ZONE 'UTC'"
_END = "({day} + 1)::timestamp AT TIME ZONE 'UTC'"

# What each day added: its entries under the type at its end, and the past of promos
# that changed their type in it.
_ADDED = """
WITH revised AS (
    SELECT DISTINCT promo_id, {day_of} AS day
    FROM promo_revision
    WHERE WITHIN(promo_id) AND version > 1 AND creation_time < %(until)s
), retyped AS MATERIALIZED (
    SELECT promo_id, day, early.promo_type AS old_type, late.promo_type AS new_type
    FROM revised
    CROSS JOIN LATERAL ({type_at_start}) AS early
    CROSS JOIN LATERAL ({type_at_end}) AS late
    WHERE early.promo_type <> late.promo_type
), entry AS (
    SELECT promo_id, creation_time, type, points, {day_of} AS day
    FROM ledger_entry WHERE WITHIN(promo_id) AND creation_time < %(until)s
), movement AS (
    SELECT day, type, points,
           CASE WHEN version = 1 THEN promo_type ELSE ({type_of_entry}) END
               AS promo_type
    FROM entry JOIN promo ON promo.id = promo_id WHERE WITHIN(promo.id)
    UNION ALL
    SELECT retyped.day, type, sign * points, counts.promo_type
    FROM retyped JOIN entry USING (promo_id)
    CROSS JOIN LATERAL (VALUES (old_type, -1), (new_type, 1))
        AS counts(promo_type, sign)
    WHERE entry.day < retyped.day
)
SELECT day, promo_type, {figures} FROM movement GROUP BY day, promo_type
""".format(  # noqa: S608 - put together from constants
    day_of=_DAY_OF,
    type_at_start=TYPE_AT.format(
        promo_id="revised.promo_id", moment=_START.format(day="revised.day")
    ),
    type_at_end=TYPE_AT.format(
        promo_id="revised.promo_id", moment=_END.format(day="revised.day")
    ),
    type_of_entry=TYPE_AT.format(
        promo_id="promo.id", moment=_END.format(day="entry.day")
    ),
    figures=FIGURES_OF_ENTRIES,
)

_GAPS = """
WITH closed AS (SELECT min(day) AS first, max(day) AS last FROM closed_day)
SELECT day::date
FROM closed CROSS JOIN LATERAL generate_series(first, last, '1 day') AS day
WHERE day::date NOT IN (SELECT day FROM closed_day)
ORDER BY day
"""

# A clock that was ahead closes days too early: `close_days --reopen` takes them back.
_EARLY = """
SELECT 'days-are-over-when-closed', concat('day ', day),
       concat('is closed at ', closed_at, ', and it is ', clock_timestamp())
FROM closed_day
WHERE LEAST(closed_at, clock_timestamp()) < (day + 1)::timestamp AT TIME ZONE 'UTC'
ORDER BY day
"""

# Between the two, closing moves the books on first; nothing is dated in days to come.
_BOOKS = """
SELECT 'books-are-closed-behind', 'books',
       concat('closed_until is ', COALESCE(closed_until::text, 'nothing'),
              ', should be ', wanted, ' or later, and no later than ', now())
FROM (SELECT (max(day) + 1)::timestamp AT TIME ZONE 'UTC' AS wanted FROM closed_day)
    AS closed
LEFT JOIN books ON TRUE
WHERE COALESCE(closed_until < wanted, wanted IS NOT NULL) OR closed_until > now()
"""

_ENTRIES = Sweep(
    name="entries of closed days",
    tables=[
        Keyed("ledger_entry", "promo_id", "promo_id, sequence"),
        Keyed("promo_revision", "promo_id", "promo_id, version"),
    ],
)

_Figures = list[int]


def estimate_days() -> int:
    """Return about how many entries will be gone through."""
    return _ENTRIES.estimate_rows() if find_last_closed_day() else 0


def verify_days(size: int) -> Iterator[tuple[int, list[Violation]]]:
    """Yield each range's size, and in the end what is wrong."""
    found = REFERENCES_OF_DAYS.statement
    wrong = [*read_rows(found), *read_rows(_EARLY), *read_rows(_BOOKS)]
    yield 0, [Violation(*row) for row in wrong]
    last = find_last_closed_day()
    if last is None:
        return
    until = start_of(last + timedelta(days=1))
    said = defaultdict[tuple[date, str], _Figures](lambda: [0] * len(FIGURES))
    for each, rows in _ENTRIES.ranges(size):
        for day, promo_type, *added in each.read(_ADDED, until=until):
            figures = said[day, promo_type]
            for place, points in enumerate(added):
                figures[place] += points
        yield rows, []
    gaps = [day for (day,) in read_rows(_GAPS)]
    yield 0, [*_name_gaps(gaps), *_compare(said, last, set(gaps))]


def _name_gaps(gaps: list[date]) -> Iterator[Violation]:
    for day in gaps:
        yield Violation(
            "days-without-gaps", f"day {day}", "is open, but a later one is closed"
        )


def _compare(
    said: dict[tuple[date, str], _Figures], last: date, gaps: set[date]
) -> Iterator[Violation]:
    rows = LedgerDay.objects.filter(day_id__lte=last)
    kept = {
        (day, promo_type): figures
        for day, promo_type, *figures in rows.values_list("day", "promo_type", *FIGURES)
    }
    nothing = [0] * len(FIGURES)
    # Without revisions a promo had no type then.
    for day, promo_type in sorted(said.keys() | kept.keys(), key=str):
        if day in gaps:
            continue
        pairs = zip(
            kept.get((day, promo_type), nothing),
            said.get((day, promo_type), nothing),
            strict=True,
        )
        for name, (actual, wanted) in zip(FIGURES, pairs, strict=True):
            if actual != wanted:
                finding = f"{name} of {promo_type} is {actual}, should be {wanted}"
                yield Violation("days-sum-up", f"day {day}", finding)
