"""An idempotency key stands for an effect of its actor, and its answer tells of it."""

from promo_service.promos.verification.rules import Check, Rule


def _time(name: str) -> str:
    return (
        f"CASE WHEN pg_input_is_valid(one ->> '{name}', 'timestamptz') "
        f"THEN (one ->> '{name}')::timestamptz END"
    )


# What an answer shows, and what it has to be by the promo's first revision.
_OF_A_GRANT = {
    "user": ("one #>> '{user,id}'", "holder_id::text"),
    "promo_type": ("one ->> 'promo_type'", "promo_type"),
    "promo_code": ("one ->> 'promo_code'", "promo_code"),
    "description": ("one ->> 'description'", "description"),
    "promo_amount": ("one ->> 'promo_amount'", "promo_amount::text"),
    "used_points": ("one ->> 'used_points'", "'0'"),
    "remaining_points": ("one ->> 'remaining_points'", "promo_amount::text"),
    "start_time": (_time("start_time"), "start_time"),
    "end_time": (_time("end_time"), "end_time"),
    "is_active": ("one ->> 'is_active'", "is_active::text"),
    "status": (
        "one ->> 'status'",
        # A grant that is dated to the end of the closed days was made earlier.
        """CASE WHEN creation_time = date_trunc('day', creation_time, 'UTC')
        THEN one ->> 'status' WHEN NOT is_active THEN 'inactive'
        WHEN start_time > creation_time THEN 'scheduled'
        WHEN end_time <= creation_time THEN 'expired' ELSE 'active' END""",
    ),
    "creation_time": (_time("creation_time"), "creation_time"),
    "version": ("one ->> 'version'", "'1'"),
}
_PARTS = """jsonb_array_elements(
    CASE WHEN jsonb_typeof(one -> 'parts') = 'array' THEN one -> 'parts' END)"""
# The same of a reversal, by its redemption, its parts and the reversals till then.
_OF_A_REVERSAL = {
    "user_id": ("one ->> 'user_id'", "holder_id::text"),
    "points": ("one ->> 'points'", "points::text"),
    "task": ("one ->> 'task'", "task"),
    "creation_time": (_time("creation_time"), "redemption.creation_time"),
    "reversed_points": (
        "one ->> 'reversed_points'",
        # Of two at one moment (the clock was set back) either may have been the first.
        """(SELECT CASE WHEN count(*) FILTER (
            WHERE creation_time = shown.creation_time
        ) > 1 THEN one ->> 'reversed_points' ELSE sum(points)::text END
        FROM reversal WHERE redemption_id = redemption.id
        AND creation_time <= shown.creation_time)""",
    ),
    "remaining_points": (
        "one ->> 'remaining_points'",
        """(SELECT sum(remaining_points)::text FROM redemption_part
        WHERE redemption_id = redemption.id)""",
    ),
    "parts": (
        f"""(SELECT jsonb_agg(jsonb_build_array(part ->> 'promo_id',
            part ->> 'points', part ->> 'remaining_points') ORDER BY place)
        FROM {_PARTS} WITH ORDINALITY AS parts(part, place))""",  # noqa: S608
        """(SELECT jsonb_agg(jsonb_build_array(promo_id::text, points::text,
            remaining_points::text) ORDER BY position)
        FROM redemption_part WHERE redemption_id = redemption.id)""",
    ),
    "parts' reversed_points": (
        "one ->> 'reversed_points'",
        f"""(SELECT sum(CASE WHEN pg_input_is_valid(part ->> 'reversed_points',
            'bigint') THEN (part ->> 'reversed_points')::bigint END)::text
        FROM {_PARTS} AS part)""",  # noqa: S608
    ),
}


def _list_wrong(members: dict[str, tuple[str, str]]) -> str:
    cases = ", ".join(
        f"CASE WHEN ({said}) IS DISTINCT FROM ({wanted}) THEN "
        f"'{name.replace(chr(39), chr(39) * 2)}' END"
        for name, (said, wanted) in members.items()
    )
    return f"concat_ws(', ', {cases})"


_EFFECTS = f"""
WITH key AS MATERIALIZED (
    SELECT actor_id, key, creation_time, redemption_id, status, fingerprint,
           CASE WHEN answer IS JSON OBJECT THEN answer::jsonb END AS answer
    FROM idempotency_key WHERE WITHIN(actor_id, key)
), shown AS (
    SELECT actor_id, key, creation_time, one, one ? 'parts' AS is_redemption,
           CASE WHEN pg_input_is_valid(one ->> 'id', 'uuid')
                THEN (one ->> 'id')::uuid END AS id
    FROM key CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(answer -> 'results') = 'array'
             THEN answer -> 'results' ELSE jsonb_build_array(answer) END
    ) AS one
    WHERE answer IS NOT NULL
), effect AS (
    -- Each is looked up by itself: a join might read everything for each range.
    SELECT actor_id, key, (
        SELECT '' FROM redemption
        WHERE id = redemption_id AND redemption.actor_id = key.actor_id
          AND redemption.creation_time = key.creation_time
    ) AS wrong
    FROM key WHERE redemption_id IS NOT NULL
    UNION ALL
    SELECT actor_id, key, (
        SELECT {_list_wrong(_OF_A_GRANT)} FROM promo_revision
        WHERE promo_id = shown.id AND version = 1
          AND promo_revision.actor_id = shown.actor_id
          AND promo_revision.creation_time = shown.creation_time
    )
    FROM shown WHERE NOT is_redemption
    UNION ALL
    SELECT actor_id, key, (
        SELECT {_list_wrong(_OF_A_REVERSAL)} FROM redemption
        WHERE id = shown.id AND (
            SELECT count(*) FROM reversal
            WHERE redemption_id = shown.id AND reversal.actor_id = shown.actor_id
              AND reversal.creation_time = shown.creation_time
        ) > 0
    )
    FROM shown WHERE is_redemption
), answered AS MATERIALIZED (
    SELECT key.actor_id, key.key, status, length(fingerprint) AS fingerprint_bytes,
           count(effect.key) AS effects, count(wrong) AS own,
           string_agg(DISTINCT wrong, ', ') FILTER (WHERE wrong <> '') AS wrong
    FROM key LEFT JOIN effect USING (actor_id, key)
    GROUP BY key.actor_id, key.key, status, fingerprint
)
"""  # noqa: S608 - put together from constants


def _of_key(name: str, what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        name=name,
        source="answered",
        subject="concat('key ', key, ' of ', actor_id)",
        what=f"'{what}'",
        actual=actual,
        wanted=wanted,
    )


KEYS = Check(
    _EFFECTS,
    (
        _of_key(
            "key-has-its-effect",
            "the number of effects by the same actor at the same time",
            "own",
            "GREATEST(effects, 1)",
        ),
        _of_key(
            "answer-tells-the-effect",
            "what its answer says otherwise than the effect",
            "wrong",
            "NULL",
        ),
        _of_key("key-has-its-effect", "status", "status", "201"),
        _of_key(
            "key-has-its-effect",
            "the length of its fingerprint",
            "fingerprint_bytes",
            "32",
        ),
    ),
)
