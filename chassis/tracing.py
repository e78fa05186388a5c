"""Traces (OpenTelemetry), where OTEL_EXPORTER_OTLP_ENDPOINT says where to send them.

Where it doesn't, nothing of OpenTelemetry is even imported: `chassis.spans` is all that
knows it.
"""

import os
from importlib import import_module
from typing import Any

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SPANS = "chassis.spans"


def is_on() -> bool:
    """This function will say whether somebody wants traces."""
    return bool(os.environ.get(_ENDPOINT))


def start(service: str) -> None:
    """This function will trace this process, if somebody wants traces.

    Call it in each worker: what sends the traces is a thread, and no fork keeps one.
    """
    if is_on():
        import_module(_SPANS).start(service)


def middleware() -> list[str]:
    """This function will return what settings put around all other middleware."""
    return [f"{_SPANS}.trace_requests"] if is_on() else []


def log_processors() -> list[Any]:
    """This function will return what adds the trace's id to each event of the log."""
    return [import_module(_SPANS).add_trace_id] if is_on() else []
