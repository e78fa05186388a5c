"""The relay's day: look, deliver, rest; and whatever fails, go on."""

import random
import threading
from pathlib import Path

import structlog
from django.db import close_old_connections

from auth_service.outbox.relay import Relay, Report
from chassis.database_errors import outlive_trouble

logger = structlog.get_logger("relay")

POLL_SECONDS = 0.2
# With the request itself, an event arrives within 2 seconds of both being up.
LONGEST_PAUSE_SECONDS = 1.5


def run(relay: Relay, *, stop: threading.Event, heartbeat: Path | None) -> None:
    """This function will deliver events until it is told to stop.

    It polls, since LISTEN does not work through PgBouncer. The heartbeat file is
    touched each time round.
    """
    failures = 0
    while not stop.is_set():
        if heartbeat is not None:
            heartbeat.touch()
        close_old_connections()
        report = Report(reached=False)
        with outlive_trouble(logger):
            report = relay.deliver_batch()
        failures = 0 if report.reached else failures + 1
        if not report.more_may_be_due:
            stop.wait(pause_seconds(failures))


def pause_seconds(failures: int) -> float:
    """This function will return how long to rest after so many failures in a row."""
    if not failures:
        return POLL_SECONDS
    full = min(LONGEST_PAUSE_SECONDS, POLL_SECONDS * float(2 ** min(failures, 10)))
    return full * random.uniform(0.5, 1)  # noqa: S311  # jitter is no secret
