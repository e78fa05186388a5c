"""`manage.py relay_events`: tells promo_service what changed about users."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from auth_service.accounts.telling import tell_of_users
from auth_service.outbox.loop import run
from auth_service.outbox.relay import Relay
from auth_service.outbox.services import retry_set_aside
from chassis.jobs import stop_on_signals


class Command(BaseCommand):
    """Delivers user events for as long as it runs."""

    help = (
        "Deliver user events to promo_service until SIGTERM or SIGINT. "
        "Several may run at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """This function will describe the options."""
        parser.add_argument(
            "--once", action="store_true", help="deliver what is due, and end"
        )
        parser.add_argument(
            "--retry-set-aside",
            action="store_true",
            help="make the events due again that were set aside, and end",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will do what was asked for."""
        if options["retry_set_aside"]:
            self.stdout.write(f"{retry_set_aside()} events are due again.")
        if options["once"]:
            self._deliver_what_is_due()
        elif not options["retry_set_aside"]:
            stop = stop_on_signals()
            heartbeat = settings.RELAY_HEARTBEAT_FILE
            run(
                Relay(tell_of_users),
                stop=stop,
                heartbeat=Path(heartbeat) if heartbeat else None,
            )

    def _deliver_what_is_due(self) -> None:
        relay, delivered = Relay(tell_of_users), 0
        while (report := relay.deliver()).taken:
            delivered += report.delivered
            if not report.reached:
                raise CommandError("promo_service takes no events just now.")
        self.stdout.write(f"{delivered} events were delivered.")
