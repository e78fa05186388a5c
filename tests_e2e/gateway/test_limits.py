"""How large a request may be, and how a broken one is refused."""

import socket

import pytest

from tests_e2e.gateway.expectations import expect_problem
from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import Gateway, build_request, read_answer

LARGEST = 16 * 1024
MIB = 1024 * 1024
HOST = b"Host: localhost\r\nConnection: close\r\n"


def chunked(target: str, size: int) -> bytes:
    head = build_request("POST", target, {"Transfer-Encoding": "chunked"})
    body = b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
    return head + body


@pytest.mark.parametrize(
    "target", ["/api/v1/promos", "/api/v1/promos/me/use", "/api/v1/promos/bulk"]
)
def test_the_largest_body_of_anybody_is_passed_on_whole(
    target: str, gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.send("POST", target, body=b"x" * LARGEST).status == 200
    assert promo.only.body == b"x" * LARGEST


@pytest.mark.parametrize(
    ("target", "size"),
    [
        ("/api/v1/promos", LARGEST + 1),
        ("/api/v1/promos/bulk", 4 * MIB + 1),
        ("/api/v1/promos/bulk/", LARGEST + 1),
        ("/api/v1/redemptions", LARGEST + 1),
        ("/api/v1/auth/token", LARGEST + 1),
        ("/api/v1/auth/token/refresh", LARGEST + 1),
        ("/api/v1/auth/register", LARGEST + 1),
        ("/api/v1/users/me/password", LARGEST + 1),
        ("/api/v1/users", LARGEST + 1),
        ("/.well-known/jwks.json", LARGEST + 1),
    ],
)
def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(
    target: str,
    size: int,
    gateway: Gateway,
    auth: RecordingService,
    promo: RecordingService,
) -> None:
    answer = gateway.send("POST", target, {"Content-Length": str(size)})
    expect_problem(answer, 413, "payload_too_large")
    assert auth.received == promo.received == []


def test_a_body_in_chunks_may_not_be_larger(
    gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.exchange(chunked("/api/v1/promos", LARGEST + 1))
    expect_problem(answer, 413, "payload_too_large")
    assert promo.received == []


def test_a_body_in_chunks_reaches_the_service_with_its_length(
    gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.exchange(chunked("/api/v1/promos", LARGEST)).status == 200
    assert promo.only.header("Content-Length") == str(LARGEST)
    assert promo.only.header("Transfer-Encoding") is None
    assert promo.only.body == b"x" * LARGEST


def test_an_unknown_path_is_not_found_however_large_the_body(gateway: Gateway) -> None:
    answer = gateway.send("POST", "/nowhere", {"Content-Length": str(9 * MIB)})
    expect_problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    ("length", "status"), [(4000, 200), (4001, 414), (70_000, 414)]
)
def test_a_uri_holds_at_most_4000_bytes(
    length: int, status: int, gateway: Gateway, promo: RecordingService
) -> None:
    target = "/api/v1/promos?cursor=".ljust(length, "x")
    answer = gateway.send("GET", target)
    if status == 200:
        assert promo.only.target == target
    else:
        expect_problem(answer, 414, "uri_too_long")
        assert promo.received == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "x" * 8000},
        {"Authorization": "x" * 40_000},
        {"Authorization": "x" * 200_000},
        {f"A{number}": "x" * 1000 for number in range(9)},
        {f"A{number}": "x" * 1000 for number in range(79)},
        {f"A{number}": "x" for number in range(81)},
    ],
)
def test_too_large_or_too_many_headers_are_refused(
    headers: dict[str, str], gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.send("GET", "/api/v1/promos", headers)
    expect_problem(answer, 431, "headers_too_large")
    assert promo.received == []


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "x" * 7800}, {f"A{number}": "x" for number in range(78)}],
)
def test_headers_just_within_the_limits_are_passed_on(
    headers: dict[str, str], gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.send("GET", "/api/v1/promos", headers).status == 200
    # gunicorn's own limit, which no request may reach, or its answer would be HTML.
    assert len(promo.only.headers) <= 100
    for name, value in headers.items():
        assert promo.only.header(name) == value


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"hello\r\n\r\n",
        b"get /api/v1/promos HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /api/v1/promos HTTP/1.1 x\r\n" + HOST + b"\r\n",
        b"GET /api/v1/promos HTTP/3.0\r\n" + HOST + b"\r\n",
        b"GET /api/v1/promos\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /api/v1/promos?\x7f HTTP/1.1\r\n" + HOST + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /api/v1/promos HTTP/1.1\r\nA: \x00\r\n" + HOST + b"\r\n",
        b"GET /api/v1/promos HTTP/1.1\r\nA: b\rc: d\r\n" + HOST + b"\r\n",
        b"POST /api/v1/promos HTTP/1.1\r\nContent-Length: -1\r\n" + HOST + b"\r\n",
        b"POST /api/v1/promos HTTP/1.1\r\nContent-Length: 1x\r\n" + HOST + b"\r\n",
        b"POST /api/v1/promos HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n"
        + HOST
        + b"\r\nxx",
        b"POST /api/v1/promos HTTP/1.1\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n" + HOST + b"\r\n0\r\n\r\n",
        b"POST /api/v1/promos HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n"
        + HOST
        + b"\r\n0\r\n\r\n",
        b"POST /api/v1/promos HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n"
        + HOST
        + b"\r\n0\r\n\r\n",
        b"POST /api/v1/promos HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
        + HOST
        + b"\r\nzz\r\n\r\n",
    ],
)
def test_a_malformed_request_is_a_problem_and_reaches_no_service(
    request_bytes: bytes,
    gateway: Gateway,
    auth: RecordingService,
    promo: RecordingService,
) -> None:
    expect_problem(gateway.exchange(request_bytes), 400, "validation_error")
    assert auth.received == promo.received == []
    assert gateway.read_log()[0]["status"] == 400


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "A", "GET-IT"])
def test_a_method_that_no_service_knows_is_refused(
    method: str, gateway: Gateway, promo: RecordingService
) -> None:
    target = "localhost:80" if method == "CONNECT" else "/api/v1/promos"
    answer = gateway.send(method, target)
    expect_problem(answer, 405, "method_not_allowed")
    # To nginx the target of a CONNECT is the path /, which is the console's.
    allowed = "GET, HEAD" if method == "CONNECT" else "GET, HEAD, POST, PATCH, DELETE"
    assert answer.header("Allow") == allowed
    assert promo.received == []


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "DELETE", "HEAD"])
def test_a_method_that_a_service_may_refuse_is_left_to_it(
    method: str, gateway: Gateway, promo: RecordingService
) -> None:
    promo.answer_with(405, {"Allow": "GET"}, code="method_not_allowed")
    answer = gateway.send(method, "/api/v1/promos")
    assert answer.status == 405
    assert answer.header("Allow") == "GET"
    assert promo.only.method == method


def test_http_0_9_is_refused(gateway: Gateway, promo: RecordingService) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as client:
        client.sendall(b"GET /api/v1/promos\r\n")
        answer = client.makefile("rb").read()
    assert b'"code":"validation_error"' in answer
    assert promo.received == []


def test_a_refused_body_does_not_end_the_connection_before_the_answer_is_read(
    gateway: Gateway,
) -> None:
    request = build_request("POST", "/api/v1/promos", body=b"x" * (3 * MIB))
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as client:
        client.sendall(request)
        expect_problem(read_answer(client, "POST"), 413, "payload_too_large")
