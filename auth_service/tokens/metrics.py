"""How many signing keys the folder holds, looked up at each scrape."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from auth_service.tokens.keys import key_folder
from chassis.metrics import PREFIX


class SigningKeysCollector(Collector):
    """The folder as it is now; every process of the service sees the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the number of its keys; at 0 the last ones known are used."""
        yield GaugeMetricFamily(
            f"{PREFIX}_signing_keys",
            "Keys in the folder; at 0 each worker uses the last ones that it knew.",
            value=key_folder().usable,
        )
