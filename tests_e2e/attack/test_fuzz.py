"""Requests that hypothesis makes up: whatever they are, the answer is orderly.

The same ones at each run; `EXAMPLES=2000` makes more of them.
"""

import json
import os
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests_e2e.attack.expectations import orderly
from tests_e2e.gateway.running import Answer, Gateway, build_request, read_answer
from tests_e2e.people import Client, grant, register

fuzz = settings(
    max_examples=int(os.environ.get("EXAMPLES") or 150),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

METHODS = ["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "TRACE", "X"]
WORDS = [
    *("api", "v1", "v2", "promos", "redemptions", "users", "auth", "token", "refresh"),
    *("me", "use", "bulk", "ledger", "points", "password", "schema", "reverse", "docs"),
    *("internal", "user-events", "metrics", "healthz", ".well-known", "jwks.json"),
    *("018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f", "..", ".", "", "%2e%2e", "%2f", "%00"),
]
NAMES = [
    *("Accept", "Authorization", "Content-Type", "Content-Length", "Cookie", "Expect"),
    *("Host", "Idempotency-Key", "If-Match", "If-None-Match", "Range", "Referer"),
    *("Transfer-Encoding", "X-Forwarded-For", "X-Forwarded-Host", "X-Request-ID"),
    *("Accept-Encoding", "Content-Encoding", "Connection", "Upgrade", "User-Agent"),
    *("traceparent", "Origin", "Forwarded", "If-Modified-Since", "Accept-Charset"),
]
# All bytes as characters, but those that end a line.
LINE = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)
WITHOUT_BLANKS = LINE.map(lambda text: text.replace(" ", "+"))
SEGMENT = st.one_of(st.sampled_from(WORDS), WITHOUT_BLANKS)
TARGET = st.builds(
    lambda segments, query: "/" + "/".join(segments) + (f"?{query}" if query else ""),
    st.lists(SEGMENT, max_size=6),
    WITHOUT_BLANKS,
)
LETTER = st.characters(categories=["L", "N"], max_codepoint=127)
NAME = st.one_of(st.sampled_from(NAMES), st.text(LETTER, min_size=1))
HEADERS = st.dictionaries(NAME, LINE, max_size=5)
VALUE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=30),
        st.sampled_from([10**30, -(2**63), "\x00", "2026-01-01T00:00:00Z", "normal"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=10), inner, max_size=4),
    ),
    max_leaves=12,
)
FIELDS = [
    *("username", "password", "name", "address", "mobile_number", "role", "is_active"),
    *("user_id", "promo_type", "promo_code", "promo_amount", "description", "points"),
    *("start_time", "end_time", "task", "reason", "promos", "refresh", "new_password"),
    *("current_password", "as_of", ""),
]
BODY = st.one_of(
    st.binary(max_size=200),
    VALUE.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.sampled_from(FIELDS), VALUE, max_size=6).map(
        lambda value: json.dumps(value).encode()
    ),
)
# An administrator, who gets furthest; only what could end the tests is left out.
ROUTES = [
    *(("POST", "/api/v1/auth/register"), ("POST", "/api/v1/auth/token")),
    *(("POST", "/api/v1/auth/token/refresh"), ("POST", "/api/v1/auth/logout")),
    *(("POST", "/api/v1/users"), ("PATCH", "/api/v1/users/me"), ("PATCH", "USER")),
    *(("POST", "/api/v1/promos"), ("POST", "/api/v1/promos/bulk"), ("PATCH", "PROMO")),
    *(
        ("POST", "PROMO/use"),
        ("POST", "/api/v1/promos/me/use"),
        ("POST", "USER/password"),
    ),
    ("POST", "/api/v1/redemptions/018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f/reverse"),
]


def exchange(gateway: Gateway, request: bytes, method: str = "GET") -> Answer | None:
    """The answer; None where the gateway waits for more, or closes without a word."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=1) as client:
        try:
            client.sendall(request)
            return read_answer(client, method)
        except (ConnectionError, TimeoutError):
            return None


@given(start=st.binary(max_size=300))
@fuzz
def test_bytes(start: bytes, gateway: Gateway) -> None:
    request = start + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=5) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        received = client.makefile("rb").read()
    # Without a version it is HTTP/0.9, whose answers have no head.
    assert received.startswith(b"HTTP/1.1 4") or b'"code":' in received or not received
    assert b" 500 " not in received[:20]


@given(method=st.sampled_from(METHODS), target=TARGET)
@fuzz
def test_targets(method: str, target: str, gateway: Gateway, user: Client) -> None:
    bearer = {"Authorization": f"Bearer {user.access}"}
    request = build_request(method, target, bearer)
    answer = exchange(gateway, request, method)
    assert answer is not None
    orderly(answer)


@given(method=st.sampled_from(METHODS[:5]), headers=HEADERS)
@fuzz
def test_headers(
    method: str, headers: dict[str, str], gateway: Gateway, user: Client
) -> None:
    sent = {"Authorization": f"Bearer {user.access}", **headers}
    for target in ("/api/v1/promos/me", "/api/v1/users/me/nothing"):
        answer = exchange(gateway, build_request(method, target, sent), method)
        # A length that was announced is waited for.
        if answer is None:
            assert "content-length" in {name.lower() for name in headers}
            return
        orderly(answer)


@pytest.fixture
def paths(administrator: Client, base_url: str) -> dict[str, str]:
    """A user who may be changed, and a promo of theirs."""
    anybody = register(base_url)
    promo = grant(administrator, anybody, 10**9)
    return {"PROMO": promo, "USER": f"/api/v1/users/{anybody.id}"}


@given(route=st.sampled_from(ROUTES), body=BODY)
@fuzz
def test_bodies(
    route: tuple[str, str],
    body: bytes,
    gateway: Gateway,
    administrator: Client,
    paths: dict[str, Any],
) -> None:
    method, target = route
    for name, path in paths.items():
        target = target.replace(name, path)
    headers = {
        "Authorization": f"Bearer {administrator.access}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    orderly(gateway.send(method, target, headers, body))
