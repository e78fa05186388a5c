"""Every foreign key as an anti-join: its constraint may be gone, or was gone once."""

from dataclasses import dataclass

from promo_service.promos.verification.rules import Check, Rule


@dataclass(frozen=True, slots=True)
class _Reference:
    """Rows of `table` that name a row of another one by `column`."""

    table: str
    column: str
    other: str
    key: str
    what: str

    def build_rule(self) -> Rule:
        return Rule(
            name="references-exist",
            source=f"{self.table}_{self.column}",
            subject=f"concat('{self.other} ', id)",
            what=f"concat('being there for ', count, ' {self.what}')",
            actual="FALSE",
            wanted="TRUE",
        )

    def build_table(self, within: str) -> str:
        # Looked up one by one: a join might read the whole other table for each range.
        return f"""{self.table}_{self.column} AS MATERIALIZED (
            SELECT id, count FROM (
                SELECT {self.column} AS id, count(*) AS count
                FROM {self.table}
                WHERE {within} AND {self.column} IS NOT NULL
                GROUP BY {self.column}
            ) AS named
            WHERE (SELECT TRUE FROM {self.other}
                   WHERE {self.other}.{self.key} = named.id LIMIT 1) IS NULL
        )"""  # noqa: S608 - put together from constants


def _build(within: str, *references: _Reference) -> Check:
    tables = ", ".join(each.build_table(within) for each in references)
    return Check(f"WITH {tables} ", tuple(each.build_rule() for each in references))


REFERENCES_OF_PROMOS = (
    _build(
        "WITHIN(promo_id)",
        _Reference("ledger_entry", "promo_id", "promo", "id", "entries"),
        _Reference("promo_revision", "promo_id", "promo", "id", "revisions"),
        _Reference("redemption_part", "promo_id", "promo", "id", "parts"),
        _Reference("ledger_entry", "redemption_id", "redemption", "id", "entries"),
    ),
    _build(
        "WITHIN(id)",
        _Reference("promo", "holder_id", "holder", "user_id", "promos"),
    ),
)
REFERENCES_OF_REDEMPTIONS = (
    _build(
        "WITHIN(id)",
        _Reference("redemption", "holder_id", "holder", "user_id", "redemptions"),
    ),
    _build(
        "WITHIN(redemption_id)",
        _Reference("redemption_part", "redemption_id", "redemption", "id", "parts"),
        _Reference("reversal", "redemption_id", "redemption", "id", "reversals"),
    ),
)
REFERENCES_OF_KEYS = _build(
    "WITHIN(actor_id, key)",
    _Reference("idempotency_key", "redemption_id", "redemption", "id", "keys"),
)
REFERENCES_OF_DAYS = _build(
    "TRUE", _Reference("ledger_day", "day", "closed_day", "day", "totals of days")
)

# It has no foreign key: an answer's key is never removed.
HOLDERS_OF_ANSWERS = Check(
    """
    WITH lost AS MATERIALIZED (
        SELECT holder_id, actor_id, key FROM answer_holder AS named
        WHERE WITHIN(holder_id) AND (
            SELECT TRUE FROM idempotency_key AS kept
            WHERE kept.actor_id = named.actor_id AND kept.key = named.key
        ) IS NULL
    )
    """,
    (
        Rule(
            name="references-exist",
            source="lost",
            subject="concat('key ', key, ' of ', actor_id)",
            what="concat('being there for holder ', holder_id)",
            actual="FALSE",
            wanted="TRUE",
        ),
    ),
)
