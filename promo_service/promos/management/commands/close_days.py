"""`manage.py close_days`: keeps reports quick, however long the ledger is."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from chassis.database_errors import is_passing
from promo_service.promos.services.closing import close_days


class Command(BaseCommand):
    """Closes every day that is over, once or again and again."""

    help = (
        "Add up what moved in each day that is over by an hour at least, once a day. "
        "It may run as often as one likes, and in several places at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will add the option."""
        parser.add_argument(
            "--every", type=int, metavar="SECONDS", help="go on, and look this often"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will close days, and with --every not return."""
        pause = options["every"]
        if pause is None:
            self._close()
        while pause is not None:
            try:
                self._close()
            except Error as error:
                if not is_passing(error):
                    raise
                # The database is away or busy; the days wait.
                self.stderr.write(f"Not closed this time: {error}")
            connection.close()
            time.sleep(pause)

    def _close(self) -> None:
        for day in close_days():
            self.stdout.write(f"Closed {day}")
