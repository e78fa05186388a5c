"""What the gateway adds to answers, and what it logs of them."""

import gzip
import json

import pytest

from tests_e2e.gateway.expectations import SECURITY_HEADERS, expect_usual_headers
from tests_e2e.gateway.recording import RecordingService, Reply
from tests_e2e.gateway.running import Gateway

LONG = json.dumps({"results": ["points"] * 200}).encode()


def test_security_headers_of_a_service_do_not_double_the_gateway_s(
    gateway: Gateway, promo: RecordingService
) -> None:
    theirs = dict.fromkeys([*SECURITY_HEADERS, "Permissions-Policy"], "other")
    promo.answer_with(headers={**theirs, "Strict-Transport-Security": "max-age=1"})
    answer = gateway.send("GET", "/api/v1/promos")
    expect_usual_headers(answer)
    assert answer.header("Permissions-Policy") != "other"
    assert answer.header("Strict-Transport-Security") is None


def test_headers_of_a_service_that_clients_need_arrive(
    gateway: Gateway, promo: RecordingService
) -> None:
    headers = {
        "Location": "http://localhost/api/v1/promos/1",
        "ETag": '"1"',
        "Idempotent-Replayed": "true",
        "Cache-Control": "no-store",
        "Link": "</docs>",
    }
    promo.answer_with(201, headers)
    answer = gateway.send("POST", "/api/v1/promos", body=b"{}")
    assert answer.status == 201
    for name, value in headers.items():
        assert answer.header(name) == value


def test_an_answer_without_a_body_stays_without(
    gateway: Gateway, promo: RecordingService
) -> None:
    promo.reply = lambda _: Reply(204)
    answer = gateway.send("DELETE", "/api/v1/promos/1")
    assert (answer.status, answer.body) == (204, b"")
    expect_usual_headers(answer)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/vnd.oai.openapi+json",
        "application/json; charset=utf-8",
    ],
)
def test_long_json_is_compressed_for_those_who_can_read_it(
    media_type: str, gateway: Gateway, promo: RecordingService
) -> None:
    headers = {"Content-Type": media_type, "ETag": '"3"', "Vary": "Accept"}
    promo.reply = lambda _: Reply(200, headers, LONG)
    accepting = {"Accept-Encoding": "br, gzip", "Via": "1.1 somebody"}
    answer = gateway.send("GET", "/api/v1/promos", accepting)
    assert answer.header("Content-Encoding") == "gzip"
    assert gzip.decompress(answer.body) == LONG
    assert answer.header("ETag") == 'W/"3"'
    assert sorted(answer.values("Vary")) == ["Accept", "Accept-Encoding"]
    assert promo.only.header("Accept-Encoding") is None


def test_nothing_is_compressed_for_others_or_when_it_is_short(
    gateway: Gateway, promo: RecordingService
) -> None:
    promo.reply = lambda _: Reply(200, {"ETag": '"3"'}, LONG)
    plain = gateway.send("GET", "/api/v1/promos")
    assert plain.body == LONG
    assert plain.header("ETag") == '"3"'
    assert plain.header("Vary") == "Accept-Encoding"
    promo.answer_with(short=True)
    short = gateway.send("GET", "/api/v1/promos", {"Accept-Encoding": "gzip"})
    assert short.header("Content-Encoding") is None


def test_a_request_is_one_entry_of_the_log(
    gateway: Gateway, promo: RecordingService
) -> None:
    answer = gateway.send(
        "POST",
        "/api/v1/promos/1/use?search=private",
        {"Authorization": "Bearer private", "User-Agent": "private"},
        b'{"task": "private"}',
    )
    entry = gateway.read_log()[0]
    assert entry["request_id"] == answer.header("X-Request-ID")
    assert entry["event"] == "request"
    assert entry["method"] == "POST"
    assert entry["path"] == "/api/v1/promos/1/use"
    assert entry["status"] == 200
    assert entry["upstream"] == promo.address
    assert entry["upstream_status"] == "200"
    assert entry["client"] == "127.0.0.1"
    assert entry["bytes_sent"] > len(answer.body)
    assert 0 <= entry["upstream_seconds"] <= 5
    assert 0 <= entry["seconds"] <= 5
    assert entry["timestamp"].startswith("20")
    assert "private" not in json.dumps(entry)


@pytest.mark.parametrize(
    ("target", "path", "method"),
    [
        ("/nowhere?token=private", "/nowhere", "DELETE"),
        ("/api/v1/promos/%2e%2e?private", "/api/v1/promos/%2e%2e", "PATCH"),
        ('/a"b\\c?private', '/a"b\\c', "GET"),
        ("/\xff?private", "", "GET"),
        ("/api/v1/promos?" + "private" * 1000, "/api/v1/promos", "GET"),
    ],
)
def test_a_refused_request_is_logged_as_it_was_sent_but_for_the_query(
    target: str, path: str, method: str, gateway: Gateway
) -> None:
    answer = gateway.send(method, target)
    entry = gateway.read_log()[0]
    assert (entry["method"], entry["path"]) == (method, path)
    assert entry["status"] == answer.status
    assert entry["upstream"] == ""
    assert entry["upstream_seconds"] is None
    assert "private" not in json.dumps(entry)


def test_the_error_log_repeats_no_request(gateway: Gateway) -> None:
    gateway.send("POST", "/api/v1/promos?private", {"Content-Length": "9999999"})
    gateway.send("GET", "/api/v1/promos?private", {"Authorization": "private" * 9999})
    gateway.read_log(2)
    errors = gateway.prefix / "stderr.log"
    assert "private" not in errors.read_text(encoding="utf-8")
