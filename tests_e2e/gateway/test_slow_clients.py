"""Slow clients and many: each has an end, and others are served meanwhile."""

import resource
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gateway.render import HERE, LIMITS, render
from local.waiting import wait_until
from tests_e2e.gateway.expectations import expect_problem
from tests_e2e.gateway.recording import Received, RecordingService, Reply
from tests_e2e.gateway.running import Gateway, build_request, read_answer, run_gateway
from tests_e2e.gateway.test_render import ENVIRONMENT

AT_ONCE = 5
HALF_A_HEAD = b"GET /api/v1/promos HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
HALF_A_BODY = (
    build_request("POST", "/api/v1/promos", {"Content-Length": "16384"}) + b"{"
)
SEVERAL = 1_200
END_SECONDS = 5


@pytest.fixture(scope="module")
def running_narrow(
    running_auth: RecordingService,
    running_promo: RecordingService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    with run_gateway(
        tmp_path_factory.mktemp("narrow"),
        auth_service=running_auth.address,
        promo_service=running_promo.address,
        trusted_proxies="127.0.0.1",
        settings={"CONNECTIONS_PER_ADDRESS": str(AT_ONCE)},
    ) as gateway:
        yield gateway


@pytest.fixture
def narrow(running_narrow: Gateway, promo: RecordingService) -> Gateway:
    """A gateway whose proxy says who asks: each test is other clients."""
    running_narrow.forget_log()
    return running_narrow


@contextmanager
def clients(
    gateway: Gateway, number: int, sent: bytes
) -> Iterator[list[socket.socket]]:
    """Several that have sent so much, and wait."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, min(hard, number + 1_000))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        with ExitStack() as opened:
            waiting = []
            for _ in range(number):
                address = ("127.0.0.1", gateway.port)
                client = socket.create_connection(address, timeout=15)
                waiting.append(opened.enter_context(client))
                client.sendall(sent)
            yield waiting
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def seconds_of(gateway: Gateway, requests: int) -> list[float]:
    """How long another client waits for each answer, by a new connection each time."""
    taken = []
    for _ in range(requests):
        began = time.monotonic()
        assert gateway.send("GET", "/api/v1/promos").status == 200
        taken.append(time.monotonic() - began)
    return taken


def wait_for_end(client: socket.socket) -> float:
    """How long it takes until the gateway ends the connection."""
    began = time.monotonic()
    try:
        while client.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - began


def test_a_head_that_never_ends_is_given_up(gateway: Gateway) -> None:
    began = time.monotonic()
    with clients(gateway, 1, HALF_A_HEAD) as (client,):
        client.settimeout(0.5)
        # A byte now and then makes it no younger.
        while time.monotonic() - began < 2 * END_SECONDS:
            try:
                client.sendall(b"x")
                if not client.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert END_SECONDS - 1 < time.monotonic() - began < END_SECONDS + 2


def test_a_body_that_stays_away_is_given_up(
    gateway: Gateway, promo: RecordingService
) -> None:
    with clients(gateway, 1, HALF_A_BODY) as (client,):
        assert END_SECONDS - 1 < wait_for_end(client) < END_SECONDS + 2
    assert promo.received == []


@pytest.mark.parametrize("sent", [HALF_A_HEAD, HALF_A_BODY], ids=["heads", "bodies"])
def test_what_is_half_sent_by_many_disturbs_nobody(
    sent: bytes, promo: RecordingService, auth: RecordingService, tmp_path: Path
) -> None:
    with (
        run_gateway(
            tmp_path,
            auth_service=auth.address,
            promo_service=promo.address,
            settings={"CONNECTIONS_PER_ADDRESS": "5000"},
        ) as gateway,
        clients(gateway, SEVERAL, sent) as waiting,
    ):
        taken = seconds_of(gateway, 100)
        assert statistics.quantiles(taken, n=100)[98] < 1
        # All of them were let in, and none was thrown out for another.
        for client in waiting[::100]:
            client.settimeout(0.01)
            with pytest.raises(TimeoutError):
                client.recv(1)
        # Bodies that anybody may send are kept in memory alone.
        kept = (gateway.prefix / "temp" / "client_body").rglob("*")
        assert not [file for file in kept if file.is_file()]


def test_an_address_has_so_many_requests_under_way_and_no_more(
    narrow: Gateway, promo: RecordingService
) -> None:
    told = {"X-Forwarded-For": "192.0.2.1"}
    half = build_request("POST", "/api/v1/promos", {**told, "Content-Length": "9"})
    with clients(narrow, AT_ONCE, half) as waiting:
        answer = narrow.send("GET", "/api/v1/promos", told)
        expect_problem(answer, 429, "throttled")
        assert int(answer.header("Retry-After") or 0) >= 1
        # Of another's, of health, and of what is not there, nobody counts.
        other = {"X-Forwarded-For": "192.0.2.2"}
        assert narrow.send("GET", "/api/v1/promos", other).status == 200
        assert narrow.send("GET", "/healthz", told).status == 200
        assert narrow.send("GET", "/nowhere", told).status == 404

        waiting[0].sendall(b"123456789")
        assert read_answer(waiting[0]).status == 200
        waiting[0].close()

        def is_served() -> bool:
            return narrow.send("GET", "/api/v1/promos", told).status == 200

        assert wait_until(is_served, 2)
    assert [each.method for each in promo.received] == ["GET", "POST", "GET"]


def test_of_an_address_with_too_many_no_large_body_s_sender_is_asked_about(
    narrow: Gateway, promo: RecordingService
) -> None:
    told = {"X-Forwarded-For": "192.0.2.3", "Content-Length": "9"}
    half = build_request("POST", "/api/v1/promos", told)
    with clients(narrow, AT_ONCE, half):
        large = {**told, "Content-Length": "300000"}
        answer = narrow.send("POST", "/api/v1/promos/bulk", large)
        expect_problem(answer, 429, "throttled")
    assert promo.received == []


def test_the_connections_of_one_ipv6_network_are_one_address_s(
    narrow: Gateway, promo: RecordingService
) -> None:
    with ExitStack() as opened:
        for number in range(1, AT_ONCE + 1):
            told = {"X-Forwarded-For": f"2001:db8:1:2::{number}", "Content-Length": "9"}
            half = build_request("POST", "/api/v1/promos", told)
            opened.enter_context(clients(narrow, 1, half))
        near = {"X-Forwarded-For": "2001:db8:1:2:ffff::1"}
        expect_problem(narrow.send("GET", "/api/v1/promos", near), 429, "throttled")
        far = {"X-Forwarded-For": "2001:db8:1:3::1"}
        assert narrow.send("GET", "/api/v1/promos", far).status == 200


def test_a_request_that_was_answered_counts_no_more(
    narrow: Gateway, promo: RecordingService
) -> None:
    def dawdle(_: Received) -> Reply:
        time.sleep(0.01)
        return Reply()

    promo.reply = dawdle
    told = {"X-Forwarded-For": "192.0.2.4"}
    for _ in range(4 * AT_ONCE):
        assert narrow.send("GET", "/api/v1/promos", told).status == 200


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_that_is_none_is_refused_by_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"{name} must be"):
        render(tmp_path / "new", {**ENVIRONMENT, name: "many"})
    assert not (tmp_path / "new").exists()


def test_the_image_and_the_readme_have_the_same_limits() -> None:
    image = (HERE / "Dockerfile").read_text(encoding="utf-8")
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    for name, default in LIMITS.items():
        assert f"{name}={default} " in image
        assert f"`{name}` (`{default}`)" in readme
