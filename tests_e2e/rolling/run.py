"""Restarts each service again and again under load, with a migration in between.

gunicorn's HUP: new workers come up, the old ones answer what they have and end. The
migration is one that the running version can live through: a column that may be NULL
and an index that nobody waits for, under the time-outs that migrations have.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import psycopg2

from local.console import say
from local.stack import Stack
from local.system import SERVICES
from local.waiting import wait_until
from tests_e2e.people import Client
from tests_e2e.rolling.load import Load

_TABLES = {"auth_service": "account", "promo_service": "promo"}
_FORWARD = (
    "ALTER TABLE {table} ADD COLUMN of_the_next_version text NULL",
    "CREATE INDEX CONCURRENTLY of_the_next_version ON {table} (of_the_next_version)",
)
_BACK = ("ALTER TABLE {table} DROP COLUMN of_the_next_version",)
_WORKERS_SECONDS = 60
_STEADY_SECONDS = 2


def main() -> int:
    """Run it, print what was answered and what failed; returns 1 if anything did."""
    restarts = int(os.environ.get("RESTARTS") or 5)
    with Stack() as stack:
        administrator = Client(stack.base_url, "admin", stack.admin_password).log_in()
        began = time.monotonic()
        with Load(stack.base_url, administrator) as load:
            time.sleep(_STEADY_SECONDS)
            for number in range(1, restarts + 1):
                for service in SERVICES:
                    _restart(stack, service)
                say(f"  {number} of {restarts} restarts of each, {_count(load)}")
                if number == (restarts + 1) // 2:
                    _migrate(stack, _FORWARD)
                    say(f"  both databases migrated, {_count(load)}")
        took = time.monotonic() - began
        # It names what no migration made.
        _migrate(stack, _BACK)
        stack.manage("promo_service", "verify_ledger")
    for what, count in sorted(load.answered.items()):
        say(f"{count:8,} {what}")
    for failure in load.failed[:20]:
        say(f"  failed: {failure}")
    say(
        f"{restarts} restarts of each service and a migration in {took:.0f} s: "
        f"{_count(load)}; the ledger is whole"
    )
    return 1 if load.failed else 0


def _restart(stack: Stack, service: str) -> None:
    """Have the service's workers replaced, and return when the old ones have ended."""
    master = psutil.Process(stack.pid(service))
    old = master.children()
    master.send_signal(signal.SIGHUP)
    gone = wait_until(lambda: not any(w.is_running() for w in old), _WORKERS_SECONDS)
    if not gone:
        raise SystemExit(f"{service} keeps its old workers: {stack.log(service)}")
    time.sleep(_STEADY_SECONDS)


def _migrate(stack: Stack, statements: tuple[str, ...]) -> None:
    for service, table in _TABLES.items():
        with _connect(stack.database_url(service)) as cursor:
            for statement in statements:
                cursor.execute(statement.format(table=table))


@contextmanager
def _connect(url: str) -> Iterator[psycopg2.extensions.cursor]:
    connection = psycopg2.connect(url, options="-c lock_timeout=5s")
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _count(load: Load) -> str:
    return f"{load.answered.total():,} requests, {len(load.failed)} failed"


if __name__ == "__main__":
    sys.exit(main())
