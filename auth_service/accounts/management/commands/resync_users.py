"""`manage.py resync_users`: has everybody's state told to promo_service again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from auth_service.accounts.models import User
from auth_service.accounts.services.resyncing import resync_users
from auth_service.outbox.resyncs import ask_for_known

_BAR = 30


class Command(BaseCommand):
    """Writes an event for every user; the relay delivers them behind changes."""

    help = (
        "Write an event for every user, deleted ones too. The relay delivers them; "
        "what promo_service knows already changes nothing there. Whom this database "
        "does not know is suspended there in the end, and nothing is void."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """This function will describe the option."""
        parser.add_argument(
            "--restored",
            action="store_true",
            help="this database was restored to an earlier time: what promo_service "
            "learnt since is to be forgotten there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will write them, and show how far it is on a terminal."""
        shows = self.stdout.isatty()
        total = User.objects.count() if shows else 0
        done = 0
        for count in resync_users(past=self._past(restored=options["restored"])):
            done += count
            if shows:
                self._show(done, max(total, done))
        if shows:
            self.stdout.write("")
        self.stdout.write(f"{done} users will be told of again.")

    def _past(self, *, restored: bool) -> int | None:
        known = ask_for_known() if restored else None
        if restored and known is None:
            text = "promo_service can't be asked what it knows; the clock decides."
            self.stderr.write(text)
            return 0
        return known

    def _show(self, done: int, total: int) -> None:
        filled = _BAR * done // total
        bar = "#" * filled + "." * (_BAR - filled)
        self.stdout.write(f"\r[{bar}] {done} of {total}", ending="")
        self.stdout.flush()
