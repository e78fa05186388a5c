"""What moved between two times, by the type that each promo has at the later one.

Sums of adjoining intervals add up: whatever a promo was called meanwhile, all that ever
moved on it counts under the type that it has at the end of the last one. For this a
promo that changes its type in an interval brings its past along.
"""

from datetime import UTC, date, datetime, time

# The figures of a movement in the order of their columns.
FIGURES = ("issued", "used", "reversed", "adjusted", "voided")

BEGINNING = datetime.min.replace(tzinfo=UTC)

FIGURES_OF_ENTRIES = """
    COALESCE(sum(points) FILTER (WHERE type = 'grant'), 0)::bigint AS issued,
    COALESCE(-sum(points) FILTER (WHERE type = 'use'), 0)::bigint AS used,
    COALESCE(sum(points) FILTER (WHERE type = 'reverse'), 0)::bigint AS reversed,
    COALESCE(sum(points) FILTER (WHERE type = 'adjust'), 0)::bigint AS adjusted,
    COALESCE(-sum(points) FILTER (WHERE type = 'void'), 0)::bigint AS voided
"""

# A query for the type of a promo just before a moment.
TYPE_AT = """
    SELECT promo_type FROM promo_revision
    WHERE promo_id = {promo_id} AND creation_time < {moment}
    ORDER BY version DESC LIMIT 1
"""

# Common table expressions; `moved` has the figures from `since` up to `until`, by type.
MOVED = """
retyped AS MATERIALIZED (
    SELECT promo_id, early.promo_type AS old_type, late.promo_type AS new_type
    FROM (
        SELECT DISTINCT promo_id FROM promo_revision
        WHERE creation_time >= %(since)s AND creation_time < %(until)s AND version > 1
    ) AS revised
    CROSS JOIN LATERAL ({type_at_since}) AS early
    CROSS JOIN LATERAL ({type_at_until}) AS late
    WHERE early.promo_type <> late.promo_type
), movement AS (
    -- A promo at its first version has had one type only.
    SELECT CASE WHEN version = 1 THEN promo_type ELSE ({type_of_promo}) END
               AS promo_type, type, points
    FROM ledger_entry JOIN promo ON promo.id = promo_id
    WHERE ledger_entry.creation_time >= %(since)s
      AND ledger_entry.creation_time < %(until)s
    UNION ALL
    SELECT counts.promo_type, type, sign * points
    FROM retyped JOIN ledger_entry USING (promo_id)
    CROSS JOIN LATERAL (VALUES (old_type, -1), (new_type, 1))
        AS counts(promo_type, sign)
    WHERE creation_time < %(since)s
), moved AS (
    SELECT promo_type, {figures} FROM movement GROUP BY promo_type
)
""".format(  # noqa: S608 - put together from constants
    type_at_since=TYPE_AT.format(promo_id="revised.promo_id", moment="%(since)s"),
    type_at_until=TYPE_AT.format(promo_id="revised.promo_id", moment="%(until)s"),
    type_of_promo=TYPE_AT.format(promo_id="promo.id", moment="%(until)s"),
    figures=FIGURES_OF_ENTRIES,
)


def start_of(day: date) -> datetime:
    """This function will return the day's first moment, in UTC."""
    return datetime.combine(day, time.min, UTC)
