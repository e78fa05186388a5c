"""The relay's polling loop: look, deliver, rest; and whatever fails, go on."""

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
    """Deliver events until it is told to stop, and then finish what is in hand.

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
            report = relay.step(POLL_SECONDS)
        if not report.reached:
            failures += 1
            stop.wait(pause_seconds(failures))
            continue
        if report.delivered:
            failures = 0
        if not report.taken and not relay.has_in_hand:
            stop.wait(POLL_SECONDS)
    with outlive_trouble(logger):
        relay.finish()


def pause_seconds(failures: int) -> float:
    """Return how long to rest after so many failures in a row."""
    if not failures:
        return POLL_SECONDS
    full = min(LONGEST_PAUSE_SECONDS, POLL_SECONDS * float(2 ** min(failures, 10)))
    return full * random.uniform(0.5, 1)  # noqa: S311  # jitter is no secret
