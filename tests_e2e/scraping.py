"""What `/metrics` of a service says, and what logs say of a request."""

import json
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from local.stack import Stack
from local.waiting import wait_until

PROGRAMS = ("gateway", "promo_service", "auth_service")


def scrape(stack: Stack, service: str) -> str:
    """The text of /metrics."""
    answer = requests.get(f"{stack.internal_url(service)}/metrics", timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain")
    return answer.text


def read_value(stack: Stack, service: str, name: str, **labels: str) -> float:
    """The sum of a metric's samples that have those labels."""
    families = text_string_to_metric_families(scrape(stack, service))
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == f"promosystem_{name}"
        and labels.items() <= sample.labels.items()
    )


def read_events(stack: Stack, program: str, request_id: str) -> list[dict[str, Any]]:
    """Everything that a program logged of a request."""
    lines = stack.whole_log(program).splitlines()
    return [json.loads(line) for line in lines if request_id in line]


def wait_for_events(
    stack: Stack, program: str, request_id: str, count: int = 1
) -> list[dict[str, Any]]:
    """The events of a request, once there are so many: logs come through a pipe."""
    assert wait_until(lambda: len(read_events(stack, program, request_id)) >= count, 5)
    return read_events(stack, program, request_id)
