"""Traces cost nothing where nobody asked for them."""

import subprocess
import sys

from chassis import tracing

LOOK = """
import sys
from chassis import tracing
from chassis.logs import logging_config
logging_config("info", "a_service")
tracing.start("a_service")
assert tracing.middleware() == []
loaded = [name for name in sys.modules if "opentelemetry" in name]
assert loaded == [], loaded
"""


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported():
    subprocess.run([sys.executable, "-c", LOOK], env={"PYTHONPATH": "."}, check=True)


def test_with_an_endpoint_requests_are_traced(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    assert tracing.middleware() == ["chassis.spans.trace_requests"]
