"""A promo against its ledger: points, numbers, times, and the holder of all of it."""

from promo_service.promos.verification.rules import Check, Rule

# A promo that moved after this migration is flagged by its trigger.
_FLAGGED_SINCE = (
    "(SELECT applied FROM django_migrations "
    "WHERE app = 'promos' AND name = '0008_used_up')"
)
_NEVER = "TIMESTAMPTZ '9999-12-31 23:59:59.999999+00'"

_ENTRIES = """
WITH entry AS MATERIALIZED (
    SELECT promo_id, sequence, type, points, balance, creation_time,
           lag(sequence) OVER history AS last_sequence,
           lag(type) OVER history AS last_type,
           lag(balance) OVER history AS last_balance,
           lag(creation_time) OVER history AS last_time
    FROM ledger_entry WHERE WITHIN(promo_id)
    WINDOW history AS (PARTITION BY promo_id ORDER BY sequence)
), total AS (
    SELECT promo_id, sum(points) AS points, max(sequence) AS sequence,
           sum(points) FILTER (WHERE type IN ('grant', 'adjust')) AS amount,
           min(creation_time) AS first_time, max(creation_time) AS last_time
    FROM entry GROUP BY promo_id
), ledger AS MATERIALIZED (
    SELECT promo.*, points, sequence, amount, first_time, last_time
    FROM promo LEFT JOIN total ON promo_id = id WHERE WITHIN(id)
)
"""


def _of_entry(name: str, what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        name=name,
        source="entry",
        subject="concat('promo ', promo_id)",
        what=f"concat('entry ', sequence, ': {what}')",
        actual=actual,
        wanted=wanted,
    )


def _of_promo(
    name: str, what: str, actual: str, wanted: str, source: str = "ledger"
) -> Rule:
    return Rule(
        name=name,
        source=source,
        subject="concat('promo ', id)",
        what=what,
        actual=actual,
        wanted=wanted,
    )


_LEDGER = Check(
    _ENTRIES,
    (
        _of_entry(
            "entries-in-sequence",
            "the sequence",
            "sequence",
            "COALESCE(last_sequence, 0) + 1",
        ),
        _of_entry(
            "balances-follow",
            "the balance",
            "balance",
            "COALESCE(last_balance, 0) + points",
        ),
        _of_entry(
            "times-ascend",
            "the time",
            "creation_time",
            "GREATEST(creation_time, last_time)",
        ),
        _of_entry(
            "grant-comes-first",
            "being the grant",
            "type = 'grant'",
            "last_sequence IS NULL",
        ),
        _of_entry(
            "void-comes-last",
            "the type of the entry before",
            "last_type",
            "NULLIF(last_type, 'void')",
        ),
        _of_promo(
            "balance-within-amount",
            "'remaining_points'",
            "remaining_points",
            "GREATEST(0, LEAST(remaining_points, promo_amount))",
        ),
        _of_promo(
            "deleted-holds-nothing",
            "'remaining_points of a deleted promo'",
            "remaining_points",
            "CASE WHEN deleted_at IS NULL THEN remaining_points ELSE 0 END",
        ),
        _of_promo(
            "used-up-is-flagged",
            "'is_used_up'",
            "is_used_up",
            "CASE WHEN remaining_points <> 0 THEN FALSE WHEN deleted_at IS NULL "
            f"AND last_entry_time > {_FLAGGED_SINCE} THEN TRUE ELSE is_used_up END",
        ),
        _of_promo("end-is-ordered", "'ends'", "ends", f"COALESCE(end_time, {_NEVER})"),
        _of_promo(
            "ledger-sums-to-balance",
            "'remaining_points'",
            "remaining_points",
            "COALESCE(points, 0)",
        ),
        _of_promo(
            "ledger-sums-to-amount",
            "'promo_amount'",
            "promo_amount",
            "COALESCE(amount, 0)",
        ),
        _of_promo(
            "promo-knows-its-ledger", "'last_sequence'", "last_sequence", "sequence"
        ),
        _of_promo(
            "promo-knows-its-ledger", "'creation_time'", "creation_time", "first_time"
        ),
        _of_promo(
            "promo-knows-its-ledger",
            "'last_entry_time'",
            "last_entry_time",
            "last_time",
        ),
    ),
)

# The holder is looked up one by one: a join might read all holders for each range.
_HELD = """
WITH held AS MATERIALIZED (
    SELECT id, deleted_at, (
        SELECT username FROM holder
        WHERE user_id = holder_id AND (role <> 'normal' OR deleted)
          AND void_since IS NULL
    ) AS may_not
    FROM promo WHERE WITHIN(id) AND deleted_at IS NULL
), owned AS MATERIALIZED (
    SELECT promo.id, promo.holder_id, other.name, other.holder_id AS other_id
    FROM promo JOIN (
        SELECT promo_id, concat('entry ', sequence) AS name, holder_id
        FROM ledger_entry WHERE WITHIN(promo_id)
        UNION ALL
        SELECT promo_id, concat('revision ', version), holder_id
        FROM promo_revision WHERE WITHIN(promo_id)
        UNION ALL
        SELECT promo_id, concat('its part of redemption ', redemption_id), holder_id
        FROM redemption_part WHERE WITHIN(promo_id)
    ) AS other ON promo_id = promo.id
        AND other.holder_id IS DISTINCT FROM promo.holder_id
    WHERE WITHIN(promo.id)
)
"""

_HOLDERS = Check(
    _HELD,
    (
        _of_promo(
            "only-normal-users-hold",
            "concat('being deleted (', may_not, ' is an administrator or deleted)')",
            "deleted_at IS NOT NULL",
            "deleted_at IS NOT NULL OR may_not IS NOT NULL",
            "held",
        ),
        _of_promo(
            "one-holder-everywhere",
            "concat('holder_id of ', name)",
            "other_id",
            "holder_id",
            "owned",
        ),
    ),
)

PROMO_CHECKS = (_LEDGER, _HOLDERS)
