"""An idempotency key stands for an effect of its actor, of the same moment (I5)."""

from promo_service.promos.verification.rules import Check, Rule

# What an answer shows: a promo, promos, or the redemption that was given back.
_EFFECTS = """
WITH key AS MATERIALIZED (
    SELECT actor_id, key, creation_time, redemption_id, status, fingerprint,
           CASE WHEN answer IS JSON OBJECT THEN answer::jsonb END AS answer
    FROM idempotency_key WHERE WITHIN(actor_id, key)
), shown AS (
    SELECT actor_id, key, creation_time, one ? 'parts' AS is_redemption,
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
        SELECT TRUE FROM redemption
        WHERE id = redemption_id AND redemption.actor_id = key.actor_id
          AND redemption.creation_time = key.creation_time
    ) AS is_own
    FROM key WHERE redemption_id IS NOT NULL
    UNION ALL
    SELECT actor_id, key, (
        SELECT TRUE FROM promo_revision
        WHERE promo_id = id AND version = 1 AND actor_id = shown.actor_id
          AND creation_time = shown.creation_time
    )
    FROM shown WHERE NOT is_redemption
    UNION ALL
    SELECT actor_id, key, (
        SELECT TRUE FROM reversal
        WHERE redemption_id = shown.id AND actor_id = shown.actor_id
          AND creation_time = shown.creation_time LIMIT 1
    )
    FROM shown WHERE is_redemption
), answered AS MATERIALIZED (
    SELECT key.actor_id, key.key, status, length(fingerprint) AS fingerprint_bytes,
           count(effect.key) AS effects, count(*) FILTER (WHERE is_own) AS own
    FROM key LEFT JOIN effect USING (actor_id, key)
    GROUP BY key.actor_id, key.key, status, fingerprint
)
"""


def _of_key(what: str, actual: str, wanted: str) -> Rule:
    return Rule(
        invariant="I5",
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
            "the number of effects by the same actor at the same time",
            "own",
            "GREATEST(effects, 1)",
        ),
        _of_key("status", "status", "201"),
        _of_key("the length of its fingerprint", "fingerprint_bytes", "32"),
    ),
)
