"""Bulks are large, and nothing of one is read before it is known who sends it."""

import json
import re
import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from tests_e2e.gateway.running import Answer, build_request, read_answer
from tests_e2e.people import Client, soon

BULK = "/api/v1/promos/bulk"
LARGEST, FOUR_MIB = 16 * 1024, 4 * 1024 * 1024
NOBODY = "018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f"
SAID = {
    "length": {"Content-Length": str(FOUR_MIB)},
    "chunks": {"Transfer-Encoding": "chunked"},
}


DOCUMENTS = Path(__file__).parent.parent / "docs" / "openapi"


def routes_with_bodies() -> list[tuple[str, str]]:
    """Return method and path of whatever the contract gives a body."""
    found = []
    for file in sorted(DOCUMENTS.glob("*.yaml")):
        paths = yaml.safe_load(file.read_text(encoding="utf-8"))["paths"]
        for path, operations in paths.items():
            found += [
                (method.upper(), re.sub(r"\{.*?\}", NOBODY, path))
                for method, operation in operations.items()
                if isinstance(operation, dict) and "requestBody" in operation
            ]
    return found


def connect(base_url: str) -> socket.socket:
    port = urlsplit(base_url).port
    assert port
    return socket.create_connection(("127.0.0.1", port), timeout=15)


def ask(
    base_url: str, method: str, headers: dict[str, str], body: bytes = b""
) -> Answer:
    """Send the head of a bulk, and of its body as much as is given."""
    with connect(base_url) as client:
        client.sendall(build_request(method, BULK, headers) + body)
        return read_answer(client, method)


def kept_bodies(stack) -> list[Path]:
    folder = stack.state_dir / "gateway" / "temp" / "client_body"
    return [file for file in folder.rglob("*") if file.is_file()]


def bulk_for(user: Client, rows: int) -> bytes:
    promos = [
        {
            "username": user.username,
            "promo_type": "gift",
            "promo_code": f"LARGE-{number}",
            "promo_amount": 5,
            "description": "x" * 400,
        }
        for number in range(rows)
    ]
    return json.dumps({"promos": promos}).encode()


def count_promos(user: Client) -> int:
    return len(user("GET", "/api/v1/promos/me").json()["results"])


@pytest.mark.parametrize(("method", "path"), routes_with_bodies())
def test_gateway_and_service_agree_how_large_a_body_may_be(method, path, administrator):
    """What the gateway lets through, the service reads; and no more comes."""
    most = FOUR_MIB if path == BULK else LARGEST
    padded = b"{}".ljust(most)
    headers = {
        "Authorization": f"Bearer {administrator.access}",
        "Content-Type": "application/json",
    }
    url = administrator.base_url + path

    read = requests.request(method, url, data=padded, headers=headers, timeout=30)
    # Announced alone: nobody waits for it.
    more = {**headers, "Content-Length": str(most + 1)}
    with connect(administrator.base_url) as client:
        client.sendall(build_request(method, path, more))
        refused = read_answer(client, method)

    assert read.status_code < 500
    assert read.status_code != 413, read.text
    assert (refused.status, refused.json()["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize("framing", SAID)
@pytest.mark.parametrize(
    ("token", "method", "more", "status", "code"),
    [
        (None, "POST", {}, 401, "not_authenticated"),
        ("Bearer made.up.token", "POST", {}, 401, "invalid_token"),
        ("Bearer", "POST", {}, 401, "invalid_token"),
        ("Basic YTpi", "POST", {}, 401, "not_authenticated"),
        ("user", "POST", {}, 403, "permission_denied"),
        ("user", "PUT", {}, 403, "permission_denied"),
        ("administrator", "PUT", {}, 405, "method_not_allowed"),
        (None, "POST", {"Accept": "text/html"}, 406, "not_acceptable"),
        ("administrator", "POST", {"Accept": "text/html"}, 406, "not_acceptable"),
    ],
)
def test_a_large_body_is_refused_unread_in_the_order_of_refusal(
    framing, token, method, more, status, code, stack, administrator, user
):
    known = {"user": user, "administrator": administrator}
    headers = {**SAID[framing], **more, "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = (
            f"Bearer {known[token].access}" if token in known else token
        )

    # None of the body is sent: who waited for it would get no answer.
    answer = ask(stack.base_url, method, headers)

    assert answer.status == status
    assert answer.header("Content-Type") == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["instance"]) == (code, BULK)
    assert problem["request_id"] == answer.header("X-Request-ID")
    if status == 401:
        assert answer.values("WWW-Authenticate") == ["Bearer"]
    assert ("POST" in (answer.header("Allow") or "")) == (status == 405)
    assert kept_bodies(stack) == []


def test_bodies_without_a_token_take_no_disk_and_a_bulk_is_granted_meanwhile(
    stack, administrator, user
):
    head = build_request("POST", BULK, {"Content-Length": str(FOUR_MIB)})
    with ExitStack() as opened:
        clients = [opened.enter_context(connect(stack.base_url)) for _ in range(40)]
        for client in clients:
            client.sendall(head + b"x" * 100_000)

        for client in clients:
            assert read_answer(client, "POST").status == 401
        assert kept_bodies(stack) == []

        token = {"Authorization": f"Bearer {administrator.access}"}
        headers = {**token, "Content-Type": "application/json"}
        body = bulk_for(user, rows=60)
        assert len(body) > 16 * 1024
        length = {"Content-Length": str(len(body))}
        granted = ask(stack.base_url, "POST", {**headers, **length}, body)

    assert granted.status == 201
    assert len(granted.json()["results"]) == 60
    assert kept_bodies(stack) == []


def test_a_large_body_of_an_administrator_is_refused_by_what_it_says(
    stack, administrator, user
):
    headers = {
        "Authorization": f"Bearer {administrator.access}",
        "Content-Type": "application/json",
        "Content-Length": str(FOUR_MIB),
    }

    answer = ask(stack.base_url, "POST", headers, b" " * FOUR_MIB)

    assert (answer.status, answer.json()["code"]) == (400, "malformed_json")
    assert count_promos(user) == 0
    assert kept_bodies(stack) == []


def test_an_administrator_who_was_demoted_sends_no_large_body(
    stack, administrator, user
):
    promoted = administrator(
        "PATCH", f"/api/v1/users/{user.id}", {"role": "administrator"}
    )
    assert promoted.status_code == 200
    user.log_in()
    demoted = administrator(
        "PATCH",
        f"/api/v1/users/{user.id}",
        {"role": "normal", "mobile_number": "+201001234567"},
    )
    assert demoted.status_code == 200
    soon(lambda: user("GET", "/api/v1/promos"), 401)
    headers = {**SAID["length"], "Authorization": f"Bearer {user.access}"}

    answer = ask(stack.base_url, "POST", headers)

    assert (answer.status, answer.json()["code"]) == (401, "invalid_token")
