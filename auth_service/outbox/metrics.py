"""How much waits to be told, asked of the database at each scrape."""

from collections.abc import Iterator

import structlog
from django.db import Error, connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.metrics import PREFIX

logger = structlog.get_logger("outbox")

# All of it is indexed, and a scrape need not count further.
MOST_COUNTED = 10_000
# A resync tells everybody's state, and takes its time; what is late is a change.
_STATE = """
    SELECT count(*) FILTER (WHERE NOT is_resync),
           count(*) FILTER (WHERE is_resync),
           EXTRACT(EPOCH FROM clock_timestamp()
               - min(creation_time) FILTER (WHERE NOT is_resync)),
           (SELECT count(*) FROM user_event WHERE set_aside_at IS NOT NULL)
    FROM (
        SELECT is_resync, creation_time FROM user_event
        WHERE delivered_at IS NULL AND set_aside_at IS NULL
        ORDER BY is_resync, next_attempt_at LIMIT %s
    ) AS waiting
"""


class OutboxCollector(Collector):
    """The outbox as it is now; every process of the service says the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """This function will yield depth, age and what was set aside.

        Nothing while the database can't be asked: the other metrics are needed then.
        """
        try:
            with connection.cursor() as cursor:
                cursor.execute(_STATE, [MOST_COUNTED])
                changes, resyncs, oldest, set_aside = cursor.fetchone()
        except Error:
            logger.warning("outbox_not_counted", exc_info=True)
            return
        waiting = GaugeMetricFamily(
            f"{PREFIX}_user_events_waiting",
            f"Events of users that wait to be told, {MOST_COUNTED} at most.",
            labels=["kind"],
        )
        waiting.add_metric(["change"], changes)
        waiting.add_metric(["resync"], resyncs)
        yield waiting
        yield GaugeMetricFamily(
            f"{PREFIX}_user_events_oldest_seconds",
            "How long the oldest change of a user waits to be told.",
            value=float(oldest or 0),
        )
        yield GaugeMetricFamily(
            f"{PREFIX}_user_events_set_aside",
            "Events of users that nobody tells any more.",
            value=set_aside,
        )
