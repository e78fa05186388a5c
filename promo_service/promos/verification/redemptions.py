"""What was used and given back (I8): redemptions, parts, entries, reversals."""

from promo_service.promos.verification.rules import Check, Rule

_SHARES = """
WITH moved AS (
    SELECT promo_id, redemption_id,
           count(*) FILTER (WHERE type = 'use') AS uses,
           -sum(points) FILTER (WHERE type = 'use') AS used,
           max(balance) FILTER (WHERE type = 'use') AS balance,
           sum(points) FILTER (WHERE type = 'reverse') AS given_back
    FROM ledger_entry WHERE WITHIN(promo_id) AND redemption_id IS NOT NULL
    GROUP BY promo_id, redemption_id
), part AS (
    SELECT * FROM redemption_part WHERE WITHIN(promo_id)
), share AS MATERIALIZED (
    SELECT promo_id, redemption_id, points, remaining_points, reversed_points,
           COALESCE(uses, 0) AS uses, used, balance,
           COALESCE(given_back, 0) AS given_back
    FROM moved FULL JOIN part USING (promo_id, redemption_id)
)
"""


def _of_share(what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        invariant="I8",
        source="share",
        subject="concat('redemption ', redemption_id)",
        what=f"concat('{what} promo ', promo_id)",
        actual=actual,
        wanted=wanted,
    )


SHARES = Check(
    _SHARES,
    (
        _of_share("the number of use entries on", "uses", "1"),
        _of_share(
            "points of",
            "points",
            # Without an entry their number is wrong, and that is enough to say.
            "CASE WHEN uses > 0 OR points IS NULL THEN used ELSE points END",
        ),
        _of_share(
            "remaining_points of",
            "remaining_points",
            "CASE WHEN uses = 1 AND points IS NOT NULL THEN balance "
            "ELSE remaining_points END",
        ),
        _of_share(
            "reversed_points of",
            "reversed_points",
            "CASE WHEN points IS NOT NULL THEN given_back END",
        ),
        _of_share(
            "reversed_points (no more than its points) of",
            "reversed_points",
            "LEAST(reversed_points, points)",
        ),
    ),
)

_WHOLE = """
WITH whole AS MATERIALIZED (
    SELECT redemption.*, taken, taken_back, given_back
    FROM redemption LEFT JOIN (
        SELECT redemption_id, sum(points) AS taken, sum(reversed_points) AS taken_back
        FROM redemption_part WHERE WITHIN(redemption_id) GROUP BY redemption_id
    ) AS part ON part.redemption_id = id LEFT JOIN (
        SELECT redemption_id, sum(points) AS given_back
        FROM reversal WHERE WITHIN(redemption_id) GROUP BY redemption_id
    ) AS back ON back.redemption_id = id
    WHERE WITHIN(id)
), owned AS MATERIALIZED (
    SELECT redemption.id, redemption.holder_id, other.name, other.holder_id AS other_id
    FROM redemption JOIN (
        SELECT redemption_id, concat('reversal ', id) AS name, holder_id
        FROM reversal WHERE WITHIN(redemption_id)
        UNION ALL
        SELECT redemption_id, concat('its part of promo ', promo_id), holder_id
        FROM redemption_part WHERE WITHIN(redemption_id)
    ) AS other
    ON redemption_id = redemption.id AND other.holder_id <> redemption.holder_id
    WHERE WITHIN(redemption.id)
)
"""


def _of_whole(what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        invariant="I8",
        source="whole",
        subject="concat('redemption ', id)",
        what=f"'{what}'",
        actual=actual,
        wanted=wanted,
    )


REDEMPTIONS = Check(
    _WHOLE,
    (
        _of_whole("points (by its parts)", "points", "COALESCE(taken, 0)"),
        _of_whole(
            "reversed_points (by its parts)",
            "reversed_points",
            "COALESCE(taken_back, 0)",
        ),
        _of_whole(
            "reversed_points (by its reversals)",
            "reversed_points",
            "COALESCE(given_back, 0)",
        ),
        _of_whole(
            "reversed_points (no more than its points)",
            "reversed_points",
            "LEAST(reversed_points, points)",
        ),
        Rule(
            invariant="I7",
            source="owned",
            subject="concat('redemption ', id)",
            what="concat('holder_id of ', name)",
            actual="other_id",
            wanted="holder_id",
        ),
    ),
)
