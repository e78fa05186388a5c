"""`manage.py migrate`: Django's, which keeps nobody waiting behind its locks."""

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.migrations import Migration

from chassis.database.grants import grant_deletes
from chassis.database_errors import code_of

# Whoever comes after a statement that waits for a table's lock waits behind it.
_LOCK_SECONDS = 1
_OPTIONS = f"-c lock_timeout={_LOCK_SECONDS}s -c statement_timeout=10min"
# A lock is not to be had, or a deadlock: what holds it ends within a time-out (15 s),
# or is a backup.
_LOCKED = frozenset({"55P03", "40P01"})
_TRIES = 30
_LONGEST_PAUSE_SECONDS = 5


class Command(migrate.Command):
    """Migrates by short waits for locks, again and again; then says who may delete.

    The connection goes past any pooler: what it sets would reach others.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what the tests make shorter."""
        super().add_arguments(parser)
        parser.add_argument(
            "--tries",
            type=int,
            default=_TRIES,
            help=f"how often a lock is tried for, {_LOCK_SECONDS} s each ({_TRIES})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; raises CommandError where a lock was not to be had in all tries."""
        self._wrapper: Any = connections[options["database"]]
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)  # also by the service, through a pooler
            return
        with _as_a_migration(self._wrapper):
            for tried in range(1, options["tries"] + 1):
                try:
                    super().handle(*args, **options)
                    break
                except OperationalError as error:
                    if code_of(error) not in _LOCKED:
                        raise
                self._rest(tried, options["tries"])
            grant_deletes(self._wrapper, settings.EMPTIED_TABLES)

    def _rest(self, tried: int, tries: int) -> None:
        self._wrapper.close()
        locked = f"A lock was not to be had within {_LOCK_SECONDS} s"
        if tried == tries:
            raise CommandError(
                f"{locked}, {tries} times. Who holds it is in pg_stat_activity; what "
                "was migrated stays so, and the rest can be tried again."
            )
        pause = min(tried, _LONGEST_PAUSE_SECONDS)
        self.stderr.write(f"\n{locked}; tried again in {pause} s ({tried} of {tries})")
        time.sleep(pause)

    def migration_progress_callback(
        self,
        action: str,
        migration: Migration | None = None,
        fake: bool = False,  # noqa: FBT001, FBT002  # as Django has it
    ) -> None:
        """Wait for no lock for long, except where nobody waits behind.

        What runs outside a transaction builds or drops indexes beside everybody's work
        (`make check` allows nothing else): it waits for older transactions, by locks.
        """
        if action in {"apply_start", "unapply_start"} and migration is not None:
            limit = f"{_LOCK_SECONDS}s" if migration.atomic else "0"
            with self._wrapper.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [limit])
        super().migration_progress_callback(action, migration, fake)


@contextmanager
def _as_a_migration(wrapper: Any) -> Iterator[None]:
    """Connect anew with a migration's time-outs, and so again afterwards.

    An operator's own are in PGOPTIONS, or the URL's `options`, and win.
    """
    given = wrapper.settings_dict["OPTIONS"]
    own = given.get("options") or os.environ.get("PGOPTIONS", "")
    wrapper.close()
    wrapper.settings_dict["OPTIONS"] = {**given, "options": f"{_OPTIONS} {own}"}
    try:
        with wrapper.waiting_at_most(math.inf):
            yield
    finally:
        wrapper.settings_dict["OPTIONS"] = given
        wrapper.close()
