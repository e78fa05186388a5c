"""What is counted of every request, and `/metrics` (Prometheus) on the internal port.

A label's values are few and known: routes and never paths, codes of the contract.
"""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.registry import Collector

from chassis.metric_files import VARIABLE, collect_all_workers

if TYPE_CHECKING:
    from chassis.work import Work

PREFIX = "promosystem"

# The library asks the system which process this is whenever something is counted.
_process = [os.getpid()]
os.register_at_fork(after_in_child=lambda: _process.__setitem__(0, os.getpid()))
if VARIABLE in os.environ:
    values.ValueClass = values.MultiProcessValue(lambda: _process[0])  # type: ignore[no-untyped-call]


def counter(name: str, text: str, labels: Sequence[str] = ()) -> Counter:
    """This function will make a counter of this system; `_total` is added."""
    return Counter(name, text, labels, namespace=PREFIX)


def gauge(name: str, text: str, labels: Sequence[str] = (), *, of_all: str) -> Gauge:
    """This function will make a gauge; `of_all` says what it is of several workers."""
    mode: Any = f"live{of_all}"
    return Gauge(name, text, labels, namespace=PREFIX, multiprocess_mode=mode)


REQUEST_SECONDS = Histogram(
    "http_request_duration_seconds",
    "How long requests took, by route, method and class of status.",
    ["method", "route", "status"],
    namespace=PREFIX,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
IN_FLIGHT = gauge(
    "http_requests_in_flight", "Requests that are being answered.", of_all="sum"
)
REQUEST_SLOTS = gauge(
    "http_request_slots", "Requests that can be answered at once.", of_all="sum"
)
DATABASE_SECONDS = counter(
    "database_seconds", "Seconds that requests spent in the database.", ["route"]
)
STATEMENTS = counter(
    "database_statements", "Statements that requests sent to the database.", ["route"]
)
REFUSALS = counter("refusals", "Problems that were answered, by code.", ["code"])


_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"})


def count_request(method: str, route: str, status: int, work: "Work") -> None:
    """This function will count an answered request with its time and statements."""
    known = method if method in _METHODS else "other"
    seconds, database_seconds, statements = _series(known, route, status // 100)
    seconds.observe(work.seconds)
    database_seconds.inc(work.database_seconds)
    statements.inc(work.statements)


@cache
def _series(
    method: str, route: str, hundreds: int
) -> tuple[Histogram, Counter, Counter]:
    return (
        REQUEST_SECONDS.labels(method, route, f"{hundreds}xx"),
        DATABASE_SECONDS.labels(route),
        STATEMENTS.labels(route),
    )


def show_metrics(_: HttpRequest) -> HttpResponse:
    """This function will answer with what all workers have counted."""
    registry = CollectorRegistry()
    registry.register(_AllWorkers())
    for path in settings.METRIC_COLLECTORS:
        registry.register(import_string(path)())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _AllWorkers(Collector):
    def collect(self) -> Iterable[Any]:
        return collect_all_workers()
