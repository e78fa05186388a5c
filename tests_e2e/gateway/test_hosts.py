"""Which hosts the gateway answers to: its own alone (PUBLIC_ORIGINS)."""

import subprocess
from pathlib import Path

import pytest

from gateway.render import HERE, render_public_hosts
from tests_e2e.gateway.expectations import expect_problem
from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import PUBLIC_ORIGINS, Gateway, build_request
from tests_e2e.gateway.test_trusted_proxies import behind_proxy, running_behind_proxy

__all__ = ["behind_proxy", "running_behind_proxy"]

OWN = [
    *("localhost", "localhost:8080", "localhost:1", "LocalHost", "localhost."),
    *("LOCALHOST.:8080", "127.0.0.1", "127.0.0.1:65535", "[::1]", "[::1]:8080"),
]
OTHERS = [
    *("evil.example", "evil.example:8080", "localhost.evil.example", "localhost.local"),
    *("evil-localhost", "xlocalhost", "localhostx", "127.0.0.2", "127.0.0.1.evil"),
    *("127.1", "2130706433", "[::2]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"),
    *("promo.example", "x" * 63 + ".example", "0.0.0.1"),
]
TARGETS = [
    *("/api/v1/promos", "/api/v1/auth/token", "/api/v1/promos/bulk", "/docs"),
    *("/.well-known/jwks.json", "/", "/console/main.js", "/nowhere", "/index.html"),
]


@pytest.mark.parametrize("host", OWN)
def test_its_own_hosts_are_answered_and_passed_on_as_they_were_written(
    host: str, gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.send("GET", "/api/v1/promos", {"Host": host}).status == 200
    assert promo.only.header("Host") == host
    assert promo.only.header("X-Forwarded-Host") == host


@pytest.mark.parametrize("host", OTHERS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host_is_misdirected_and_reaches_no_service(
    method: str, host: str, gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.send(method, "/api/v1/promos", {"Host": host})
    expect_problem(answer, 421, "misdirected_request")
    assert host not in answer.body.decode()
    assert promo.received == []


@pytest.mark.parametrize("target", TARGETS)
def test_no_path_but_that_of_health_is_answered_to_another_host(
    target: str, gateway: Gateway, auth: RecordingService, promo: RecordingService
) -> None:
    answer = gateway.send("GET", target, {"Host": "evil.example"})
    expect_problem(answer, 421, "misdirected_request")
    assert auth.received == promo.received == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 10.1.2.3:8080\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/1.0\r\n\r\n",
    ],
)
def test_health_is_told_to_any_host(head: bytes, gateway: Gateway) -> None:
    assert gateway.exchange(head).status == 200


@pytest.mark.parametrize(
    ("url", "host", "status"),
    [
        ("http://localhost/api/v1/promos", "localhost", 200),
        ("http://localhost:1/api/v1/promos", "localhost:1", 200),
        ("http://evil.example/api/v1/promos", "evil.example", 421),
        # Contradicted, so no valid request at all.
        ("http://evil.example/api/v1/promos", "localhost", 400),
        ("http://localhost/api/v1/promos", "evil.example", 400),
    ],
)
def test_the_host_of_an_absolute_url_counts_as_well(
    url: str, host: str, status: int, gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.send("GET", url, {"Host": host}).status == status
    assert len(promo.received) == (status == 200)


def test_each_request_of_a_connection_names_its_host_anew(
    gateway: Gateway, promo: RecordingService
) -> None:
    first = b"GET /api/v1/promos HTTP/1.1\r\nHost: localhost\r\n\r\n"
    second = build_request("GET", "/api/v1/promos", {"Host": "evil.example"})
    assert gateway.exchange(first + second).status == 200
    assert [entry["status"] for entry in gateway.read_log(2)] == [200, 421]
    assert len(promo.received) == 1


def test_a_client_makes_no_host_its_own_by_forwarding_one(
    gateway: Gateway, promo: RecordingService
) -> None:
    told = {"Host": "evil.example", "X-Forwarded-Host": "localhost"}
    answer = gateway.send("GET", "/api/v1/promos", told)
    expect_problem(answer, 421, "misdirected_request")
    assert promo.received == []


@pytest.mark.parametrize(
    ("host", "forwarded", "status"),
    [
        ("localhost", "promo.example", 200),
        ("localhost", "Promo.Example:443", 200),
        ("localhost", "evil.example", 421),
        # Which host the proxy itself asks for is its own affair.
        ("gateway.internal", "promo.example", 200),
        ("gateway.internal", "", 421),
    ],
)
def test_of_a_trusted_proxy_the_host_that_it_forwards_counts(
    host: str,
    forwarded: str,
    status: int,
    behind_proxy: Gateway,
    promo: RecordingService,
) -> None:
    told = {"Host": host, "X-Forwarded-Host": forwarded}
    assert behind_proxy.send("GET", "/api/v1/promos", told).status == status
    assert len(promo.received) == (status == 200)


def write_public_hosts_in_image(
    folder: Path, origins: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(HERE / "entrypoint" / "41-public-hosts.sh")],
        env={
            "PATH": "/usr/bin:/bin",
            "NGINX_ENVSUBST_OUTPUT_DIR": str(folder),
            "PUBLIC_ORIGINS": origins,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "origins",
    [
        PUBLIC_ORIGINS,
        "https://promo.example.com",
        "HTTPS://Promo.Example.com:8443,http://a\n http://a:8080",
        "https://" + ".".join(["x" * 63] * 3),
    ],
)
def test_the_image_s_script_answers_to_the_same_hosts(
    origins: str, tmp_path: Path
) -> None:
    written = write_public_hosts_in_image(tmp_path, origins)
    assert (written.returncode, written.stderr) == (0, "")
    text = (tmp_path / "public_hosts.http").read_text()
    assert text == render_public_hosts(origins)


@pytest.mark.parametrize(
    "origins",
    [
        *("", " , ", "promo.example.com", "https://", "ftp://a", "https://a/", "*"),
        *(
            "https://a/path",
            "https://$host",
            'https://a"',
            "https://a;b",
            "https://*.a",
        ),
        *(
            "https://a b",
            "https://a:b",
            "https://u@a",
            "https://-a",
            "https://a.:80:80",
        ),
    ],
)
def test_an_origin_that_is_none_stops_the_start(origins: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="PUBLIC_ORIGINS"):
        render_public_hosts(origins)
    written = write_public_hosts_in_image(tmp_path, origins)
    assert written.returncode == 1
    assert "PUBLIC_ORIGINS" in written.stderr
    assert list(tmp_path.iterdir()) == []
