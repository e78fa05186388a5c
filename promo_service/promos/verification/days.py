"""Totals of closed days against the ledger: all closed, and each what entries say."""

from collections.abc import Iterator
from datetime import timedelta

from promo_service.promos.models import ClosedDay
from promo_service.promos.selectors.movements import FIGURES, MOVED, start_of
from promo_service.promos.verification.rules import (
    Check,
    Rule,
    Violation,
    find_violations,
)


def _both(name: str) -> str:
    return (
        f"COALESCE(kept.{name}, 0) AS kept_{name}, "
        f"COALESCE(moved.{name}, 0) AS moved_{name}"
    )


_COMPARED = f"""
WITH {MOVED}, kept AS (
    SELECT * FROM ledger_day WHERE day = %(day)s
), compared AS MATERIALIZED (
    SELECT promo_type, {", ".join(map(_both, FIGURES))}
    FROM moved FULL JOIN kept USING (promo_type)
)
"""  # noqa: S608 - put together from constants

_DAY = Check(
    _COMPARED,
    tuple(
        Rule(
            invariant="totals",
            source="compared",
            subject="concat('day ', %(day)s)",
            what=f"concat('{name} of ', promo_type)",
            actual=f"kept_{name}",
            wanted=f"moved_{name}",
        )
        for name in FIGURES
    ),
)
_GAPS = """
WITH closed AS (SELECT min(day) AS first, max(day) AS last FROM closed_day)
SELECT 'totals', concat('day ', day::date), 'is not closed, but a later one is'
FROM closed CROSS JOIN LATERAL generate_series(first, last, '1 day') AS day
WHERE day::date NOT IN (SELECT day FROM closed_day)
UNION ALL
SELECT 'totals', concat('day ', first), 'is the first closed one, but not the first'
FROM closed
WHERE EXISTS (
    SELECT FROM ledger_entry WHERE creation_time < first::timestamp AT TIME ZONE 'UTC'
)
"""


def count_closed_days() -> int:
    """This function will count the days that are closed."""
    return ClosedDay.objects.count()


def verify_days() -> Iterator[tuple[int, list[Violation]]]:
    """This function will yield 1 for each closed day, and what is wrong with it."""
    found = find_violations(_GAPS)
    for day in ClosedDay.objects.order_by("day").values_list("day", flat=True):
        since = start_of(day)
        until = since + timedelta(days=1)
        found += find_violations(_DAY.statement, day=day, since=since, until=until)
        yield 1, found
        found = []
