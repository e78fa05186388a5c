"""Bodies that are too large, broken, or of another kind."""

import gzip
import json
from typing import Any

import pytest

from tests_e2e.attack.expectations import turned_away
from tests_e2e.attack.sending import send
from tests_e2e.people import Client, grant

ROUTES = [
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/token"),
    ("POST", "/api/v1/auth/token/refresh"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/users"),
    ("PATCH", "/api/v1/users/me"),
    ("POST", "/api/v1/users/me/password"),
    ("POST", "/api/v1/promos"),
    ("POST", "/api/v1/promos/bulk"),
    ("POST", "/api/v1/promos/me/use"),
    ("PATCH", "PROMO"),
    ("POST", "PROMO/use"),
]
MALFORMED = [
    *(b"{", b"}", b"[", b"{}{}", b'{"a": 1,}', b"{'a': 1}", b"{a: 1}", b"// x\n{}"),
    *(b'{"a": 1, "a": 1}', b'{"a": {"b": 1, "b": 2}}', b'{"a": 1, "\\u0061": 2}'),
    *(b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}', b"NaN"),
    *(b'{"a": 01}', b'{"a": +1}', b'{"a": .5}', b'{"a": 1.}', b'{"a": 0x1}'),
    *(b'{"a": "\\ud800"}', b'{"a": "\\udc00\\ud800"}', b'{"\\ud800": 1}'),
    *(b'{"a": "\n"}', b'{"a": "\x00"}', b'{"a": "\\x41"}', b'{"a": "\\u12"}'),
    *(b"\xff\xfe", b'{"a": "\xff"}', b'{"a": "\xc0\xae"}', b'{"a": "\xed\xa0\x80"}'),
    *(b"\xef\xbb\xbf{}", '{"a": 1}'.encode("utf-16"), '{"a": 1}'.encode("utf-32")),
    *(b"\x00", b" ", b"\x0c{}", b"\xa0{}", b"<a/>", b"a=1&b=2", gzip.compress(b"{}")),
    *(b"[" * 21 + b"]" * 21, b"[" * 16_000, b'{"a":' * 3_000, b"1" * 5000),
    b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}",
]
NO_OBJECT = [b"[]", b"[{}]", b'"x"', b"1", b"true", b"null", b"1e400", b"-0", b"1.5"]
# Twenty deep is as deep as a body may be.
JUST_DEEP_ENOUGH = b'{"a": ' + b"[" * 19 + b"]" * 19 + b"}"


@pytest.fixture
def promo(administrator: Client, user: Client) -> str:
    return grant(administrator, user, 100)


def to(route: tuple[str, str], promo: str) -> tuple[str, str]:
    return route[0], route[1].replace("PROMO", promo)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_body_that_is_no_json_or_no_object(
    route, administrator, gateway, promo, nothing_changes
):
    nothing_changes()
    for body in MALFORMED:
        answer = send(gateway, administrator, to(route, promo), body)
        turned_away(answer, (400, "malformed_json"))
    for body in [*NO_OBJECT, JUST_DEEP_ENOUGH]:
        answer = send(gateway, administrator, to(route, promo), body)
        turned_away(answer, (400, "validation_error"))


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
@pytest.mark.parametrize(
    "media_type",
    [
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"),
        *("multipart/form-data; boundary=x", "application/xml", "application/jsonx"),
        *("application/json; charset=utf-16", "application/json; charset=latin-1"),
        *("application/json; charset*=nonsense''%41", "application/json; charset*=x''"),
        *("application/problem+json", "text/json", "*", "/", "\xff/\xfe"),
        *("application/json, text/plain", "application/octet-stream"),
    ],
)
def test_a_body_of_another_kind(
    route, media_type, administrator, gateway, promo, nothing_changes
):
    nothing_changes()
    for body in (b'{"points": 1}', b"points=1"):
        answer = send(
            gateway, administrator, to(route, promo), body, Content_Type=media_type
        )
        turned_away(answer, (415, "unsupported_media_type"))


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "identity, gzip", "x"])
def test_a_body_that_is_compressed_is_not_unpacked(
    coding, administrator, gateway, promo, nothing_changes
):
    """So none can be small on the way and large in memory."""
    nothing_changes()
    bomb = gzip.compress(b'{"points": 1, "task": "' + b"x" * 10_000_000 + b'"}')
    for route in ROUTES:
        answer = send(
            gateway, administrator, to(route, promo), bomb, Content_Encoding=coding
        )
        turned_away(answer, (415, "unsupported_media_type"))


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_body_that_is_too_large(
    route, administrator, gateway, promo, nothing_changes
):
    nothing_changes()
    most = (4096 if route[1].endswith("/bulk") else 16) * 1024
    body = b'{"points": 1}'.ljust(most + 1)
    answer = send(gateway, administrator, to(route, promo), body)
    turned_away(answer, (413, "payload_too_large"))


NUMBERS = [
    *(b"0", b"-1", b"-0", b"1.0", b"1e0", b"1e400", b"-1e400", b"1.5", b"1000000001"),
    *(b"9223372036854775807", b"9223372036854775808", b"1" + b"0" * 400, b"true"),
    *(b'"1"', b"null", b"[]", b"[1]", b"{}", b'"\xd9\xa1"', b'""', b'"\\u0000"'),
]


def test_points_that_are_none(user, administrator, gateway, promo, nothing_changes):
    nothing_changes()
    for number in NUMBERS:
        for path in (f"{promo}/use", "/api/v1/promos/me/use"):
            body = b'{"points": ' + number + b"}"
            answer = send(gateway, user, ("POST", path), body)
            problem = turned_away(answer, (400, "validation_error"))
            assert [error["field"] for error in problem["errors"]] == ["points"]
        body = b'{"promo_amount": ' + number + b"}"
        answer = send(gateway, administrator, ("PATCH", promo), body)
        problem = turned_away(answer, (400, "validation_error"))
        assert [error["field"] for error in problem["errors"]] == ["promo_amount"]


TEXTS: list[Any] = [
    *("\x00", "a\x00b", "\x1b[31m", "a\rb", "\x7f", "\x85", "x" * 1_000, "x" * 16_000),
    *(1, 1.5, True, [], ["x"], {}, {"$gt": ""}, 10**30),
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text)[:20])
def test_text_that_is_none(
    text, user, administrator, gateway, promo, base_url, nothing_changes
):
    nothing_changes()
    user_body = {
        "username": "some-body",
        "password": "a wholly new phrase",
        "name": "Some Body",
        "mobile_number": "+201001234567",
    }
    promo_body = {
        "username": user.username,
        "promo_type": "gift",
        "promo_code": "TEXT",
        "promo_amount": 1,
    }
    use = {"points": 1, "task": text}
    tries: list[tuple[Client, str, str, dict[str, Any]]] = [
        (user, "POST", f"{promo}/use", use),
        (user, "POST", "/api/v1/promos/me/use", use),
        (user, "PATCH", "/api/v1/users/me", {"name": text}),
        (user, "PATCH", "/api/v1/users/me", {"address": text}),
        (user, "PATCH", "/api/v1/users/me", {"mobile_number": text}),
        (administrator, "PATCH", promo, {"promo_code": text}),
        (administrator, "PATCH", promo, {"promo_type": text}),
        (administrator, "PATCH", promo, {"description": text}),
        (administrator, "PATCH", promo, {"end_time": text}),
        *(
            (administrator, "POST", "/api/v1/promos", {**promo_body, name: text})
            for name in (*promo_body, "description", "start_time", "user_id")
            if name != "promo_amount"
        ),
        *(
            (Client(base_url), "POST", "/api/v1/auth/register", {**user_body, n: text})
            for n in (*user_body, "address")
            if n != "password"
        ),
    ]
    for client, method, path, body in tries:
        answer = send(gateway, client, (method, path), json.dumps(body).encode())
        turned_away(answer, (400, "validation_error"))
