"""Headers by which a client says what only the gateway or a proxy may say."""

import json
import re
from uuid import uuid4

import pytest

from local.waiting import wait_until
from tests_e2e.attack.expectations import orderly, turned_away
from tests_e2e.gateway.test_client import ALSO_FORGED, FORGED, SECOND_SPELLINGS
from tests_e2e.people import Client, grant

EVIL = "evil.example"
INNER_PATH = "/internal/v1/users/lookup"


@pytest.fixture
def promos(administrator: Client, user: Client) -> list[str]:
    return [grant(administrator, user, 10) for _ in range(2)]


def bearer(client: Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.access}"}


@pytest.mark.parametrize(
    "headers",
    [
        FORGED,
        *({name: EVIL} for name in [*FORGED, *ALSO_FORGED, *SECOND_SPELLINGS]),
        {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Port": "1", "X-Forwarded-Prefix": "/evil"},
        {"X-Forwarded-For": "127.0.0.1, 10.0.0.1", "X-Real-IP": "127.0.0.1"},
    ],
    ids=",".join,
)
def test_links_lead_where_the_client_came_from(user, promos, gateway, headers):
    answer = orderly(
        gateway.send(
            "GET", "/api/v1/promos/me?page_size=1", {**bearer(user), **headers}
        )
    )
    assert answer.status == 200
    assert answer.json()["next"].startswith("http://localhost/api/v1/promos/me?")
    assert EVIL not in answer.body.decode()
    assert answer.header("Strict-Transport-Security") is None


@pytest.mark.parametrize(
    "host", [EVIL, f"{EVIL}:80", "localhost.evil.example", "localhost@evil.example"]
)
def test_a_host_that_is_not_ours_is_refused(user, gateway, host):
    answer = gateway.send("GET", "/api/v1/promos/me", {**bearer(user), "Host": host})
    # What is no host at all is no valid request.
    expected = {True: (400, "validation_error"), False: (421, "misdirected_request")}
    turned_away(answer, expected["@" in host])
    assert EVIL not in answer.body.decode()


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"]
)
@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT"])
def test_a_method_is_what_the_request_line_says(
    administrator, promos, gateway, nothing_changes, name, method
):
    nothing_changes()
    sent = {**bearer(administrator), name: method}
    assert orderly(gateway.send("GET", promos[0], sent)).status == 200
    turned_away(
        gateway.send("POST", promos[0], sent, b"{}"), (405, "method_not_allowed")
    )


@pytest.mark.parametrize(
    "name",
    [
        *("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Path", "X-Original-URI"),
        *("X-Forwarded-Prefix", "X-Script-Name", "PATH_INFO", "REQUEST_URI"),
    ],
)
@pytest.mark.parametrize("target", [INNER_PATH, "/metrics", "/api/v1/users"])
def test_a_path_is_what_the_request_line_says(user, gateway, name, target):
    answer = orderly(
        gateway.send("GET", "/api/v1/users/me", {**bearer(user), name: target})
    )
    assert answer.status == 200
    assert answer.json()["username"] == user.username


def test_the_log_has_the_address_that_the_gateway_saw(user, stack, gateway):
    request_id = f"forged-{uuid4()}"
    sent = {**bearer(user), **FORGED, "X-Request-ID": request_id}
    orderly(gateway.send("GET", "/api/v1/promos/me", sent))
    # Written just after the answer, and by way of supervisord.
    assert wait_until(lambda: request_id in stack.log("gateway", 2000), 10)
    (entry,) = [
        json.loads(line)
        for line in stack.log("gateway", 2000).splitlines()
        if request_id in line
    ]
    assert entry["client"] == "127.0.0.1"
    assert "6.6.6.6" not in stack.log("promo_service", 2000)


@pytest.mark.parametrize(
    "given",
    [
        *(b"abcdefgh\nX-Injected: 1", b"abcdefgh\rX-Injected: 1", b"abcdefgh\r\n X: 1"),
        *(b"abcdefgh\r\n\tX-Injected: 1", b"abcd\x0befgh", b"abcd\x0cefgh"),
        *(b"abcd\x85efgh", b"abcd\xe2\x80\xa8efgh", b"abcdefgh%0d%0aX-Injected:%201"),
        *(b"abcdefgh\\r\\nX-Injected: 1", b'abcdefgh","level":"error', b"abcd\x1b[31m"),
        *(b"${jndi:ldap://evil}", b"<script>alert(1)</script>", b"../../etc/passwd"),
        *(b"x" * 65, b"x" * 7000, b"short", b"", b"\xff" * 20, b"abcdefgh, ijklmnop"),
    ],
)
def test_a_request_id_that_would_write_more_than_itself(user, stack, gateway, given):
    marker = f"marks-{uuid4()}"
    request = (
        f"GET /api/v1/users/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {user.access}\r\nX-Request-ID: "
    ).encode()
    answer = orderly(gateway.exchange(request + given + b"\r\n\r\n"))
    assert answer.status in {200, 400}
    assert answer.header("X-Injected") is None
    said = answer.header("X-Request-ID") or ""
    assert re.fullmatch(r"[0-9a-f]{32}|abcdefgh", said)

    orderly(gateway.send("GET", "/healthz", {"X-Request-ID": marker}))
    for program in ("gateway", "auth_service"):
        log = stack.log(program, 40)
        assert "X-Injected" not in log
        for line in filter(lambda line: line.startswith("{"), log.splitlines()):
            entry = json.loads(line)
            assert entry.get("level") != "error"
            assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", entry["request_id"])


def test_what_is_named_in_connection_is_not_dropped(user, gateway):
    named = "close, Authorization, X-Forwarded-For, X-Request-ID, Host"
    sent = {**bearer(user), "Connection": named}
    assert orderly(gateway.send("GET", "/api/v1/users/me", sent)).status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost"])
def test_no_other_site_may_read_an_answer(user, gateway, origin):
    preflight = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    for method, status in (("OPTIONS", 405), ("GET", 200)):
        sent = {**bearer(user), **preflight}
        answer = orderly(gateway.send(method, "/api/v1/promos/me", sent))
        assert answer.status == status
        assert not [
            name
            for name, _ in answer.headers
            if name.lower().startswith("access-control")
        ]
