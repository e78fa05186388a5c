"""Who may send a large body, and that nothing of it is read before that is known."""

import socket
from pathlib import Path

import pytest

from tests_e2e.gateway.expectations import expect_problem
from tests_e2e.gateway.recording import Received, RecordingService, Reply
from tests_e2e.gateway.running import (
    Gateway,
    build_request,
    find_free_port,
    read_answer,
    run_gateway,
)

KIB, MIB = 1024, 1024 * 1024
BULK = "/api/v1/promos/bulk"
QUESTION = "/gateway/v1/large-body"
TOKEN = {"Authorization": "Bearer abc.def.ghi"}


def answer_to_question(promo: RecordingService, reply: Reply | None) -> None:
    """Answer the gateway's question so, and refuse the request itself unread."""
    promo.refusal = Reply(401, {"WWW-Authenticate": "Bearer"}, b'{"code": "of_it"}')

    def answer(received: Received) -> Reply | None:
        return reply if received.target == QUESTION else Reply()

    promo.reply = answer
    promo.refuses = lambda target: target == BULK


def kept_bodies(gateway: Gateway) -> list[Path]:
    folder = gateway.prefix / "temp" / "client_body"
    return [file for file in folder.rglob("*") if file.is_file()]


@pytest.mark.parametrize("size", [16 * KIB + 1, 300_000, 4 * MIB])
def test_a_large_body_of_a_known_sender_is_passed_on_whole(
    size: int, gateway: Gateway, promo: RecordingService
) -> None:
    body = b"x" * size
    assert gateway.send("POST", f"{BULK}?a=1", TOKEN, body).status == 200
    asked, sent = promo.received
    assert (asked.method, asked.target, asked.body) == ("POST", QUESTION, b"")
    assert asked.header("Authorization") == TOKEN["Authorization"]
    assert asked.header("Content-Length") is None
    assert asked.header("Transfer-Encoding") is None
    assert asked.header("X-Request-ID") == sent.header("X-Request-ID")
    assert asked.header("X-Forwarded-For") == "127.0.0.1"
    assert (sent.method, sent.target, sent.body) == ("POST", f"{BULK}?a=1", body)


@pytest.mark.parametrize("size", [16 * KIB, 300_000])
def test_a_body_in_chunks_may_be_large_and_reaches_the_service_with_its_length(
    size: int, gateway: Gateway, promo: RecordingService
) -> None:
    head = build_request("POST", BULK, {"Transfer-Encoding": "chunked", **TOKEN})
    body = b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
    assert gateway.exchange(head + body).status == 200
    asked, sent = promo.received
    assert asked.target == QUESTION
    assert sent.header("Content-Length") == str(size)
    assert sent.header("Transfer-Encoding") is None
    assert sent.body == b"x" * size


@pytest.mark.parametrize("size", [0, 1, 9_999, 15_999, 16_299, 16_379, 16 * KIB])
def test_a_body_that_anybody_may_send_asks_nobody(
    size: int, gateway: Gateway, promo: RecordingService
) -> None:
    assert gateway.send("POST", BULK, body=b"x" * size).status == 200
    assert (promo.only.target, promo.only.body) == (BULK, b"x" * size)


@pytest.mark.parametrize(
    "status", [301, 400, 401, 403, 404, 405, 406, 415, 429, 500, 502, 503, 504, None]
)
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_sender_who_is_refused_is_told_by_the_service_before_the_body_is_read(
    framing: str, status: int | None, gateway: Gateway, promo: RecordingService
) -> None:
    answer_to_question(promo, Reply(status) if status else None)
    said = {
        "length": {"Content-Length": str(4 * MIB)},
        "chunks": {"Transfer-Encoding": "chunked"},
    }[framing]
    # The head alone: who waited for the body would wait in vain.
    answer = gateway.send("POST", BULK, {**TOKEN, **said})
    assert answer.status == 401
    assert answer.json() == {"code": "of_it"}
    assert answer.values("WWW-Authenticate") == ["Bearer"]
    refused = promo.received[-1]
    assert (refused.method, refused.target, refused.body) == ("POST", BULK, b"")
    assert kept_bodies(gateway) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_asked_for_as_such(
    method: str, gateway: Gateway, promo: RecordingService
) -> None:
    answer_to_question(promo, Reply(405))
    gateway.send(method, BULK, {"Content-Length": str(MIB)})
    assert [(each.method, each.target) for each in promo.received] == [
        (method, QUESTION),
        (method, BULK),
    ]


def test_bodies_of_senders_who_are_refused_are_kept_nowhere_while_they_come(
    gateway: Gateway, promo: RecordingService
) -> None:
    answer_to_question(promo, Reply(401))
    with_head = build_request("POST", BULK, {"Content-Length": str(4 * MIB)})
    clients = [
        socket.create_connection(("127.0.0.1", gateway.port), timeout=5)
        for _ in range(40)
    ]
    try:
        for client in clients:
            client.sendall(with_head + b"x" * (100 * KIB))
        for client in clients:
            assert read_answer(client, "POST").status == 401
        assert kept_bodies(gateway) == []
        promo.refuses = lambda _: False
        promo.reply = lambda _: Reply()
        assert gateway.send("POST", BULK, TOKEN, b"x" * MIB).status == 200
    finally:
        for client in clients:
            client.close()


def test_a_service_that_is_down_takes_no_large_body(
    tmp_path: Path, auth: RecordingService
) -> None:
    with run_gateway(
        tmp_path,
        auth_service=auth.address,
        promo_service=f"127.0.0.1:{find_free_port()}",
    ) as gateway:
        answer = gateway.send("POST", BULK, {"Content-Length": str(MIB)})
        expect_problem(answer, 502, "bad_gateway")
        assert kept_bodies(gateway) == []
