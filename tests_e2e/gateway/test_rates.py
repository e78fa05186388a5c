"""How often an address may try to log in, refresh, register or set a password."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.render import HERE, RATES, VARIABLES, render
from tests_e2e.gateway.expectations import expect_problem
from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import Gateway, run_gateway

USER = "018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f"
ZONES = {
    "TOKEN": ["/api/v1/auth/token"],
    "REFRESH": ["/api/v1/auth/token/refresh"],
    "REGISTRATION": ["/api/v1/auth/register"],
    "PASSWORD": ["/api/v1/users/me/password", f"/api/v1/users/{USER}/password"],
}
BURST = 3
# So slow that nothing is given back while a test runs.
SLOW = {name: "1r/m" if name.endswith("_RATE") else str(BURST) for name in RATES}
ENVIRONMENT = {
    "PUBLIC_ORIGINS": "http://localhost:8080",
    "GATEWAY_LISTEN": "127.0.0.1:8080",
    "AUTH_SERVICE": "127.0.0.1:8001",
    "PROMO_SERVICE": "127.0.0.1:8002",
}


@pytest.fixture(scope="module")
def running_strict(
    running_auth: RecordingService,
    running_promo: RecordingService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    with run_gateway(
        tmp_path_factory.mktemp("strict"),
        auth_service=running_auth.address,
        promo_service=running_promo.address,
        trusted_proxies="127.0.0.1",
        settings=SLOW,
    ) as gateway:
        yield gateway


@pytest.fixture
def strict(running_strict: Gateway, auth: RecordingService) -> Gateway:
    """A gateway whose proxy says who asks: each test is other clients."""
    running_strict.forget_log()
    return running_strict


def post(gateway: Gateway, target: str, address: str, **headers: str) -> int:
    told = {"X-Forwarded-For": address, **headers}
    return gateway.send("POST", target, told, b"{}").status


@pytest.mark.parametrize("zone", ZONES)
def test_what_an_address_tries_above_the_burst_is_throttled_and_reaches_nobody(
    zone: str, strict: Gateway, auth: RecordingService
) -> None:
    targets = ZONES[zone]
    address = f"192.0.2.{list(ZONES).index(zone)}"
    for number in range(BURST + 1):
        assert post(strict, targets[number % len(targets)], address) == 200

    for target in targets:
        answer = strict.send("POST", target, {"X-Forwarded-For": address}, b"{}")
        expect_problem(answer, 429, "throttled")
        assert int(answer.header("Retry-After") or 0) >= 1

    assert len(auth.received) == BURST + 1
    entries = strict.read_log(BURST + 1 + len(targets))
    assert [entry["status"] for entry in entries[BURST + 1 :]] == [429] * len(targets)


def test_each_zone_counts_by_itself_and_each_address_too(strict: Gateway) -> None:
    for _ in range(BURST + 1):
        post(strict, "/api/v1/auth/token", "192.0.2.10")
    assert post(strict, "/api/v1/auth/token", "192.0.2.10") == 429

    assert post(strict, "/api/v1/auth/token", "192.0.2.11") == 200
    assert post(strict, "/api/v1/auth/token/refresh", "192.0.2.10") == 200
    assert post(strict, "/api/v1/auth/register", "192.0.2.10") == 200
    assert post(strict, "/api/v1/users/me/password", "192.0.2.10") == 200


@pytest.mark.parametrize(
    ("method", "target"),
    [
        *(("GET", targets[0]) for targets in ZONES.values()),
        ("PUT", "/api/v1/auth/token"),
        ("POST", "/api/v1/auth/logout"),
        ("POST", "/api/v1/users"),
        ("PATCH", "/api/v1/users/me"),
        ("GET", "/.well-known/jwks.json"),
        ("POST", "/api/v1/promos"),
    ],
)
def test_nothing_else_is_counted(method: str, target: str, strict: Gateway) -> None:
    told = {"X-Forwarded-For": "192.0.2.20"}
    for _ in range(BURST + 5):
        assert strict.send(method, target, told).status == 200


def test_a_client_can_not_be_another_address_by_saying_so(
    auth: RecordingService, promo: RecordingService, tmp_path: Path
) -> None:
    with run_gateway(
        tmp_path, auth_service=auth.address, promo_service=promo.address, settings=SLOW
    ) as gateway:
        statuses = [
            post(gateway, "/api/v1/auth/token", f"192.0.2.{number}", Forwarded="for=x")
            for number in range(BURST + 3)
        ]
    assert statuses == [200] * (BURST + 1) + [429] * 2


@pytest.mark.parametrize(
    "addresses",
    [
        [f"2001:db8:1:2::{number:x}" for number in range(1, 9)],
        [f"2001:db8:1:3:{number:x}:5:6:7" for number in range(1, 9)],
        [f"2001:db8::{number:x}" for number in range(1, 9)],
        [f"2001:db8:f::5:{number:x}:0:1" for number in range(1, 9)],
    ],
)
def test_the_addresses_of_one_ipv6_network_are_one(
    addresses: list[str], strict: Gateway
) -> None:
    statuses = [post(strict, "/api/v1/auth/token", address) for address in addresses]
    assert statuses == [200] * (BURST + 1) + [429] * (len(addresses) - BURST - 1)


def test_ipv4_addresses_that_are_mapped_to_ipv6_are_not_one(strict: Gateway) -> None:
    for number in range(BURST + 3):
        address = f"::ffff:198.51.100.{number}"
        assert post(strict, "/api/v1/auth/token", address) == 200


def test_networks_of_ipv6_are_not_one(strict: Gateway) -> None:
    for number in range(1, BURST + 4):
        assert post(strict, "/api/v1/auth/token", f"2001:db8:9:{number}::1") == 200
        assert post(strict, "/api/v1/auth/token", f"2001:db8:{number}::1") == 200


@pytest.mark.parametrize("zone", ZONES)
def test_a_test_suite_or_an_office_is_not_in_the_way_of_the_defaults(
    zone: str, gateway: Gateway
) -> None:
    for _ in range(100):
        answer = gateway.send("POST", ZONES[zone][0], body=b"{}")
        assert answer.status == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_RATE", "fast"),
        ("TOKEN_RATE", "0r/s"),
        ("TOKEN_RATE", "5"),
        ("PASSWORD_RATE", "5r/h"),
        ("REFRESH_BURST", "-1"),
        ("REGISTRATION_BURST", "many"),
    ],
)
def test_a_rate_that_is_none_is_refused_by_name(
    name: str, value: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=f"{name} must be"):
        render(tmp_path / "new", {**ENVIRONMENT, name: value})
    assert not (tmp_path / "new").exists()


def test_the_image_has_the_same_defaults() -> None:
    image = (HERE / "Dockerfile").read_text(encoding="utf-8")
    said = dict(re.findall(r"\b(\w+_(?:RATE|BURST))=(\S+)", image))
    assert said == RATES


def test_the_image_fills_in_every_variable() -> None:
    image = (HERE / "Dockerfile").read_text(encoding="utf-8")
    found = re.search(r'NGINX_ENVSUBST_FILTER="(.*?)"', image)
    assert found
    pattern = re.compile(found[1].replace("\\$", "$"))
    assert all(pattern.search(name) for name in VARIABLES)


def test_the_readme_tells_of_every_rate() -> None:
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    for name, default in RATES.items():
        assert f"`{name}` (`{default}`)" in readme
