"""The relay's day: look, deliver, rest; and whatever fails, go on."""

import random
import threading
from pathlib import Path

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections

from auth_service.outbox.relay import Relay, Report

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
        report = _deliver(relay)
        failures = 0 if report.reached else failures + 1
        if not report.more_may_be_due:
            stop.wait(pause_seconds(failures))


def pause_seconds(failures: int) -> float:
    """This function will return how long to rest after so many failures in a row."""
    if not failures:
        return POLL_SECONDS
    full = min(LONGEST_PAUSE_SECONDS, POLL_SECONDS * float(2 ** min(failures, 10)))
    return full * random.uniform(0.5, 1)  # noqa: S311  # jitter is no secret


def _deliver(relay: Relay) -> Report:
    close_old_connections()
    try:
        return relay.deliver_batch()
    except (OperationalError, InterfaceError) as error:
        logger.warning("database_not_reached", reason=type(error).__name__)
        return Report(reached=False)
