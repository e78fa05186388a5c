"""Both databases, as they are at a moment."""

from typing import Any

import psycopg2
from psycopg2 import sql

from local.stack import Stack
from local.system import SERVICES

# What follows later, by itself, from what was done before: events on their way, and
# what promo_service learns of users. A log-in that failed is counted, too.
_MOVES_BY_ITSELF = ("holder", "user_event", "axes_")
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_DIGEST = """
    SELECT count(*), md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), ''))
    FROM {} AS t
"""


def fingerprint(stack: Stack) -> dict[str, object]:
    """The number of rows of each table, and a digest of all that is in them."""
    found: dict[str, object] = {}
    for service in SERVICES:
        opened = psycopg2.connect(stack.database_url(service))
        try:
            for name in _read_tables(opened):
                digest = sql.SQL(_DIGEST).format(sql.Identifier(name))
                found[f"{service}.{name}"] = _read(opened, digest)[0]
        finally:
            opened.close()
    return found


def _read_tables(opened: Any) -> list[str]:
    names = sorted(name for (name,) in _read(opened, _TABLES))
    return [name for name in names if not name.startswith(_MOVES_BY_ITSELF)]


def _read(opened: Any, query: Any) -> list[Any]:
    with opened.cursor() as cursor:
        cursor.execute(query)
        rows: list[Any] = cursor.fetchall()
        return rows
