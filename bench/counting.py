"""How many statements a request sends to the database, as the service itself counts."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import requests
from prometheus_client.parser import text_string_to_metric_families

from local.stack import Stack

_STATEMENTS = "promosystem_database_statements_total"
_REQUESTS = "promosystem_http_request_duration_seconds_count"


@dataclass
class Counted:
    """Statements and requests of a time."""

    statements: float = 0.0
    requests: float = 0.0

    def a_request(self) -> float | None:
        """Return the statements of a request, None where there was no request."""
        return self.statements / self.requests if self.requests else None


@contextlib.contextmanager
def count_statements(stack: Stack, service: str) -> Iterator[Counted]:
    """Give what a service counts in the time of a block, known at its end."""
    counted = Counted()
    before = _read(stack, service)
    yield counted
    after = _read(stack, service)
    counted.statements = after.statements - before.statements
    counted.requests = after.requests - before.requests


def _read(stack: Stack, service: str) -> Counted:
    answer = requests.get(f"{stack.internal_url(service)}/metrics", timeout=10)
    answer.raise_for_status()
    sums = {_STATEMENTS: 0.0, _REQUESTS: 0.0}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name in sums:
                sums[sample.name] += sample.value
    return Counted(sums[_STATEMENTS], sums[_REQUESTS])
