"""What the services tell each other is out of reach, however the path is written."""

import itertools
import re

import pytest

from tests_e2e.attack.expectations import orderly
from tests_e2e.gateway.running import Gateway
from tests_e2e.gateway.test_paths import NOWHERE, TWO_FACED, UNREADABLE
from tests_e2e.people import Client

INNER = [
    "/internal/v1/user-events",
    "/internal/v1/service-token",
    "/internal/v1/users/lookup",
    "/readyz",
    "/metrics",
    "/healthz",
]
# In front of an inner path: a prefix that the gateway would pass on, and a way back.
AHEAD = [
    *("", "/", "//", "/.", "/./", "/;", "/%2e", "/%2f", "/%5c", "/\\", "/%00", "/%09"),
    *(
        "/api/v1/promos/../../..",
        "/api/v1/promos/..%2f..%2f..",
        "/api/v1/promos/..;/..",
    ),
    *("/api/v1/promos/%2e%2e/%2e%2e/%2e%2e", "/api/v1/promos/%252e%252e/%252e%252e"),
    *("/api/v1/promos", "/api/v1/users", "/api/v1/auth", "/api/v1", "/api", "/docs"),
    *("/api/v1/promos/.%2e/.%2e/.%2e", "/api/v1/users/me/..\\..\\..\\..", "/docs/.."),
    *("/.well-known/jwks.json/../..", "/.well-known/..", "/api/v1/promos/%c0%ae%c0%ae"),
    *(
        "http://localhost",
        "http://127.0.0.1",
        "HTTP://LOCALHOST",
        "http://localhost:80/.",
    ),
]
BEHIND = [
    "",
    "/",
    "//",
    ".",
    "..",
    "/.",
    ";",
    ";x=1",
    "%20",
    "%00",
    "%2f",
    "?",
    "#",
    "%",
]


def change_case(path: str) -> list[str]:
    return [path.upper(), path.title(), path.replace("/i", "/I"), path.swapcase()]


def encode(path: str) -> list[str]:
    """With one character encoded, with all of them, and with that encoded again."""
    letters = [f"%{ord(letter):02x}" for letter in path[1:]]
    all_encoded = "/" + "".join(letters)
    return [
        path[0] + letters[0] + path[2:],
        path[:-1] + letters[-1],
        all_encoded,
        all_encoded.replace("%", "%25"),
        path.replace("/", "%2f"),
        path.replace("/", "%2F")[3:],
        path.replace("/", "\\"),
        path.replace("/", "//"),
        path.replace("/", "/./"),
        path.replace("n", "%u006e"),
    ]


def spell(inner: str) -> list[str]:
    around = [
        ahead + inner + behind for ahead, behind in itertools.product(AHEAD, BEHIND)
    ]
    return [*around, *change_case(inner), *encode(inner)]


@pytest.fixture(scope="module")
def service_token(stack) -> str:
    """The real one, as somebody who stole it would have it."""
    environment = stack.environment("promo_service")
    credentials = {
        "client_id": environment["SERVICE_CLIENT_ID"],
        "client_secret": environment["SERVICE_CLIENT_SECRET"],
    }
    internal = Client(stack.internal_url("auth_service"))
    answer = internal("POST", "/internal/v1/service-token", credentials)
    token: str = answer.json()["access"]
    return token


def reaches_nothing(gateway: Gateway, target: str, token: str) -> None:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "X-Forwarded-Port": "8001",
    }
    for method, body in (("GET", b""), ("POST", b'{"events": [], "ids": []}')):
        answer = orderly(gateway.send(method, target, headers, body))
        if answer.status == 200:
            # The gateway's own; of the services' it says nothing.
            assert answer.json() == {"status": "alive"}, target
            assert re.fullmatch(r"(?i:http://[a-z0-9.]+)?/healthz[?]?", target), target
            continue
        assert answer.status in {400, 401, 404, 405, 421}, (target, answer.status)
        assert answer.json()["code"] in {
            *("validation_error", "invalid_token", "not_found", "method_not_allowed"),
            "misdirected_request",
        }


@pytest.mark.parametrize("inner", INNER)
def test_no_spelling_of_an_inner_path_reaches_it(inner, gateway, service_token):
    for target in spell(inner):
        reaches_nothing(gateway, target, service_token)


@pytest.mark.parametrize("target", [*TWO_FACED, *NOWHERE, *UNREADABLE])
def test_no_path_that_can_be_read_in_two_ways_reaches_anything(
    target, gateway, service_token
):
    reaches_nothing(gateway, target, service_token)


@pytest.mark.parametrize("inner", INNER)
def test_the_port_is_not_what_a_client_says_it_is(inner, stack, gateway, service_token):
    """A service shows its inner paths on its inner port, which no header tells."""
    for service in ("auth_service", "promo_service"):
        port = stack.internal_url(service).rpartition(":")[2]
        for host in (f"localhost:{port}", f"127.0.0.1:{port}"):
            headers = {
                "Host": host,
                "Authorization": f"Bearer {service_token}",
                "X-Forwarded-Port": port,
                "X-Forwarded-Host": host,
                "SERVER_PORT": port,
                "Server-Port": port,
            }
            for target in (f"/api/v1/promos{inner}", f"/api/v1/users{inner}"):
                answer = orderly(gateway.send("GET", target, headers))
                assert answer.status == 404
            assert (
                orderly(gateway.send("GET", "/api/v1/promos/me", headers)).status == 401
            )


def test_the_services_listen_on_loopback_alone(stack):
    """In the local run nothing but the gateway is to be reached from elsewhere."""
    for service in ("auth_service", "promo_service"):
        environment = stack.environment(service)
        for name in ("PUBLIC_BIND", "INTERNAL_BIND"):
            assert environment[name].startswith("127.0.0.1:")
