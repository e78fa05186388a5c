"""What both databases say, read as it lies there, by nobody's code but SQL."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.extensions import cursor

Row = tuple[Any, ...]

_WAITING = """
    SELECT count(*) FROM user_event
    WHERE delivered_at IS NULL AND set_aside_at IS NULL
"""
_SET_ASIDE = "SELECT id::text FROM user_event WHERE set_aside_at IS NOT NULL"
_USERS = """
    SELECT id::text, version, void_version, username, name, role, is_active,
           deleted_at IS NOT NULL
    FROM account
"""
_HOLDERS = """
    SELECT user_id::text, version, void_version, username, name, role, is_active,
           deleted
    FROM holder
"""
_KEYS = "SELECT actor_id::text, key, redemption_id::text, answer FROM idempotency_key"
_ENTRIES = """
    SELECT promo_id::text, type, points, redemption_id::text FROM ledger_entry
    ORDER BY promo_id, sequence
"""
_HELD_BY = "SELECT id::text, holder_id::text FROM promo"
_REDEMPTIONS = "SELECT id::text, points, reversed_points FROM redemption"
_REVERSALS = "SELECT redemption_id::text, points FROM reversal"

# Rows that break an invariant of docs/invariants.md, by its name.
_BROKEN = {
    "balance-within-amount": """
        SELECT id::text FROM promo
        WHERE remaining_points < 0 OR remaining_points > promo_amount
    """,
    "ledger-sums-to-balance": """
        SELECT id::text FROM promo LEFT JOIN (
            SELECT promo_id, sum(points) AS sum, count(*) AS count
            FROM ledger_entry GROUP BY promo_id
        ) AS entries ON promo_id = id
        WHERE remaining_points IS DISTINCT FROM sum
           OR last_sequence IS DISTINCT FROM count
    """,
    "entries-in-sequence": """
        SELECT promo_id::text, sequence FROM (
            SELECT *, row_number() OVER own AS number,
                   sum(points) OVER own AS running,
                   lag(creation_time) OVER own AS before
            FROM ledger_entry WINDOW own AS (PARTITION BY promo_id ORDER BY sequence)
        ) AS entries
        WHERE sequence <> number OR balance <> running OR creation_time < before
    """,
    "only-normal-users-hold": """
        SELECT promo.id::text FROM promo JOIN holder ON user_id = holder_id
        WHERE deleted_at IS NULL AND (deleted OR role = 'administrator')
    """,
    "reversed-within-used": """
        SELECT redemption.id::text FROM redemption
        LEFT JOIN (
            SELECT redemption_id, sum(points) AS points,
                   sum(reversed_points) AS reversed
            FROM redemption_part GROUP BY redemption_id
        ) AS parts ON parts.redemption_id = redemption.id
        LEFT JOIN (
            SELECT redemption_id, sum(points) AS points
            FROM reversal GROUP BY redemption_id
        ) AS given_back ON given_back.redemption_id = redemption.id
        LEFT JOIN (
            SELECT redemption_id, sum(points) FILTER (WHERE type = 'use') AS used,
                   sum(points) FILTER (WHERE type = 'reverse') AS reversed
            FROM ledger_entry GROUP BY redemption_id
        ) AS entries ON entries.redemption_id = redemption.id
        WHERE redemption.points IS DISTINCT FROM parts.points
           OR redemption.points IS DISTINCT FROM -entries.used
           OR redemption.reversed_points IS DISTINCT FROM parts.reversed
           OR redemption.reversed_points <> coalesce(given_back.points, 0)
           OR redemption.reversed_points <> coalesce(entries.reversed, 0)
           OR redemption.reversed_points > redemption.points
    """,
}


@dataclass(frozen=True)
class Records:
    """Everything that the verdict looks at."""

    users: dict[str, Row]
    holders: dict[str, Row]
    set_aside: list[str]
    keys: dict[tuple[str, str], Row]
    entries: list[Row]
    held_by: dict[str, str]
    redemptions: dict[str, Row]
    reversals: list[Row]
    broken: list[str]


def read_records(auth: str, promo: str) -> Records:
    """Return what the databases at these URLs hold."""
    with _opened(auth) as reading:
        users = {row[0]: row[1:] for row in _rows(reading, _USERS)}
        set_aside = [row[0] for row in _rows(reading, _SET_ASIDE)]
    with _opened(promo) as reading:
        return Records(
            users=users,
            set_aside=set_aside,
            holders={row[0]: row[1:] for row in _rows(reading, _HOLDERS)},
            keys={(row[0], row[1]): row[2:] for row in _rows(reading, _KEYS)},
            entries=_rows(reading, _ENTRIES),
            held_by=dict(_rows(reading, _HELD_BY)),
            redemptions={row[0]: row[1:] for row in _rows(reading, _REDEMPTIONS)},
            reversals=_rows(reading, _REVERSALS),
            broken=[
                f"{promise}: {row}"
                for promise, statement in _BROKEN.items()
                for row in _rows(reading, statement)
            ],
        )


def count_waiting_events(auth: str) -> int:
    """Return how many events are on their way, 0 also while the database is away."""
    try:
        with _opened(auth) as reading:
            count: int = _rows(reading, _WAITING)[0][0]
            return count
    except psycopg2.OperationalError:
        return 0


@contextlib.contextmanager
def _opened(url: str) -> Iterator[cursor]:
    connection = psycopg2.connect(url, connect_timeout=5)
    try:
        with connection.cursor() as reading:
            yield reading
    finally:
        connection.close()


def _rows(reading: cursor, statement: str) -> list[Row]:
    reading.execute(statement)
    return reading.fetchall()
