"""What the database says of itself."""

import contextlib

import psycopg2

from bench.results import RunFailed

_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
_TOLD = ("server_version", *_DURABLE, "shared_buffers", "wal_sync_method")


def read_database(url: str) -> dict[str, str]:
    """Return its version and settings; raises RunFailed unless it is fully durable."""
    with (
        contextlib.closing(psycopg2.connect(url)) as database,
        database.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)",
            [list(_TOLD)],
        )
        settings = dict(cursor.fetchall())
    for name in _DURABLE:
        if settings[name] != "on":
            raise RunFailed(f"What is measured must be durable: {name} is not on")
    return settings
