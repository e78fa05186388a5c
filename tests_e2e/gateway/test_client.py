"""Who asks, by which address and host: a client can't forge it."""

import pytest

from tests_e2e.gateway.expectations import expect_problem
from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import Gateway, build_request

FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
    "X-Real-IP": "6.6.6.6",
    "Forwarded": "for=6.6.6.6;proto=https;host=evil.example",
}
ALSO_FORGED = [
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Protocol",
    "X-Forwarded-Ssl",
    "X-Forwarded-Server",
    "X-Forwarded-Scheme",
    "X-Scheme",
    "Front-End-Https",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-HTTP-Method-Override",
    "X-Client-IP",
    "True-Client-IP",
    "Remote-User",
    "X-Remote-User",
    "Proxy",
    "Proxy-Authorization",
    "TE",
]
# WSGI knows them under the names of the real ones.
SECOND_SPELLINGS = [
    "X_Forwarded_For",
    "X-Forwarded_Proto",
    "X_Forwarded_Host",
    "X_Real_IP",
    "X_Request_ID",
    "SCRIPT_NAME",
    "PATH_INFO",
    "REMOTE_ADDR",
]


def test_the_service_learns_what_the_gateway_saw(
    gateway: Gateway, promo: RecordingService
) -> None:
    host = f"localhost:{gateway.port}"
    assert gateway.send("GET", "/api/v1/promos", {"Host": host}).status == 200
    received = promo.only
    assert received.header("Host") == host
    assert received.header("X-Forwarded-Host") == host
    assert received.header("X-Forwarded-Proto") == "http"
    assert received.header("X-Forwarded-For") == "127.0.0.1"
    assert received.header("X-Real-IP") == "127.0.0.1"
    assert received.header("Forwarded") is None


def test_forwarded_headers_of_a_client_are_overwritten(
    gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.send("GET", "/api/v1/promos", FORGED)
    assert answer.status == 200
    assert answer.header("Strict-Transport-Security") is None
    received = promo.only
    assert received.header("Host") == "localhost"
    assert received.header("X-Forwarded-Host") == "localhost"
    assert received.header("X-Forwarded-Proto") == "http"
    assert received.header("X-Forwarded-For") == "127.0.0.1"
    assert received.header("X-Real-IP") == "127.0.0.1"
    assert received.header("Forwarded") is None
    assert gateway.read_log()[0]["client"] == "127.0.0.1"


def test_a_forged_header_sent_twice_is_still_overwritten(
    gateway: Gateway, promo: RecordingService
) -> None:
    twice = b"X-Forwarded-For: 6.6.6.6\r\nx-forwarded-for: 7.7.7.7\r\n\r\n"
    request = build_request("GET", "/api/v1/promos")[:-2] + twice
    assert gateway.exchange(request).status == 200
    assert promo.only.header("X-Forwarded-For") == "127.0.0.1"


@pytest.mark.parametrize("name", ALSO_FORGED + SECOND_SPELLINGS)
def test_other_ways_to_say_the_same_reach_no_service(
    name: str, gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.send("GET", "/api/v1/promos", {name: "6.6.6.6"}).status == 200
    assert promo.only.values(name) == []
    assert "6.6.6.6" not in [value for _, value in promo.only.headers]


def test_a_client_can_not_have_headers_dropped_by_naming_them_in_connection(
    gateway: Gateway, promo: RecordingService
) -> None:
    named = "close, X-Request-ID, X-Forwarded-For, X-Real-IP, Host, Authorization"
    headers = {"Connection": named, "Authorization": "Bearer abc"}
    assert gateway.send("GET", "/api/v1/promos", headers).status == 200
    received = promo.only
    assert received.header("Connection") is None
    assert received.header("Authorization") == "Bearer abc"
    assert received.header("X-Forwarded-For") == "127.0.0.1"
    assert received.header("X-Request-ID")


def test_what_the_api_reads_is_passed_on_as_it_came(
    gateway: Gateway, promo: RecordingService
) -> None:
    headers = {
        "Authorization": "Bearer abc.def.ghi",
        "Idempotency-Key": "a key/1",
        "If-Match": '"3"',
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "somebody",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": "a=b",
    }
    body = b'{"points": 5}'
    answer = gateway.send("PATCH", "/api/v1/promos/1?a=%20b", headers, body)
    assert answer.status == 200
    received = promo.only
    assert (received.method, received.target) == ("PATCH", "/api/v1/promos/1?a=%20b")
    assert received.body == body
    for name, value in headers.items():
        assert received.header(name) == value


def test_an_empty_idempotency_key_is_left_for_the_service_to_refuse(
    gateway: Gateway, promo: RecordingService
) -> None:
    gateway.send("POST", "/api/v1/promos", {"Idempotency-Key": ""}, b"{}")
    assert promo.only.header("Idempotency-Key") == ""


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080"]
)
def test_the_host_that_the_client_used_is_passed_on(
    host: str, gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.send("GET", "/api/v1/promos", {"Host": host}).status == 200
    assert promo.only.header("Host") == host


@pytest.mark.parametrize(
    "host",
    ["", "a b", "a/b", "a_b", "a,b", "a@b", "a:b", "a:80:80", "[::1", "a\x00b", "ü"],
)
def test_a_host_that_is_none_is_refused(
    host: str, gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.send("GET", "/api/v1/promos", {"Host": host})
    expect_problem(answer, 400, "validation_error")
    assert promo.received == []


@pytest.mark.parametrize(
    "request_line_and_hosts",
    [
        b"GET /api/v1/promos HTTP/1.1\r\n\r\n",
        b"GET /api/v1/promos HTTP/1.0\r\n\r\n",
        b"GET /api/v1/promos HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET http://a/api/v1/promos HTTP/1.1\r\nHost: b\r\n\r\n",
    ],
)
def test_a_missing_or_contradicted_host_is_refused(
    request_line_and_hosts: bytes, gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.exchange(request_line_and_hosts)
    expect_problem(answer, 400, "validation_error")
    assert promo.received == []
