"""What was given back: each reversal against its redemption and its entries."""

from promo_service.promos.verification.rules import Check, Rule

# Entries have no index by redemption. So they are summed up where they are at hand: of
# a redemption of one promo among that promo's entries, of the others one by one, and
# only where there are several reversals. (One alone is the sum of all entries.)
_AGAINST_ENTRIES = """
WITH given AS (
    SELECT promo_id, redemption_id, actor_id, actor_role, creation_time,
           sum(points) AS points
    FROM ledger_entry WHERE WITHIN(promo_id) AND type = 'reverse'
    GROUP BY promo_id, redemption_id, actor_id, actor_role, creation_time
), shared AS MATERIALIZED (
    SELECT given.*, (
        SELECT count(*) FROM redemption_part
        WHERE redemption_part.redemption_id = given.redemption_id
    ) AS parts, (
        SELECT sum(points) FROM reversal
        WHERE reversal.redemption_id = given.redemption_id
          AND reversal.actor_id = given.actor_id
          AND reversal.actor_role = given.actor_role
          AND reversal.creation_time = given.creation_time
    ) AS said
    FROM given
)
"""

REVERSE_ENTRIES = Check(
    _AGAINST_ENTRIES,
    (
        Rule(
            name="reversal-has-its-entries",
            source="shared",
            subject="concat('redemption ', redemption_id)",
            what="concat('what a reversal gave back to promo ', promo_id)",
            actual="points",
            # Of several promos each got a share.
            wanted=(
                "CASE WHEN parts = 1 OR said IS NULL THEN said "
                "ELSE LEAST(points, said) END"
            ),
        ),
    ),
)

_AGAINST_REDEMPTIONS = """
WITH back AS MATERIALIZED (
    SELECT *, count(*) OVER (PARTITION BY redemption_id) AS siblings
    FROM reversal WHERE WITHIN(redemption_id)
), whole AS MATERIALIZED (
    SELECT redemption.*, given_back
    FROM redemption LEFT JOIN (
        SELECT redemption_id, sum(points) AS given_back FROM back GROUP BY redemption_id
    ) AS back ON back.redemption_id = id
    WHERE WITHIN(id)
), compared AS MATERIALIZED (
    SELECT back.*, redemption.holder_id AS owner_id,
           redemption.creation_time AS used_at
    FROM back JOIN redemption ON redemption.id = redemption_id
    WHERE WITHIN(redemption.id)
), moment AS (
    SELECT redemption_id, actor_id, actor_role, creation_time, sum(points) AS points
    FROM back WHERE siblings > 1
    GROUP BY redemption_id, actor_id, actor_role, creation_time
), summed AS MATERIALIZED (
    SELECT moment.*, (
        SELECT sum((
            SELECT sum(entry.points) FROM ledger_entry AS entry
            WHERE entry.promo_id = part.promo_id AND entry.type = 'reverse'
              AND entry.redemption_id = moment.redemption_id
              AND entry.actor_id = moment.actor_id
              AND entry.actor_role = moment.actor_role
              AND entry.creation_time = moment.creation_time
        ))
        FROM redemption_part AS part
        WHERE part.redemption_id = moment.redemption_id AND part.reversed_points > 0
    ) AS moved
    FROM moment
    WHERE (
        SELECT count(*) FROM redemption_part
        WHERE redemption_part.redemption_id = moment.redemption_id
    ) > 1
)
"""


def _of_reversal(name: str, what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        name=name,
        source="compared",
        subject="concat('redemption ', redemption_id)",
        what=f"concat('{what} of reversal ', id)",
        actual=actual,
        wanted=wanted,
    )


REVERSALS = Check(
    _AGAINST_REDEMPTIONS,
    (
        Rule(
            name="reversals-sum-up",
            source="whole",
            subject="concat('redemption ', id)",
            what="'reversed_points (by its reversals)'",
            actual="reversed_points",
            wanted="COALESCE(given_back, 0)",
        ),
        Rule(
            name="reversal-has-its-entries",
            source="summed",
            subject="concat('redemption ', redemption_id)",
            what="concat('what was given back at ', creation_time)",
            actual="points",
            wanted="moved",
        ),
        _of_reversal("one-holder-everywhere", "holder_id", "holder_id", "owner_id"),
        _of_reversal(
            "administrators-revise", "actor_role", "actor_role", "'administrator'"
        ),
        _of_reversal(
            "times-ascend",
            "the time",
            "creation_time",
            "GREATEST(creation_time, used_at)",
        ),
    ),
)
