"""A client's trace (W3C Trace Context) goes on behind the gateway, if it is one."""

import pytest

from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import Gateway

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def test_a_well_formed_traceparent_is_passed_on_with_its_state_and_logged(
    gateway: Gateway, promo: RecordingService
) -> None:
    given = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "vendor=x"}
    assert gateway.send("GET", "/api/v1/promos", given).status == 200
    assert promo.only.header("traceparent") == given["traceparent"]
    assert promo.only.header("tracestate") == given["tracestate"]
    assert gateway.read_log()[0]["trace_id"] == TRACE


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01, 00-{TRACE}-{SPAN}-01",
    ],
)
def test_any_other_is_dropped_with_its_state(
    given: str, gateway: Gateway, promo: RecordingService
) -> None:
    sent = {"traceparent": given, "tracestate": "vendor=x"}
    assert gateway.send("GET", "/api/v1/promos", sent).status == 200
    assert promo.only.header("traceparent") is None
    assert promo.only.header("tracestate") is None


def test_a_request_without_a_trace_is_logged_without_one(
    gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.send("GET", "/api/v1/promos").status == 200
    assert promo.only.header("traceparent") is None
    assert gateway.read_log()[0]["trace_id"] == ""
