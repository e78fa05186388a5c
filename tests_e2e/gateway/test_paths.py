"""Public paths reach their service as they were written, and nothing else does."""

import pytest

from tests_e2e.gateway.expectations import expect_problem, expect_usual_headers
from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import Gateway

TO_AUTH = [
    "/api/v1/auth/token",
    "/api/v1/auth/token/refresh",
    "/api/v1/auth/schema",
    "/api/v1/users",
    "/api/v1/users?role=normal&search=a%2Fb%20..//;x",
    "/api/v1/users/me/password",
    "/api/v1/users/018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f",
    "/.well-known/jwks.json",
]
TO_PROMO = [
    "/api/v1/promos",
    "/api/v1/promos?status=active&cursor=%2e%2e%2f//internal",
    "/api/v1/promos/",
    "/api/v1/promos/bulk",
    "/api/v1/promos/me/use",
    "/api/v1/promos/018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f/ledger",
    "/api/v1/promos/schema",
    "/api/v1/redemptions",
    "/api/v1/redemptions/me",
]

# All have a prefix that would be passed on, by their decoded path or as written.
TWO_FACED = [
    "/api/v1/promos/%2e%2e/%2e%2e/%2e%2e/internal/v1/user-events",
    "/api/v1/promos/..%2f..%2f..%2finternal/v1/user-events",
    "/api/v1/promos/../../../internal/v1/user-events",
    "/api/v1/promos/.%2e/.%2e/.%2e/metrics",
    "/api/v1/promos/%2E%2E/%2E%2E/%2E%2E/healthz",
    "/api/v1/promos/%252e%252e/%252e%252e/metrics",
    "/api/v1/promos/..;/..;/..;/metrics",
    "/api/v1/promos;/../../../metrics",
    "/api/v1/promos/;x=1/me",
    "/api/v1/promos//internal",
    "//api/v1/promos",
    "/api//v1/promos",
    "/api/v1//users/me",
    "/api/v1/promos/./me",
    "/api/v1/promos/.",
    "/api/v1/promos/..",
    "/./api/v1/promos",
    "/internal/../api/v1/promos",
    "/internal/%2e%2e/api/v1/promos",
    "/metrics/..%2fapi/v1/promos",
    "/%61pi/v1/promos",
    "/api/v1/promo%73",
    "/api%2fv1%2fpromos",
    "/api/v1/promos%2fme",
    "/api/v1/promos\\..\\..\\internal",
    "/api/v1/promos/%5c..%5cinternal",
    "/api/v1/promos%0d%0aX-Forwarded-For:%201.2.3.4",
    "/api/v1/promos/%3f/internal",
    "/api/v1/promos/%23",
    "/api/v1/promos/me#/internal",
    "/api/v1/promos/\u00e9",
    "/api/v1/promos/a:b@c",
    "/api/v1/promos/a b",
]
# nginx can't make sense of these and says so itself.
UNREADABLE = [
    "/api/v1/promos%00",
    "/api/v1/promos/%zz",
    "/api/v1/promos/%",
    "/../internal/v1/user-events",
    "/api/v1/promos/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/internal",
    "/%2e%2e/internal",
    "api/v1/promos",
    "*",
]
NOWHERE = [
    "/index.html",
    "/promos",
    "/api",
    "/api/v1",
    "/api/v1/",
    "/api/v2/promos",
    "/API/v1/promos",
    "/api/v1/Promos",
    "/api/v1/promosx",
    "/api/v1/usersx",
    "/api/v1/authx",
    "/api/v1/promos.json",
    "/.well-known/",
    "/.well-known/JWKS.json",
    "/.well-known/jwks.json/",
    "/.well-known/openid-configuration",
    "/internal",
    "/internal/v1/user-events",
    "/internal/v1/service-token",
    "/INTERNAL/v1/users/lookup",
    "/%69nternal/v1/users/lookup",
    "/;/internal/v1/users/lookup",
    "//internal/v1/users/lookup",
    "/metrics",
    "/Metrics",
    "//metrics",
    "/metrics/",
    "/metrics;x",
    "/%6detrics",
    "/readyz",
    "/readyz%2f",
    "/healthz/",
    "/HEALTHZ",
    "/healthz;x",
    "/problem",
    "/gateway/v1/large-body",
    "/may-send-a-large-body",
    "/problem?x",
    "/conf.d/routes.server",
    "/nginx.conf",
]


@pytest.mark.parametrize("target", TO_AUTH)
def test_paths_of_accounts_and_keys_reach_auth_service_unchanged(
    target: str, gateway: Gateway, auth: RecordingService, promo: RecordingService
) -> None:
    answer = gateway.send("GET", target)
    assert answer.status == 200
    expect_usual_headers(answer)
    assert auth.only.target == target
    assert promo.received == []


@pytest.mark.parametrize("target", TO_PROMO)
def test_paths_of_promos_and_redemptions_reach_promo_service_unchanged(
    target: str, gateway: Gateway, auth: RecordingService, promo: RecordingService
) -> None:
    answer = gateway.send("GET", target)
    assert answer.status == 200
    expect_usual_headers(answer)
    assert promo.only.target == target
    assert auth.received == []


@pytest.mark.parametrize("target", TWO_FACED + NOWHERE)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_other_path_is_not_found_and_reaches_no_service(
    method: str,
    target: str,
    gateway: Gateway,
    auth: RecordingService,
    promo: RecordingService,
) -> None:
    code = 400 if " " in target else 404
    expect_problem(
        gateway.send(method, target),
        code,
        {400: "validation_error", 404: "not_found"}[code],
    )
    assert auth.received == promo.received == []


@pytest.mark.parametrize("target", UNREADABLE)
def test_a_path_that_can_not_be_read_is_refused_and_reaches_no_service(
    target: str, gateway: Gateway, auth: RecordingService, promo: RecordingService
) -> None:
    expect_problem(gateway.send("GET", target), 400, "validation_error")
    assert auth.received == promo.received == []


@pytest.mark.parametrize("query", ["\u00e9", "search=\u00ff", "a=%20&\x80"])
def test_a_query_with_bytes_outside_ascii_is_refused_and_reaches_no_service(
    query: str, gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.send("GET", f"/api/v1/promos?{query}")
    expect_problem(answer, 400, "validation_error")
    assert promo.received == []


def test_an_absolute_url_is_read_like_its_path(
    gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.send("GET", "http://localhost/api/v1/promos?a=1").status == 200
    assert promo.only.target == "/api/v1/promos?a=1"


def test_a_second_request_on_a_connection_is_checked_as_the_first(
    gateway: Gateway, auth: RecordingService, promo: RecordingService
) -> None:
    first = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    second = b"GET /api/v1/promos/..%2f..%2fmetrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert gateway.exchange(first + second).status == 200
    assert [entry["status"] for entry in gateway.read_log(2)] == [200, 404]
    assert auth.received == promo.received == []


def test_the_gateway_has_a_health_of_its_own(
    gateway: Gateway, auth: RecordingService, promo: RecordingService
) -> None:
    answer = gateway.send("GET", "/healthz")
    assert answer.status == 200
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("Cache-Control") == "no-store"
    assert answer.json() == {"status": "alive"}
    expect_usual_headers(answer)
    assert gateway.send("HEAD", "/healthz").body == b""
    refused = gateway.send("POST", "/healthz", body=b"{}")
    expect_problem(refused, 405, "method_not_allowed")
    assert refused.header("Allow") == "GET, HEAD"
    assert auth.received == promo.received == []


def test_no_redirect_of_nginx_s_own_is_made(
    gateway: Gateway, auth: RecordingService
) -> None:
    assert gateway.send("GET", "/api/v1/auth").status == 200
    assert auth.only.target == "/api/v1/auth"
