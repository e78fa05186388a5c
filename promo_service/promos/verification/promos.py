"""A promo against its ledger and its revisions (I1 to I4, I6, I7)."""

from promo_service.promos.verification.rules import Check, Rule

_ENTRIES = """
WITH entry AS MATERIALIZED (
    SELECT promo_id, sequence, type, points, balance, creation_time,
           lag(sequence) OVER history AS last_sequence,
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


def _of_entry(what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        invariant="I3",
        source="entry",
        subject="concat('promo ', promo_id)",
        what=f"concat('entry ', sequence, ': {what}')",
        actual=actual,
        wanted=wanted,
    )


def _of_promo(
    invariant: str, what: str, actual: str, wanted: str, source: str = "ledger"
) -> Rule:
    return Rule(
        invariant=invariant,
        source=source,
        subject="concat('promo ', id)",
        what=what,
        actual=actual,
        wanted=wanted,
    )


_LEDGER = Check(
    _ENTRIES,
    (
        _of_entry("the sequence", "sequence", "COALESCE(last_sequence, 0) + 1"),
        _of_entry("the balance", "balance", "COALESCE(last_balance, 0) + points"),
        _of_entry(
            "the time",
            "creation_time",
            "GREATEST(creation_time, last_time)",
        ),
        _of_entry(
            "being the grant",
            "type = 'grant'",
            "last_sequence IS NULL",
        ),
        _of_promo(
            "I1",
            "'remaining_points'",
            "remaining_points",
            "GREATEST(0, LEAST(remaining_points, promo_amount))",
        ),
        _of_promo(
            "I1",
            "'remaining_points of a deleted promo'",
            "remaining_points",
            "CASE WHEN deleted_at IS NULL THEN remaining_points ELSE 0 END",
        ),
        _of_promo(
            "I1",
            "'is_used_up'",
            "is_used_up",
            "is_used_up AND remaining_points = 0",
        ),
        _of_promo(
            "I2", "'remaining_points'", "remaining_points", "COALESCE(points, 0)"
        ),
        _of_promo("I2", "'promo_amount'", "promo_amount", "COALESCE(amount, 0)"),
        _of_promo("I3", "'last_sequence'", "last_sequence", "sequence"),
        _of_promo("I3", "'creation_time'", "creation_time", "first_time"),
        _of_promo("I3", "'last_entry_time'", "last_entry_time", "last_time"),
    ),
)

_REVISED = """
WITH revision AS MATERIALIZED (
    SELECT *, lag(version) OVER history AS last_version
    FROM promo_revision WHERE WITHIN(promo_id)
    WINDOW history AS (PARTITION BY promo_id ORDER BY version)
), latest AS (
    SELECT DISTINCT ON (promo_id) * FROM revision ORDER BY promo_id, version DESC
), revised AS MATERIALIZED (
    SELECT promo.id, promo.version, promo.deleted_at IS NOT NULL AS deleted, {own},
           latest.promo_id AS last_id, latest.version AS last_version,
           latest.deleted AS last_deleted, {last}
    FROM promo LEFT JOIN latest ON latest.promo_id = promo.id WHERE WITHIN(promo.id)
)
"""
_ATTRIBUTES = (
    "promo_type",
    "promo_code",
    "description",
    "promo_amount",
    "start_time",
    "end_time",
    "is_active",
)

_REVISIONS = Check(
    _REVISED.format(
        own=", ".join(f"promo.{name}" for name in _ATTRIBUTES),
        last=", ".join(f"latest.{name} AS last_{name}" for name in _ATTRIBUTES),
    ),
    (
        Rule(
            invariant="I4",
            source="revision",
            subject="concat('promo ', promo_id)",
            what="'the number of a revision'",
            actual="version",
            wanted="COALESCE(last_version, 0) + 1",
        ),
        _of_promo("I4", "'version'", "version", "last_version", "revised"),
        *(
            _of_promo(
                "I4",
                f"'{name}'",
                name,
                # Without any revision the version is wrong, and that is enough to say.
                f"CASE WHEN last_id IS NULL THEN {name} ELSE last_{name} END",
                "revised",
            )
            for name in (*_ATTRIBUTES, "deleted")
        ),
    ),
)

# The holder is looked up one by one: a join might read all holders for each range.
_HELD = """
WITH held AS MATERIALIZED (
    SELECT id, deleted_at, (
        SELECT username FROM holder
        WHERE user_id = holder_id AND (role <> 'normal' OR deleted)
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
    ) AS other ON promo_id = promo.id AND other.holder_id <> promo.holder_id
    WHERE WITHIN(promo.id)
)
"""

_HOLDERS = Check(
    _HELD,
    (
        _of_promo(
            "I6",
            "concat('being deleted (', may_not, ' is an administrator or deleted)')",
            "deleted_at IS NOT NULL",
            "deleted_at IS NOT NULL OR may_not IS NOT NULL",
            "held",
        ),
        _of_promo(
            "I7", "concat('holder_id of ', name)", "other_id", "holder_id", "owned"
        ),
    ),
)

PROMO_CHECKS = (_LEDGER, _REVISIONS, _HOLDERS)
