"""`manage.py close_days`: keeps reports quick, however long the ledger is."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chassis.jobs import record_success, run_every
from promo_service.promos.selectors.days import find_last_closed_day
from promo_service.promos.services.closing import NotClosed, close_days, reopen_days


class Command(BaseCommand):
    """Closes every day that is over, once or again and again; or opens days again."""

    help = (
        "Add up what moved in each day that is over by an hour at least, once a day. "
        "It may run as often as one likes, and in several places at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options, of which one may be given."""
        either = parser.add_mutually_exclusive_group()
        either.add_argument(
            "--every", type=float, metavar="SECONDS", help="go on, and look this often"
        )
        either.add_argument(
            "--reopen",
            type=date.fromisoformat,
            metavar="DAY",
            help="take the closing of that day (2026-12-01) and all after it back: "
            "for a clock that was ahead",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Close days, and with --every not return; or open days again."""
        if options["reopen"] is not None:
            self._reopen(options["reopen"])
        elif options["every"] is None:
            if not self._close():
                raise SystemExit(1)
        else:
            run_every(options["every"], self._close)

    def _close(self) -> bool:
        closed = None
        try:
            for closed in close_days():
                self.stdout.write(f"Closed {closed}")
        except NotClosed as reason:
            self.stderr.write(f"Not closed: {reason}")
            return False
        if closed is None:
            last = find_last_closed_day()
            said = f"{last} is the last one closed" if last else "none was ever closed"
            self.stdout.write(f"No day to close: {said}.")
        record_success("close_days")
        self.stdout.flush()
        return True

    def _reopen(self, since: date) -> None:
        reopened = reopen_days(since=since)
        if not reopened:
            raise CommandError(f"No day from {since} on is closed.")
        for day in reopened:
            self.stdout.write(f"Reopened {day}")
        last = find_last_closed_day()
        said = f"{last} is the last one closed" if last else "none is closed"
        self.stdout.write(f"{len(reopened)} days are open again; {said}.")
