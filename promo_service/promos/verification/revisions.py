"""Revisions against the promo, and against the entries that their changes made.

What an administrator changed is told twice: by a revision and, if points moved, by an
entry. Both say who did it, when, and how many points it was.
"""

from promo_service.promos.verification.rules import Check, Rule, list_differences

_ATTRIBUTES = (
    "promo_type",
    "promo_code",
    "description",
    "promo_amount",
    "start_time",
    "end_time",
    "is_active",
)

_REVISED = """
WITH revision AS MATERIALIZED (
    SELECT *, lag(version) OVER history AS last_version,
           lag(promo_amount) OVER history AS last_amount,
           lag(deleted) OVER history AS was_deleted,
           first_value(creation_time) OVER history AS first_time
    FROM promo_revision WHERE WITHIN(promo_id)
    WINDOW history AS (PARTITION BY promo_id ORDER BY version)
), latest AS (
    SELECT DISTINCT ON (promo_id) * FROM revision ORDER BY promo_id, version DESC
), revised AS MATERIALIZED (
    SELECT promo.id, promo.version, promo.deleted_at, {own},
           latest.promo_id AS last_id, latest.version AS last_version,
           CASE WHEN latest.deleted THEN latest.creation_time END AS last_deleted_at,
           {last}
    FROM promo LEFT JOIN latest ON latest.promo_id = promo.id WHERE WITHIN(promo.id)
), change AS (
    -- What revisions say of movements; how much was voided the ledger knows alone.
    SELECT promo_id, version, type, creation_time, actor_id, actor_role,
           CASE WHEN type <> 'void' THEN promo_amount - COALESCE(last_amount, 0) END
               AS points,
           row_number() OVER (PARTITION BY promo_id, type ORDER BY version) AS number
    FROM (
        SELECT *, CASE WHEN last_version IS NULL THEN 'grant'
                       WHEN deleted THEN 'void' ELSE 'adjust' END AS type
        FROM revision
        WHERE last_version IS NULL OR deleted
           OR promo_amount IS DISTINCT FROM last_amount
    ) AS moving
), movement AS (
    SELECT promo_id, sequence, type, creation_time, actor_id, actor_role,
           CASE WHEN type <> 'void' THEN points END AS points,
           row_number() OVER (PARTITION BY promo_id, type ORDER BY sequence) AS number
    FROM ledger_entry
    WHERE WITHIN(promo_id) AND type IN ('grant', 'adjust', 'void')
), made AS MATERIALIZED (
    -- Of a promo that had nothing left, nothing was voided.
    SELECT promo_id, type, version, sequence, {differences} AS differing
    FROM change FULL JOIN movement USING (promo_id, type, number)
    WHERE type <> 'void' OR sequence IS NOT NULL
)
"""


def _of_promo(what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        name="promo-is-its-last-revision",
        source="revised",
        subject="concat('promo ', id)",
        what=what,
        actual=actual,
        wanted=wanted,
    )


def _of_revision(name: str, what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        name=name,
        source="revision",
        subject="concat('promo ', promo_id)",
        what=f"concat('revision ', version, ': {what}')",
        actual=actual,
        wanted=wanted,
    )


REVISIONS = Check(
    _REVISED.format(
        own=", ".join(f"promo.{name}" for name in _ATTRIBUTES),
        last=", ".join(f"latest.{name} AS last_{name}" for name in _ATTRIBUTES),
        differences=list_differences(
            ("points", "creation_time", "actor_id", "actor_role"), "change", "movement"
        ),
    ),
    (
        _of_revision(
            "revisions-in-sequence",
            "the version",
            "version",
            "COALESCE(last_version, 0) + 1",
        ),
        _of_revision(
            "revisions-in-sequence",
            "the time",
            "creation_time",
            "GREATEST(creation_time, first_time)",
        ),
        _of_revision(
            "deletion-comes-last",
            "the promo being deleted before",
            "COALESCE(was_deleted, FALSE)",
            "FALSE",
        ),
        _of_revision(
            "administrators-revise", "actor_role", "actor_role", "'administrator'"
        ),
        _of_promo("'version'", "version", "last_version"),
        _of_promo(
            "'deleted_at'",
            "deleted_at",
            "CASE WHEN last_id IS NULL THEN deleted_at ELSE last_deleted_at END",
        ),
        *(
            _of_promo(
                f"'{name}'",
                name,
                # Without any revision the version is wrong, and that is enough to say.
                f"CASE WHEN last_id IS NULL THEN {name} ELSE last_{name} END",
            )
            for name in _ATTRIBUTES
        ),
        Rule(
            name="change-has-its-entry",
            source="made",
            subject="concat('promo ', promo_id)",
            what=(
                "concat('what differs between revision ', COALESCE(version::text, '?'),"
                " ' and its entry of type ', type, ', ', "
                "COALESCE(sequence::text, '?'), ',')"
            ),
            actual=(
                "CASE WHEN version IS NULL THEN 'everything (there is no revision)' "
                "WHEN sequence IS NULL THEN 'everything (there is no entry)' "
                "ELSE NULLIF(differing, '') END"
            ),
            wanted="NULL",
        ),
    ),
)
