"""What marks on holders leave to do: not for long, and nothing once they are gone."""

from promo_service.promos.verification.rules import Check, Rule

_MARKED = """
WITH marked AS MATERIALIZED (
    SELECT user_id, 'to be void' AS name, void_since AS since FROM holder
    WHERE WITHIN(user_id) AND void_since IS NOT NULL
    UNION ALL
    SELECT user_id, 'to be erased', erase_since FROM holder
    WHERE WITHIN(user_id) AND erase_since IS NOT NULL
)
"""

MARKS = Check(
    _MARKED,
    (
        Rule(
            name="marks-are-worked-off",
            source="marked",
            subject="concat('holder ', user_id)",
            what="concat('the time since when it is ', name)",
            actual="since",
            wanted="GREATEST(since, now() - interval '1 hour')",
        ),
    ),
)

# The holder is looked up one by one: a join might read all holders for each range.
_ERASED = """(
    SELECT TRUE FROM holder
    WHERE user_id = holder_id AND erased_at IS NOT NULL AND erase_since IS NULL {and_if}
)"""


def _of_texts(texts: str, and_if: str = "") -> Check:
    erased = _ERASED.format(and_if=and_if)
    rows = f"""{texts}, left_over AS MATERIALIZED (
        SELECT subject, name, {erased} AS is_of_erased FROM told
    )
    """  # noqa: S608 - put together from constants
    rule = Rule(
        name="erased-leaves-no-text",
        source="left_over",
        subject="subject",
        what="concat(name, ' of an erased user')",
        actual="CASE WHEN is_of_erased THEN 'there' END",
        wanted="NULL",
    )
    return Check(rows, (rule,))


TEXTS_OF_PROMOS = _of_texts("""
WITH told AS MATERIALIZED (
    SELECT concat('promo ', id) AS subject, 'the description' AS name, holder_id
    FROM promo WHERE WITHIN(id) AND description IS NOT NULL
    UNION ALL
    SELECT concat('promo ', promo_id), concat('the description in revision ', version),
           holder_id
    FROM promo_revision WHERE WITHIN(promo_id) AND description IS NOT NULL
)""")

TEXTS_OF_REDEMPTIONS = _of_texts("""
WITH told AS MATERIALIZED (
    SELECT concat('redemption ', id) AS subject, 'the task' AS name, holder_id
    FROM redemption WHERE WITHIN(id) AND task IS NOT NULL
    UNION ALL
    SELECT concat('redemption ', redemption_id), 'the reason of a reversal', holder_id
    FROM reversal WHERE WITHIN(redemption_id) AND reason IS NOT NULL
)""")

TEXTS_OF_ANSWERS = _of_texts(
    """
WITH answered AS MATERIALIZED (
    SELECT actor_id, key, answer::jsonb AS answer FROM idempotency_key
    WHERE WITHIN(actor_id, key) AND answer IS JSON OBJECT
), shown AS (
    SELECT actor_id, key, one, COALESCE(one ->> 'user_id', one #>> '{user,id}') AS id
    FROM answered CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(answer -> 'results') = 'array'
             THEN answer -> 'results' ELSE jsonb_build_array(answer) END
    ) AS one
), told AS MATERIALIZED (
    SELECT concat('key ', key, ' of ', actor_id) AS subject,
           'a text in the answer' AS name, one,
           CASE WHEN pg_input_is_valid(id, 'uuid') THEN id::uuid END AS holder_id
    FROM shown
)""",
    """
      AND (one ->> 'task' IS NOT NULL OR one ->> 'description' IS NOT NULL
           OR one #>> '{user,username}' <> username OR one #>> '{user,name}' <> name)
""",
)
