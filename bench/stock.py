"""Promos to measure with: all alike, live, and with points for many rounds.

`bench.filling` makes what a database holds after years; some of that can't be used,
or not often enough. The numbers are its own, counted from 1.
"""

import contextlib

import psycopg2

from bench.filled_rows import ADMINISTRATOR_ID, uuid_of

HOLDERS, PROMOS_A_HOLDER = 1_000, 20
PROMOS = HOLDERS * PROMOS_A_HOLDER
# Holders of no promos, to give some to: lists of the others stay as long as they are.
TAKERS = 500
_POINTS = 100_000_000

_GRANTED = f"""
SELECT n, {uuid_of("n")} AS id, {uuid_of("(n - 1) / %(each)s + 1")} AS holder_id,
       'welcome' AS promo_type, concat('CODE-', n) AS promo_code,
       'With thanks from all of us' AS description, %(points)s AS points,
       now() - make_interval(secs => 10 * (%(promos)s - n + 1)) AS granted_at
FROM generate_series(1, %(promos)s) AS n
"""
_STATEMENTS = (
    f"""
    INSERT INTO holder (user_id, version, void_version, username, name, role,
                        is_active, deleted)
    SELECT {uuid_of("n")}, 1, 0, concat('user.', n), concat('User ', n), 'normal',
           TRUE, FALSE
    FROM generate_series(1, %(holders)s) AS n
    """,
    f"CREATE TEMPORARY TABLE granted AS {_GRANTED}",
    """
    INSERT INTO promo (id, holder_id, promo_type, promo_code, description, promo_amount,
                       remaining_points, start_time, end_time, is_active, creation_time,
                       version, last_sequence, last_entry_time)
    SELECT id, holder_id, promo_type, promo_code, description, points, points,
           granted_at, granted_at + interval '1 year', TRUE, granted_at, 1, 1,
           granted_at
    FROM granted ORDER BY n
    """,
    """
    INSERT INTO promo_revision (promo_id, version, holder_id, promo_type, promo_code,
                                description, promo_amount, start_time, end_time,
                                is_active, deleted, actor_id, actor_role, creation_time)
    SELECT id, 1, holder_id, promo_type, promo_code, description, points, granted_at,
           granted_at + interval '1 year', TRUE, FALSE, %(actor)s, 'administrator',
           granted_at
    FROM granted ORDER BY n
    """,
    """
    INSERT INTO ledger_entry (promo_id, sequence, holder_id, type, points, balance,
                              actor_id, actor_role, creation_time)
    SELECT id, 1, holder_id, 'grant', points, points, %(actor)s, 'administrator',
           granted_at
    FROM granted ORDER BY n
    """,
)


def username(number: int) -> str:
    """Return the name of the holder of that number."""
    return f"user.{number}"


def fill_stock(url: str, *, holders: int = HOLDERS, takers: int = TAKERS) -> None:
    """Give so many holders their promos, in the promo database of that URL."""
    values = {
        "holders": holders + takers,
        "promos": holders * PROMOS_A_HOLDER,
        "each": PROMOS_A_HOLDER,
        "points": _POINTS,
        "actor": ADMINISTRATOR_ID,
    }
    with contextlib.closing(psycopg2.connect(url)) as database:
        with database, database.cursor() as cursor:
            for statement in _STATEMENTS:
                cursor.execute(statement, values)
        database.autocommit = True
        with database.cursor() as cursor:
            # Not the empty ones: of a table known to be empty, PostgreSQL plans its
            # foreign keys' checks as scans, for as long as a connection lasts.
            cursor.execute("VACUUM ANALYZE holder, promo, promo_revision, ledger_entry")


def count_uses(url: str) -> int:
    """Return how many uses the ledger holds.

    Raises ValueError unless as many redemptions say the same.
    """
    with (
        contextlib.closing(psycopg2.connect(url)) as database,
        database.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT (SELECT count(*) FROM ledger_entry WHERE type = 'use'), "
            "(SELECT count(*) FROM redemption)"
        )
        entries, redemptions = cursor.fetchone() or (0, 0)
    if entries != redemptions:
        raise ValueError(f"{entries} entries of uses, and {redemptions} redemptions")
    return int(entries)
