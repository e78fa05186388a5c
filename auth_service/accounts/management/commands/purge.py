"""`manage.py purge`: removes what is of no use any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from auth_service.accounts.services.purging import purge
from chassis.jobs import record_success, run_every


class Command(BaseCommand):
    """Removes old sessions, failed log-ins and delivered events."""

    help = (
        "Remove sessions that are over, failed log-ins that have cooled off and "
        "events that were delivered long ago; once, or again and again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the options."""
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="go on, with such a pause"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Purge once, or until SIGTERM or SIGINT."""
        if options["every"] is None:
            self._purge()
        else:
            run_every(options["every"], self._purge)

    def _purge(self) -> None:
        removed = [f"{count} {what}" for what, count in purge(now=timezone.now())]
        record_success("purge")
        self.stdout.write(f"Removed {', '.join(removed)}.")
        self.stdout.flush()
