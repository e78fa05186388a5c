"""Every answer and every log entry has the request's id, the client's own if it can."""

import re

import pytest

from tests_e2e.gateway.expectations import expect_problem
from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import Gateway, build_request


@pytest.mark.parametrize("given", ["abcdefgh", "A.b_c-d9", "x" * 64])
def test_a_client_s_own_request_id_is_kept(
    given: str, gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.send("GET", "/api/v1/promos", {"X-Request-ID": given})
    assert answer.header("X-Request-ID") == given
    assert promo.only.header("X-Request-ID") == given
    assert gateway.read_log()[0]["request_id"] == given


@pytest.mark.parametrize(
    "given",
    ["", "short77", "x" * 65, "has a blank", 'quote"d-id', "é" * 8, "a/b/c/d/e"],
)
def test_any_other_request_id_is_replaced(
    given: str, gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.send("GET", "/api/v1/promos", {"X-Request-ID": given})
    new = answer.header("X-Request-ID") or ""
    assert re.fullmatch("[0-9a-f]{32}", new)
    assert promo.only.header("X-Request-ID") == new
    assert gateway.read_log()[0]["request_id"] == new


def test_two_request_ids_are_replaced_by_a_third(
    gateway: Gateway, promo: RecordingService
) -> None:
    twice = b"X-Request-ID: aaaaaaaa\r\nX-Request-ID: bbbbbbbb\r\n\r\n"
    request = build_request("GET", "/api/v1/promos")[:-2] + twice
    answer = gateway.exchange(request)
    assert re.fullmatch("[0-9a-f]{32}", answer.header("X-Request-ID") or "")
    assert promo.only.header("X-Request-ID") == answer.header("X-Request-ID")


def test_a_service_that_says_the_request_id_too_does_not_double_it(
    gateway: Gateway, promo: RecordingService
) -> None:
    promo.answer_with(headers={"X-Request-ID": "from-service"})
    answer = gateway.send("GET", "/api/v1/promos", {"X-Request-ID": "from-client"})
    assert answer.values("X-Request-ID") == ["from-client"]


def test_a_refusal_carries_the_client_s_request_id(gateway: Gateway) -> None:
    answer = gateway.send("GET", "/nowhere", {"X-Request-ID": "my-own-id"})
    expect_problem(answer, 404, "not_found")
    assert answer.json()["request_id"] == "my-own-id"
