"""A cursor is the list's own, whole, or it is refused."""

import base64
import json
import zlib
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from tests_e2e.attack.expectations import orderly, turned_away
from tests_e2e.people import Client, grant

# One letter for each class that a text of base64 and its signature has, or has not.
CLASSES = "aZ09-_:.=+/ %é\x00\n'\"{"


@pytest.fixture
def promos(administrator: Client, user: Client) -> list[str]:
    return [grant(administrator, user, 10, promo_type="gift") for _ in range(3)]


@pytest.fixture
def cursor(user: Client, promos: list[str]) -> str:
    return cursor_of(user, "/api/v1/promos/me")


def cursor_of(client: Client, path: str, **filters: str) -> str:
    answer = client("GET", f"{path}?{urlencode({'page_size': 1, **filters})}")
    assert answer.status_code == 200, answer.text
    found: str = parse_qs(urlsplit(answer.json()["next"]).query)["cursor"][0]
    return found


def is_refused(client: Client, path: str, cursor: str, **filters: str) -> None:
    query = urlencode({"cursor": cursor, **filters}, quote_via=quote)
    code = "validation_error" if "\x00" in cursor else "invalid_cursor"
    turned_away(client("GET", f"{path}?{query}"), (400, code))


def test_a_cursor_with_another_letter_anywhere(user, cursor):
    step = max(1, len(cursor) // 40)
    for place in [*range(0, len(cursor), step), len(cursor) - 1]:
        for letter in CLASSES if place % 7 == 0 else "aZ:":
            if cursor[place] == letter:
                continue
            tampered = cursor[:place] + letter + cursor[place + 1 :]
            is_refused(user, "/api/v1/promos/me", tampered)


def test_a_cursor_that_is_cut_doubled_or_moved(user, cursor):
    payload, time, signature = cursor.rsplit(":", 2)
    for tampered in (
        *("", "x", ":", "::", ":::", "....", "null", "0", "é", "\x00", "x" * 3000),
        *(cursor[:-1], cursor[1:], cursor + "x", cursor * 2, cursor.swapcase()),
        *(
            payload,
            f"{payload}:{signature}",
            f"{payload}:{time}:",
            f":{time}:{signature}",
        ),
        *(
            f".{payload}:{time}:{signature}",
            f"{payload.lstrip('.')}:{time}:{signature}",
        ),
        *(f"{payload}:0:{signature}", f"{payload}:{time}:{signature[::-1]}"),
    ):
        is_refused(user, "/api/v1/promos/me", tampered)


def test_a_cursor_with_another_content_under_the_old_signature(user, cursor):
    payload, rest = cursor.split(":", 1)
    raw = payload.removeprefix(".")
    content = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    if payload.startswith("."):
        content = zlib.decompress(content)
    read = json.loads(content)
    tries: list[dict[str, Any]] = [
        *({"l": "/api/v1/promos"}, {"k": ["holder__user_id"]}, {"f": {"user_id": "x"}}),
        *({"k": ["-creation_time", "password"]}, {"p": [1]}, {"p": []}, {"b": True}),
    ]
    for changes in tries:
        changed = json.dumps(read | changes).encode()
        for text in (changed, zlib.compress(changed), zlib.compress(b"0" * 10_000_000)):
            forged = base64.urlsafe_b64encode(text).decode().rstrip("=")
            for dot in ("", "."):
                tampered = f"{dot}{forged}"[:3500] + f":{rest}"
                is_refused(user, "/api/v1/promos/me", tampered)


def test_a_cursor_of_another_list(administrator, user, promos, cursor):
    user("POST", f"{promos[0]}/use", {"points": 1})
    user("POST", f"{promos[0]}/use", {"points": 1})
    for path in (
        *("/api/v1/redemptions/me", f"{promos[0]}/ledger", f"{promos[1]}/ledger"),
    ):
        is_refused(user, path, cursor)
    for path in ("/api/v1/promos", "/api/v1/users", f"{promos[0]}/revisions"):
        is_refused(administrator, path, cursor)
    of_ledger = cursor_of(user, f"{promos[0]}/ledger")
    is_refused(user, f"{promos[1]}/ledger", of_ledger)
    of_users = cursor_of(administrator, "/api/v1/users")
    is_refused(administrator, "/api/v1/promos", of_users)


def test_a_cursor_with_other_filters(user, administrator, promos, cursor):
    path = "/api/v1/promos/me"
    for filters in (
        *({"status": "active"}, {"promo_type": "gift"}, {"promo_type": "welcome"}),
        {"ends_after": "2020-01-01T00:00:00Z"},
    ):
        is_refused(user, path, cursor, **filters)
    of_gifts = cursor_of(user, path, promo_type="gift")
    is_refused(user, path, of_gifts)
    is_refused(user, path, of_gifts, promo_type="welcome")
    of_one = cursor_of(administrator, "/api/v1/promos", user_id=user.id)
    is_refused(administrator, "/api/v1/promos", of_one)
    is_refused(administrator, "/api/v1/promos", of_one, user_id=administrator.id)


def test_a_cursor_of_somebody_else_shows_nothing_of_theirs(
    administrator, user, stranger, cursor
):
    """It says where to go on; whose rows there are is what the token says."""
    grant(administrator, stranger, 5)
    for found in (cursor, cursor_of(administrator, "/api/v1/promos")):
        answer = orderly(
            stranger("GET", f"/api/v1/promos/me?{urlencode({'cursor': found})}")
        )
        if answer.status == 200:
            owners = {row["user"]["id"] for row in answer.json()["results"]}
            assert owners <= {stranger.id}
