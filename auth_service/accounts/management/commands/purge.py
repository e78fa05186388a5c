"""`manage.py purge`: removes what is of no use any more."""

from argparse import ArgumentParser
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from auth_service.accounts.management.stopping import stop_on_signals
from auth_service.accounts.services.purging import purge
from chassis.database_errors import outlive_trouble

logger = structlog.get_logger("purge")


class Command(BaseCommand):
    """Removes old sessions, failed log-ins and delivered events."""

    help = (
        "Remove sessions that are over, failed log-ins that have cooled off and "
        "events that were delivered long ago; once, or again and again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """This function will describe the options."""
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="go on, with such a pause"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will purge once, or until SIGTERM or SIGINT."""
        if options["every"] is None:
            self._purge()
            return
        stop = stop_on_signals()
        while not stop.is_set():
            close_old_connections()
            with outlive_trouble(logger):
                self._purge()
            stop.wait(options["every"])

    def _purge(self) -> None:
        removed = [f"{count} {what}" for what, count in purge(now=timezone.now())]
        self.stdout.write(f"Removed {', '.join(removed)}.")
        self.stdout.flush()
