"""Jobs: commands that a schedule runs, again and again, and when they succeeded.

Each service keeps a row for each of its jobs in its table `job`, and shows it in its
metrics, so that a job that never runs is seen as well. The row is made by a migration.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import structlog
from django.db import Error, close_old_connections, connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.database_errors import outlive_trouble
from chassis.metrics import PREFIX

logger = structlog.get_logger("jobs")

_SUCCEEDED = """
    INSERT INTO job (name, succeeded_at) VALUES (%s, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET succeeded_at = excluded.succeeded_at
"""
_JOBS = "SELECT name, EXTRACT(EPOCH FROM succeeded_at)::float8 FROM job"


def record_success(name: str) -> None:
    """Keep that the job of this name has just done all that it is for."""
    with connection.cursor() as cursor:
        cursor.execute(_SUCCEEDED, [name])


def stop_on_signals() -> threading.Event:
    """Return what SIGTERM or SIGINT sets, instead of ending the process."""
    stop = threading.Event()

    def set_it(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_it)
    return stop


def run_every(seconds: float, run: Callable[[], Any]) -> None:
    """Run it with such pauses until SIGTERM or SIGINT; what passes is logged."""
    stop = stop_on_signals()
    while not stop.is_set():
        close_old_connections()
        with outlive_trouble(logger):
            run()
        # Held for so long it would be one of too many; the server may be another then.
        connection.close()
        stop.wait(seconds)


class JobsCollector(Collector):
    """When each job of the service succeeded last; each process says the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the times, and nothing while the database can't be asked."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(_JOBS)
                rows = cursor.fetchall()
        except Error:
            logger.warning("jobs_not_read", exc_info=True)
            return
        family = GaugeMetricFamily(
            f"{PREFIX}_job_succeeded_timestamp_seconds",
            "When a scheduled command last did all that it is for.",
            labels=["command"],
        )
        for name, moment in rows:
            family.add_metric([name], moment)
        yield family
