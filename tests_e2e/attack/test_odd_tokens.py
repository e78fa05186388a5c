"""Text that is no token, and headers that are not how a token is sent."""

import pytest

from tests_e2e.attack.expectations import PATHS, refused_everywhere, turned_away
from tests_e2e.attack.forging import unsigned


def test_a_second_spelling_of_a_good_token(user):
    """One token has one text, so that one can't fill up what is remembered."""
    head, payload, signature = user.access.split(".")
    for token in (
        f"{head}.{payload}.{signature}==",
        f"{head}.{payload}.{signature[:20]}!{signature[20:]}",
        f"{head}.{payload}.{signature[:20]}\t{signature[20:]}",
        f"{head}.{payload}.{signature}.{signature}",
        f".{head}.{payload}.{signature}",
        f"{head}..{payload}.{signature}",
        f'"{head}.{payload}.{signature}"',
    ):
        refused_everywhere(user, token)


@pytest.mark.parametrize(
    "token",
    [
        *("x", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "null", "undefined", "{}"),
        unsigned(b"", {}, "x"),
        unsigned(b"\xff\xfe", {}, "x"),
        unsigned(b"[]", {}, "x"),
        unsigned(b"[" * 4000, {}, "x"),
        unsigned(b'{"kid":' * 700, {}, "x"),
        unsigned(b'{"kid": "\\ud800"}', {}, "x"),
        unsigned(b'{"kid": 1' + b"0" * 4000 + b"}", {}, "x"),
        unsigned({"alg": "RS256", "kid": "x", "enc": "A128GCM"}, b"", "a.b"),
        "eyJ" + "A" * 7000,
    ],
    ids=lambda token: token[:30],
)
def test_text_that_is_no_token(user, token):
    refused_everywhere(user, token)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        *((text, "not_authenticated") for text in ("", " ", "Bearer", "Basic YTpi")),
        *((f"{name} TOKEN", "not_authenticated") for name in ("Token", "JWT", "DPoP")),
        *((text, "not_authenticated") for text in ("TOKEN", "Bearer=TOKEN", ",")),
        ("BearerTOKEN", "not_authenticated"),
        ("Bearer,TOKEN", "not_authenticated"),
        ("Bearer\tTOKEN", "not_authenticated"),
        ("Bearer TOKEN, Bearer TOKEN", "invalid_token"),
        ("Bearer TOKEN x", "invalid_token"),
        ("Bearer TOKEN,", "invalid_token"),
        ("Bearer Bearer TOKEN", "invalid_token"),
        ("Bearer \xff\xfe", "invalid_token"),
        ("Bearer TOKEN\xa0", "invalid_token"),
        ("Bearer " + "x" * 7000, "invalid_token"),
    ],
)
def test_an_odd_authorization_header(user, gateway, header, code):
    for path in PATHS:
        sent = {"Authorization": header.replace("TOKEN", user.access)}
        turned_away(
            gateway.send("GET", path, sent), (401, code), (401, "invalid_token")
        )


def test_two_authorization_headers(user, gateway):
    for second in (user.access, "x"):
        for path in PATHS:
            request = (
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                f"Authorization: Bearer {user.access}\r\n"
                f"Authorization: Bearer {second}\r\n\r\n"
            )
            turned_away(
                gateway.exchange(request.encode()),
                (401, "invalid_token"),
                (400, "validation_error"),
            )


def test_a_token_is_not_read_from_anywhere_else(user, gateway):
    for path in PATHS:
        cookie = {"Cookie": f"access={user.access}; Authorization={user.access}"}
        turned_away(gateway.send("GET", path, cookie), (401, "not_authenticated"))
        query = f"{path}?access_token={user.access}"
        turned_away(gateway.send("GET", query), (401, "not_authenticated"))
