"""A header that says one thing, said twice or under another name."""

import json

import pytest

from tests_e2e.attack.sending import send
from tests_e2e.people import grant

USE = json.dumps({"points": 1}).encode()


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({"Idempotency_Key": "k\r\nIdempotency-Key: k"}, "repeated"),
        ({"Idempotency_Key": "k\r\nidempotency-key: other"}, "repeated"),
        ({"Idempotency_Key": "k\r\nX-Idempotency-Key: k"}, "misspelt"),
        ({"X_Idempotency_Key": "k"}, "misspelt"),
        ({"Idempotent_Key": "k"}, "misspelt"),
        ({"IdempotencyKey": "k"}, "misspelt"),
    ],
)
def test_a_key_that_would_not_count_takes_no_points(
    named, code, gateway, administrator, user, nothing_changes
):
    promo = grant(administrator, user, 10)
    nothing_changes()
    for path in (f"{promo}/use", "/api/v1/promos/me/use"):
        answer = send(gateway, user, ("POST", path), USE, **named)
        problem = json.loads(answer.body)
        assert (answer.status, problem["code"]) == (400, "validation_error")
        assert [fault["code"] for fault in problem["errors"]] == [code]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Authorization: Bearer x", 400),
        ("Content-Length: 13", 400),
        ("Host: localhost", 400),
        ("Content-Type: application/json", 415),
    ],
)
def test_what_may_be_said_once_is_refused_when_it_is_said_twice(
    header, status, gateway, administrator, user, nothing_changes
):
    promo = grant(administrator, user, 10)
    nothing_changes()
    answer = send(
        gateway, user, ("POST", f"{promo}/use"), USE, Accept=f"*/*\r\n{header}"
    )
    assert answer.status in {status, 400, 401}
