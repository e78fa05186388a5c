"""Choosing among the promos that a holder can use now, without locking any.

What is spent, over or switched off is passed over by an index: it costs nothing.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

# Enough for most uses; then as many as are worth a statement.
FIRST_PAGE = 20
PAGE = 1_000

# The flag is what the index knows; the points are what counts.
_USABLE = """
FROM promo
WHERE holder_id = %(holder_id)s AND deleted_at IS NULL AND is_active AND NOT is_used_up
  AND remaining_points > 0
  AND start_time <= COALESCE(%(now)s::timestamptz, statement_timestamp())
  AND ends > COALESCE(%(now)s::timestamptz, statement_timestamp())
"""
_NEXT = f"""
SELECT id, ends, remaining_points {_USABLE}
  AND (%(ends)s::timestamptz IS NULL OR (ends, id) > (%(ends)s, %(id)s))
ORDER BY ends, id LIMIT %(size)s
"""
_ALL = f"SELECT id {_USABLE}"
_POINTS = f"SELECT COALESCE(sum(remaining_points), 0)::bigint {_USABLE}"


def choose_usable(*, holder_id: UUID, points: int, now: datetime | None) -> list[UUID]:
    """Return promos that have `points` together, the soonest end first.

    Fewer than that, if there are no more.
    """
    chosen: list[UUID] = []
    ends = promo_id = None
    size = FIRST_PAGE
    while True:
        page = _read(
            _NEXT, holder_id=holder_id, now=now, ends=ends, id=promo_id, size=size
        )
        for promo_id, ends, remaining in page:  # noqa: B007  # the last is gone on from
            chosen.append(promo_id)
            points -= remaining
            if points <= 0:
                return chosen
        if len(page) < size:
            return chosen
        size = PAGE


def list_usable(*, holder_id: UUID, points: int, now: datetime | None) -> list[UUID]:  # noqa: ARG001
    """Return all usable promos, however many points are asked for."""
    return [promo_id for (promo_id,) in _read(_ALL, holder_id=holder_id, now=now)]


def count_usable_points(*, holder_id: UUID, now: datetime | None) -> int:
    """Return what the usable promos have together, at one moment."""
    ((points,),) = _read(_POINTS, holder_id=holder_id, now=now)
    return int(points)


def _read(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
