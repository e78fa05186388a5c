"""Between the gateway and a service: connections, failures, and never twice."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests_e2e.gateway.expectations import expect_problem, expect_usual_headers
from tests_e2e.gateway.recording import Received, RecordingService, Reply
from tests_e2e.gateway.running import (
    IN_EARNEST,
    Gateway,
    find_free_port,
    run_gateway,
)

FAILING = """
location = /busy { return 503; }
location = /throttled { return 429; }
location = /broken { return 500; }
"""


@pytest.fixture(scope="module")
def running_impatient(
    running_promo: RecordingService, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    with run_gateway(
        tmp_path_factory.mktemp("impatient"),
        auth_service=f"127.0.0.1:{find_free_port()}",
        promo_service=running_promo.address,
        changes={
            # As in earnest, a read that timed out is too old for a second attempt.
            "proxy.location": (
                IN_EARNEST,
                "proxy_next_upstream_timeout 100ms;\nproxy_read_timeout 200ms;\n",
            ),
            "routes.server": ("location / {", f"{FAILING} location / {{"),
        },
    ) as gateway:
        yield gateway


@pytest.fixture
def impatient(running_impatient: Gateway, promo: RecordingService) -> Gateway:
    running_impatient.forget_log()
    return running_impatient


def test_requests_share_a_connection_to_the_service(
    gateway: Gateway, promo: RecordingService
) -> None:
    for _ in range(10):
        assert gateway.send("GET", "/api/v1/promos").status == 200
    assert len({received.connection for received in promo.received}) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("connection", ["new", "idle"])
def test_what_was_sent_to_a_service_that_broke_off_is_not_sent_again(
    method: str, connection: str, gateway: Gateway, promo: RecordingService
) -> None:
    promo.reply = lambda received: Reply() if received.method == "GET" else None
    if connection == "idle":
        assert gateway.send("GET", "/api/v1/promos").status == 200
    else:
        # Whatever idle connection there was is closed now.
        assert gateway.send("POST", "/api/v1/promos").status == 502
    before = promo.received.pop()
    answer = gateway.send(method, "/api/v1/promos", body=b"{}")
    expect_problem(answer, 502, "bad_gateway")
    assert promo.only.method == method
    assert (promo.only.connection == before.connection) is (connection == "idle")


def test_a_read_is_asked_again_when_an_idle_connection_turns_out_closed(
    gateway: Gateway, promo: RecordingService
) -> None:
    asked = count()

    def break_off_once(_: Received) -> Reply | None:
        return None if next(asked) == 1 else Reply()

    promo.reply = break_off_once
    for _ in range(2):
        assert gateway.send("GET", "/api/v1/promos").status == 200
    first, broken, repeated = (received.connection for received in promo.received)
    assert first == broken != repeated


def test_a_service_that_is_down_is_a_bad_gateway(impatient: Gateway) -> None:
    answer = impatient.send("POST", "/api/v1/auth/token", body=b"{}")
    expect_problem(answer, 502, "bad_gateway")
    assert "127.0.0.1" not in answer.body.decode()
    entry = impatient.read_log()[0]
    assert (entry["method"], entry["status"]) == ("POST", 502)
    assert entry["upstream"].startswith("127.0.0.1:")


def test_one_service_down_leaves_the_other_up(
    impatient: Gateway, promo: RecordingService
) -> None:
    assert impatient.send("GET", "/api/v1/users").status == 502
    assert impatient.send("GET", "/api/v1/promos").status == 200
    assert promo.only.method == "GET"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_is_slow_is_a_gateway_timeout_and_asked_once(
    method: str, impatient: Gateway, promo: RecordingService
) -> None:
    def dawdle(_: Received) -> Reply:
        time.sleep(0.6)
        return Reply()

    promo.reply = dawdle
    answer = impatient.send(method, "/api/v1/promos")
    expect_problem(answer, 504, "gateway_timeout")
    assert promo.only.method == method


def test_the_gateway_s_own_unavailable_and_throttled_say_when_to_try_again(
    impatient: Gateway,
) -> None:
    for target, status, code in [
        ("/busy", 503, "unavailable"),
        ("/throttled", 429, "throttled"),
    ]:
        answer = impatient.send("GET", target)
        expect_problem(answer, status, code)
        assert answer.header("Retry-After") == "5"


def test_an_error_of_the_gateway_itself_is_a_problem_too(impatient: Gateway) -> None:
    expect_problem(impatient.send("GET", "/broken"), 500, "internal_error")


@pytest.mark.parametrize("status", [400, 401, 404, 409, 412, 429, 500, 502, 503, 504])
def test_what_a_service_refuses_is_passed_on_as_it_is(
    status: int, gateway: Gateway, promo: RecordingService
) -> None:
    headers = {
        "Content-Type": "application/problem+json",
        "Cache-Control": "private, no-store",
        "Retry-After": "1",
        "WWW-Authenticate": "Bearer",
    }
    promo.answer_with(status, headers, code="of_the_service", instance="/x")
    answer = gateway.send("POST", "/api/v1/promos", body=b"{}")
    assert answer.status == status
    assert answer.json() == {"code": "of_the_service", "instance": "/x"}
    for name, value in headers.items():
        assert answer.header(name) == value
    expect_usual_headers(answer)


def test_a_precondition_that_the_service_found_met_is_not_judged_again(
    gateway: Gateway, promo: RecordingService
) -> None:
    promo.answer_with(
        200, {"ETag": '"4"', "Last-Modified": "Mon, 23 Nov 2026 01:00:00 GMT"}
    )
    conditions = {"If-Match": '"3"', "If-None-Match": '"4"', "Range": "bytes=900-"}
    answer = gateway.send("PATCH", "/api/v1/promos/1", conditions, b"{}")
    assert answer.status == 200
    assert answer.header("ETag") == '"4"'


def test_a_service_can_not_make_nginx_serve_something_else(
    gateway: Gateway, promo: RecordingService
) -> None:
    promo.answer_with(headers={"X-Accel-Redirect": "/healthz"}, mine=True)
    answer = gateway.send("GET", "/api/v1/promos")
    assert answer.json() == {"mine": True}
    assert answer.header("X-Accel-Redirect") is None


def test_an_address_may_ask_to_be_looked_up_again(
    tmp_path: Path, auth: RecordingService, promo: RecordingService
) -> None:
    with run_gateway(
        tmp_path,
        auth_service=f"{auth.address} resolve",
        promo_service=f"{promo.address} resolve",
    ) as gateway:
        assert gateway.send("GET", "/api/v1/users").status == 200
        assert gateway.send("GET", "/api/v1/promos").status == 200
    assert (auth.only.target, promo.only.target) == ("/api/v1/users", "/api/v1/promos")


def test_an_answer_that_is_not_http_is_a_bad_gateway(
    gateway: Gateway, promo: RecordingService
) -> None:
    promo.answer_with(headers={"Content-Length": "nonsense"})
    expect_problem(gateway.send("GET", "/api/v1/promos"), 502, "bad_gateway")
