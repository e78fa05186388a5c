"""Where a service is sought that could not be reached, and how names are looked up."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.render import HERE, render_resolver
from local.waiting import wait_until
from tests_e2e.gateway.expectations import expect_problem
from tests_e2e.gateway.networking import (
    Names,
    find_free_udp_port,
    run_black_hole,
    run_names,
)
from tests_e2e.gateway.recording import Received, RecordingService, Reply, run_service
from tests_e2e.gateway.running import (
    IN_EARNEST,
    Gateway,
    build_request,
    find_free_port,
    read_answer,
    run_gateway,
)

CONNECT_SECONDS = 2
# As Kubernetes has them.
SERVICE, PODS = "promo-service.test", "promo-service-pods.test"


@contextmanager
def two_places(
    folder: Path, auth: RecordingService, first: str, again: str, **more: str
) -> Iterator[Gateway]:
    """A gateway that seeks promo_service at two places."""
    settings = {"PROMO_SERVICE": first, "PROMO_SERVICE_AGAIN": again, **more}
    with run_gateway(
        folder, auth_service=auth.address, promo_service="", settings=settings
    ) as gateway:
        yield gateway


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_of_which_nothing_was_sent_goes_to_another(
    method: str, auth: RecordingService, promo: RecordingService, tmp_path: Path
) -> None:
    with (
        run_black_hole() as silent,
        two_places(tmp_path, auth, f"{silent} max_fails=0", promo.address) as gateway,
    ):
        began = time.monotonic()
        answer = gateway.send(method, "/api/v1/promos", body=b'{"points": 1}')
        taken = time.monotonic() - began
    assert answer.status == 200
    assert (promo.only.method, promo.only.body) == (method, b'{"points": 1}')
    assert CONNECT_SECONDS - 0.5 < taken < CONNECT_SECONDS + 2
    # Both, in the log's order.
    tried = gateway.read_log()[0]["upstream"]
    assert tried == f"{silent}, {promo.address}"


def test_who_refuses_is_passed_over_at_once(
    auth: RecordingService, promo: RecordingService, tmp_path: Path
) -> None:
    refusing = f"127.0.0.1:{find_free_port()} max_fails=0"
    with two_places(tmp_path, auth, refusing, promo.address) as gateway:
        began = time.monotonic()
        assert gateway.send("POST", "/api/v1/promos", body=b"{}").status == 200
        assert time.monotonic() - began < 1
    assert promo.only.method == "POST"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_request_that_was_sent_goes_to_no_other_when_it_is_broken_off(
    method: str, auth: RecordingService, promo: RecordingService, tmp_path: Path
) -> None:
    with (
        run_service() as first,
        two_places(tmp_path, auth, first.address, promo.address) as gateway,
    ):
        first.reply = lambda _: None
        answer = gateway.send(method, "/api/v1/promos", body=b"{}")
        expect_problem(answer, 502, "bad_gateway")
        assert first.only.method == method
    assert promo.received == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_that_was_sent_goes_to_no_other_when_no_answer_comes(
    method: str, auth: RecordingService, promo: RecordingService, tmp_path: Path
) -> None:
    def dawdle(_: Received) -> Reply:
        time.sleep(1)
        return Reply()

    with (
        run_service() as first,
        run_gateway(
            tmp_path,
            auth_service=auth.address,
            promo_service="",
            settings={
                "PROMO_SERVICE": first.address,
                "PROMO_SERVICE_AGAIN": promo.address,
            },
            changes={
                "proxy.location": (
                    IN_EARNEST,
                    # As 5 s and 30 s in earnest.
                    "proxy_next_upstream_timeout 200ms;\nproxy_read_timeout 400ms;\n",
                )
            },
        ) as gateway,
    ):
        first.reply = dawdle
        answer = gateway.send(method, "/api/v1/promos")
        expect_problem(answer, 504, "gateway_timeout")
        assert first.only.method == method
    assert promo.received == []


def test_a_large_body_s_sender_is_asked_about_at_another_place_too(
    auth: RecordingService, promo: RecordingService, tmp_path: Path
) -> None:
    refusing = f"127.0.0.1:{find_free_port()} max_fails=0"
    with two_places(tmp_path, auth, refusing, promo.address) as gateway:
        body = b"x" * 100_000
        assert gateway.send("POST", "/api/v1/promos/bulk", body=body).status == 200
    assert [len(each.body) for each in promo.received] == [0, len(body)]


def test_a_silent_pod_is_left_alone_and_the_others_serve(
    auth: RecordingService, tmp_path: Path
) -> None:
    resolver = find_free_udp_port()
    with run_service("127.0.0.2") as pod:
        port = pod.server_address[1]
        names = Names(["127.0.0.2", "127.0.0.3"])
        with (
            run_black_hole("127.0.0.3", port),
            run_black_hole() as service,
            run_names(resolver, names),
            two_places(
                tmp_path,
                auth,
                f"{service} max_fails=0",
                f"{PODS}:{port} resolve fail_timeout=30s",
                RESOLVER=f"127.0.0.1:{resolver}",
            ) as gateway,
        ):

            def grant() -> int:
                return gateway.send("POST", "/api/v1/promos", body=b"{}").status

            # nginx takes a moment to take in the addresses that it asked for.
            assert wait_until(lambda: grant() == 200, 15)
            served, began = len(pod.received), time.monotonic()
            assert [grant() for _ in range(3)] == [200] * 3
            taken = time.monotonic() - began
        assert len(pod.received) == served + 3
    # The Service's silence each time, that of the pod once at most.
    assert taken < 4 * CONNECT_SECONDS + 2


def test_it_starts_without_a_name_server_and_serves_when_there_is_one(
    auth: RecordingService, promo: RecordingService, tmp_path: Path
) -> None:
    resolver, port = find_free_udp_port(), promo.server_address[1]
    names = Names(["127.0.0.1"])
    with two_places(
        tmp_path,
        auth,
        f"{SERVICE}:{port} resolve max_fails=0",
        f"{PODS}:{port} resolve fail_timeout=30s",
        RESOLVER=f"127.0.0.1:{resolver}",
    ) as gateway:
        assert gateway.send("GET", "/healthz").status == 200
        expect_problem(gateway.send("GET", "/api/v1/promos"), 502, "bad_gateway")
        with run_names(resolver, names):

            def is_served() -> bool:
                return gateway.send("GET", "/api/v1/promos").status == 200

            assert wait_until(is_served, 15)
        assert {SERVICE, PODS} <= names.asked
        # Away again, what was known is used.
        assert is_served()


def test_a_client_may_use_its_connection_while_the_gateway_leaves(
    auth: RecordingService, promo: RecordingService, tmp_path: Path
) -> None:
    kept = {"Connection": "keep-alive"}
    request = build_request("POST", "/api/v1/promos", kept, b"{}")
    with (
        run_gateway(
            tmp_path,
            auth_service=auth.address,
            promo_service=promo.address,
            settings={"KEEPALIVE_MIN_TIMEOUT": "15s"},
        ) as gateway,
        socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as client,
    ):
        client.sendall(request)
        assert read_answer(client, "POST").header("Connection") == "keep-alive"
        stop(gateway)
        client.sendall(request)
        answer = read_answer(client, "POST")
        assert (answer.status, answer.header("Connection")) == (200, "close")
    assert len(promo.received) == 2


def test_a_gateway_without_that_setting_closes_idle_connections_at_once(
    auth: RecordingService, promo: RecordingService, tmp_path: Path
) -> None:
    with (
        run_gateway(
            tmp_path, auth_service=auth.address, promo_service=promo.address
        ) as gateway,
        socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as client,
    ):
        client.sendall(build_request("GET", "/healthz", {"Connection": "keep-alive"}))
        assert read_answer(client).status == 200
        stop(gateway)
        assert client.recv(1) == b""


def stop(gateway: Gateway) -> None:
    """Tell nginx to stop, and return when it takes no more connections."""
    os.kill(int((gateway.prefix / "nginx.pid").read_text()), signal.SIGQUIT)

    def is_closed() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", gateway.port)) != 0

    assert wait_until(is_closed, 5)


def write_resolver_in_image(
    folder: Path, resolver: str, file: str = ""
) -> subprocess.CompletedProcess[str]:
    configuration = folder / "resolv.conf"
    configuration.write_text(file)
    return subprocess.run(
        ["/bin/sh", str(HERE / "entrypoint" / "42-resolver.sh")],
        env={
            "PATH": "/usr/bin:/bin",
            "NGINX_ENVSUBST_OUTPUT_DIR": str(folder),
            "RESOLVER": resolver,
            "RESOLV_CONF": str(configuration),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("resolver", "file", "asked"),
    [
        ("127.0.0.11", "nameserver 10.0.0.1\n", "127.0.0.11"),
        ("127.0.0.1:5353 [::1]:5353", "", "127.0.0.1:5353 [::1]:5353"),
        (
            "",
            "search a\n#nameserver 9::9\nnameserver 10.0.0.1\nnameserver\tfd00::a\n",
            "10.0.0.1 [fd00::a]",
        ),
        ("", "", ""),
    ],
)
def test_the_image_asks_the_servers_it_is_told_or_those_of_its_container(
    resolver: str, file: str, asked: str, tmp_path: Path
) -> None:
    written = write_resolver_in_image(tmp_path, resolver, file)
    assert (written.returncode, written.stderr) == (0, "")
    assert (tmp_path / "resolver.http").read_text() == render_resolver(asked)


@pytest.mark.parametrize("resolver", ["dns.example", "1.1.1.1; x", "$host"])
def test_a_name_server_that_is_no_address_stops_the_start(
    resolver: str, tmp_path: Path
) -> None:
    written = write_resolver_in_image(tmp_path, resolver)
    assert written.returncode == 1
    assert "RESOLVER" in written.stderr
    assert not (tmp_path / "resolver.http").exists()
