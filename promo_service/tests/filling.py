"""Very many promos of one holder, as the service would have written them."""

from typing import Any
from uuid import UUID

from django.db import connection

_FILL = """
WITH granted AS (
    INSERT INTO promo (id, holder_id, promo_type, promo_code, description, promo_amount,
                       remaining_points, start_time, is_active, creation_time, version,
                       last_sequence, last_entry_time)
    SELECT gen_random_uuid(), %(holder)s, 'x', concat('C', n), %(description)s, 5, 5,
           moment, TRUE, moment, 1, 1, moment
    FROM generate_series(1, %(count)s) AS n,
         LATERAL (SELECT now() - n * interval '1 ms' AS moment) AS begun
    RETURNING *
), revision AS (
    INSERT INTO promo_revision (promo_id, version, holder_id, promo_type, promo_code,
                                description, promo_amount, start_time, is_active,
                                deleted, actor_id, actor_role, creation_time)
    SELECT id, 1, holder_id, promo_type, promo_code, description, promo_amount,
           start_time, TRUE, FALSE, holder_id, 'administrator', creation_time
    FROM granted
)
INSERT INTO ledger_entry (promo_id, sequence, holder_id, type, points, balance,
                          actor_id, actor_role, creation_time)
SELECT id, 1, holder_id, 'grant', 5, 5, holder_id, 'administrator', creation_time
FROM granted
"""
_SPEND = """
WITH used AS (
    INSERT INTO redemption (id, holder_id, points, reversed_points, task, actor_id,
                            actor_role, creation_time)
    SELECT id, holder_id, 5, 0, description, holder_id, 'normal', last_entry_time
    FROM promo WHERE holder_id = %(holder)s AND remaining_points = 5
), part AS (
    INSERT INTO redemption_part (redemption_id, promo_id, holder_id, points,
                                 reversed_points, remaining_points)
    SELECT id, id, holder_id, 5, 0, 0
    FROM promo WHERE holder_id = %(holder)s AND remaining_points = 5
), entry AS (
    INSERT INTO ledger_entry (promo_id, sequence, holder_id, type, points, balance,
                              redemption_id, actor_id, actor_role, creation_time)
    SELECT id, 2, holder_id, 'use', -5, 0, id, holder_id, 'normal', last_entry_time
    FROM promo WHERE holder_id = %(holder)s AND remaining_points = 5
)
UPDATE promo SET remaining_points = 0, last_sequence = 2
WHERE holder_id = %(holder)s AND remaining_points = 5
"""


def many_by_sql(
    holder_id: UUID, count: int, *, spent: bool = False, description: str | None = None
) -> None:
    """Grant that many promos of 5 points each, and use them up if asked to."""
    values: dict[str, Any] = {
        "holder": holder_id,
        "count": count,
        "description": description,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FILL, values)
        if spent:
            cursor.execute(_SPEND, values)
