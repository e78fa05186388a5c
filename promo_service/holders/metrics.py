"""What is counted of asking auth_service."""

from collections.abc import Iterator

import structlog
from django.db import Error, connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.metrics import PREFIX, counter, gauge

logger = structlog.get_logger("holders")

_MISSING = "SELECT count(*) FROM holder WHERE missing_since IS NOT NULL"

# Unlabelled it would say 1970 for a worker that has no keys yet.
KEY_SET_FETCHED_AT = gauge(
    "key_set_fetched_timestamp_seconds",
    "When the worker whose key set is the oldest has fetched it.",
    ["source"],
    of_all="min",
)
KEY_SET_FETCHES = counter(
    "key_set_fetches",
    "Fetches of the key set, by outcome; if none, the last good one stays.",
    ["outcome"],
)
USER_LOOKUPS = counter(
    "user_lookups", "Look-ups of users who were unknown here, by outcome.", ["outcome"]
)
CIRCUIT_OPEN = gauge(
    "auth_circuit_open",
    "1 where a worker gave up asking auth_service, until it asks again.",
    of_all="max",
)

for _outcome in ("fetched", "failed", "unusable"):
    KEY_SET_FETCHES.labels(_outcome)
for _outcome in ("found", "unknown", "unavailable"):
    USER_LOOKUPS.labels(_outcome)


class MissingUsersCollector(Collector):
    """Users whom a resync did not name; every process of the service says the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield how many, and nothing while the database can't be asked."""
        try:
            with connection.cursor() as cursor:
                cursor.execute(_MISSING)
                (missing,) = cursor.fetchone()
        except Error:
            logger.warning("missing_users_not_counted", exc_info=True)
            return
        yield GaugeMetricFamily(
            f"{PREFIX}_users_missing",
            "Users suspended here, since auth_service does not know them any more.",
            value=missing,
        )
