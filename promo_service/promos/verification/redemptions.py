"""What was used: redemptions, their parts, and the entries of both."""

from promo_service.promos.verification.rules import Check, Rule, list_differences

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


def _of_share(name: str, what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        name=name,
        source="share",
        subject="concat('redemption ', redemption_id)",
        what=f"concat('{what} promo ', promo_id)",
        actual=actual,
        wanted=wanted,
    )


SHARES = Check(
    _SHARES,
    (
        _of_share(
            "use-has-part-and-entry", "the number of use entries on", "uses", "1"
        ),
        _of_share(
            "use-has-part-and-entry",
            "points of",
            "points",
            # Without an entry their number is wrong, and that is enough to say.
            "CASE WHEN uses > 0 OR points IS NULL THEN used ELSE points END",
        ),
        _of_share(
            "use-has-part-and-entry",
            "remaining_points of",
            "remaining_points",
            "CASE WHEN uses = 1 AND points IS NOT NULL THEN balance "
            "ELSE remaining_points END",
        ),
        _of_share(
            "reversals-sum-up",
            "reversed_points of",
            "reversed_points",
            "CASE WHEN points IS NOT NULL THEN given_back END",
        ),
        _of_share(
            "reversed-within-used",
            "reversed_points (no more than its points) of",
            "reversed_points",
            "LEAST(reversed_points, points)",
        ),
    ),
)

_COPIED = ("holder_id", "actor_id", "actor_role", "creation_time")

# Looked up one by one: a join might read all redemptions for each range.
_MOVED = f"""
WITH moved AS MATERIALIZED (
    SELECT promo_id, sequence, type, COALESCE(
        (SELECT CASE WHEN entry.type = 'use'
                     THEN {list_differences(_COPIED, "entry", "redemption")}
                     ELSE {list_differences(_COPIED[:1], "entry", "redemption")} END
         FROM redemption WHERE id = entry.redemption_id),
        'everything (it is missing)'
    ) AS differing
    FROM ledger_entry AS entry
    WHERE WITHIN(promo_id) AND redemption_id IS NOT NULL
)
"""  # noqa: S608 - put together from constants

ENTRIES_OF_USES = Check(
    _MOVED,
    (
        Rule(
            name="use-has-one-author",
            source="moved",
            subject="concat('promo ', promo_id)",
            what=(
                "concat('entry ', sequence, ' (', type, "
                "'): what differs from its redemption')"
            ),
            actual="NULLIF(differing, '')",
            wanted="NULL",
        ),
    ),
)

_NEVER = "'infinity'::timestamptz"
# Ends may have been changed since: the earliest and the latest that there ever were.
_ENDS = (
    f"(SELECT {{}}(COALESCE(end_time, {_NEVER})) FROM promo_revision "  # noqa: S608
    "WHERE promo_id = {})"
)
_FIRST_END = _ENDS.format("min", "earlier_id")
_LAST_END = _ENDS.format("max", "promo_id")

_WHOLE = f"""
WITH part AS MATERIALIZED (
    SELECT *, row_number() OVER parts AS place, lag(promo_id) OVER parts AS earlier_id,
           lag(remaining_points) OVER parts AS earlier_left
    FROM redemption_part WHERE WITHIN(redemption_id)
    WINDOW parts AS (PARTITION BY redemption_id ORDER BY position, promo_id)
), further AS MATERIALIZED (
    SELECT redemption_id, promo_id, earlier_id, earlier_left,
           {_FIRST_END} AS earlier_end, {_LAST_END} AS own_end
    FROM part WHERE earlier_id IS NOT NULL
), whole AS MATERIALIZED (
    SELECT redemption.*, taken, taken_back
    FROM redemption LEFT JOIN (
        SELECT redemption_id, sum(points) AS taken, sum(reversed_points) AS taken_back
        FROM part GROUP BY redemption_id
    ) AS part ON part.redemption_id = id
    WHERE WITHIN(id)
), owned AS MATERIALIZED (
    SELECT redemption.id, redemption.holder_id, part.promo_id,
           part.holder_id AS other_id
    FROM redemption JOIN part ON redemption_id = redemption.id
        AND part.holder_id IS DISTINCT FROM redemption.holder_id
    WHERE WITHIN(redemption.id)
)
"""  # noqa: S608 - put together from constants


def _of_whole(name: str, what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        name=name,
        source="whole",
        subject="concat('redemption ', id)",
        what=f"'{what}'",
        actual=actual,
        wanted=wanted,
    )


def _of_further(what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        name="soonest-end-first",
        source="further",
        subject="concat('redemption ', redemption_id)",
        what=f"concat('{what} promo ', earlier_id, ', taken from before another,')",
        actual=actual,
        wanted=wanted,
    )


REDEMPTIONS = Check(
    _WHOLE,
    (
        _of_whole(
            "redemption-is-its-parts",
            "points (by its parts)",
            "points",
            "COALESCE(taken, 0)",
        ),
        _of_whole(
            "reversals-sum-up",
            "reversed_points (by its parts)",
            "reversed_points",
            "COALESCE(taken_back, 0)",
        ),
        _of_whole(
            "reversed-within-used",
            "reversed_points (no more than its points)",
            "reversed_points",
            "LEAST(reversed_points, points)",
        ),
        _of_whole(
            "users-use-their-own",
            "its normal user",
            "CASE WHEN actor_role = 'normal' THEN actor_id END",
            "CASE WHEN actor_role = 'normal' THEN holder_id END",
        ),
        Rule(
            name="parts-in-sequence",
            source="part",
            subject="concat('redemption ', redemption_id)",
            what="concat('the position of promo ', promo_id)",
            actual="position",
            wanted="place",
        ),
        _of_further("what was left of", "earlier_left", "0"),
        _of_further(
            "ending soonest of",
            "earlier_end < own_end OR earlier_end = own_end AND earlier_id < promo_id",
            # A promo without revisions is another rule's.
            "earlier_end IS NOT NULL AND own_end IS NOT NULL OR NULL",
        ),
        Rule(
            name="one-holder-everywhere",
            source="owned",
            subject="concat('redemption ', id)",
            what="concat('holder_id of its part of promo ', promo_id)",
            actual="other_id",
            wanted="holder_id",
        ),
    ),
)
