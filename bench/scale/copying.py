"""Very many promos of one user: a promo and its past, copied within the database."""

import contextlib

import psycopg2
from psycopg2.extensions import cursor

from bench.filled_rows import uuid_of

# Copies are this far apart in time, the last one at the time of what is copied.
_APART = "interval '100 microseconds'"
_ID = uuid_of("n")
_OF_PROMO = "promo_id = %(promo_id)s"
# Each table, which of its rows are the promo's, and what is the copy's own.
_COPIED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("promo", "id = %(promo_id)s", {"id": _ID, "promo_code": "concat('P-', n)"}),
    ("promo_revision", _OF_PROMO, {"promo_id": _ID, "promo_code": "concat('P-', n)"}),
    (
        "redemption",
        f"id IN (SELECT redemption_id FROM redemption_part WHERE {_OF_PROMO})",
        {"id": _ID},
    ),
    ("redemption_part", _OF_PROMO, {"redemption_id": _ID, "promo_id": _ID}),
    (
        "ledger_entry",
        _OF_PROMO,
        {
            "promo_id": _ID,
            "redemption_id": f"CASE WHEN redemption_id IS NOT NULL THEN {_ID} END",
        },
    ),
)
_COLUMNS = """
SELECT attname, atttypid = 'timestamptz'::regtype FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


def copy_promo(url: str, promo_id: str, *, first: int, count: int) -> None:
    """Copy a promo that was used once at most, as the database's owner.

    The copies have the numbers from `first` on.
    """
    options = "-c statement_timeout=0 -c synchronous_commit=off -c jit=off"
    bounds = {"promo_id": promo_id, "first": first, "last": first + count - 1}
    with contextlib.closing(psycopg2.connect(url, options=options)) as opened:
        opened.autocommit = True
        with opened.cursor() as asked:
            for table, rows, own in _COPIED:
                asked.execute(_build_copy(asked, table, rows, own), bounds)
                asked.execute(f"ANALYZE {table}")
            for table, *_ in _COPIED:
                asked.execute(f"VACUUM ANALYZE {table}")


def _build_copy(asked: cursor, table: str, rows: str, own: dict[str, str]) -> str:
    asked.execute(_COLUMNS, [table])
    values = {
        name: own.get(name) or (_move(name) if is_time else name)
        for name, is_time in asked.fetchall()
    }
    # The copies of all rows of a promo by turns: the order in which they came.
    return (
        f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())}"
        f" FROM (SELECT * FROM {table} WHERE {rows}) AS copied"
        " CROSS JOIN generate_series(%(first)s::bigint, %(last)s) AS n ORDER BY n"
    )


def _move(name: str) -> str:
    return f"{name} - {_APART} * (%(last)s - n)"
