"""Reading what is left of a promo, as often as it is used: one statement."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from chassis.problems import NotFound

_POINTS = """
SELECT id, promo_amount, remaining_points, start_time, end_time, is_active,
       clock_timestamp() AS read_at
FROM promo
WHERE id = %(promo_id)s AND deleted_at IS NULL
  AND (%(holder_id)s IS NULL OR holder_id = %(holder_id)s)
"""


class Points(NamedTuple):
    """What is left of a promo at `read_at`, and what its status follows from."""

    promo_id: UUID
    promo_amount: int
    remaining_points: int
    start_time: datetime
    end_time: datetime | None
    is_active: bool
    read_at: datetime


def get_points(*, promo_id: UUID, holder_id: UUID | None) -> Points:
    """This function will return the promo's points, of that holder unless None.

    Raises NotFound, as `get_promo` does.
    """
    with connection.cursor() as cursor:
        cursor.execute(_POINTS, {"promo_id": promo_id, "holder_id": holder_id})
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    return Points(*row)
