"""Queries, paths and headers that are broken, or of another kind."""

import pytest

from tests_e2e.attack.expectations import turned_away
from tests_e2e.attack.sending import send
from tests_e2e.people import Client, grant


@pytest.fixture
def promo(administrator: Client, user: Client) -> str:
    return grant(administrator, user, 100)


QUERIES = [
    *("x", "x=1", "=", "=1", "&", "%", "%zz", "%00", "%ff%fe=%ff", "a=" + "b" * 3900),
    *("&".join(["a"] * 1900), "page_size=", "page_size=0", "page_size=201"),
    *("page_size=-1", "page_size=1.0", "page_size=1e2", "page_size=%d9%a1"),
    *("page_size=99999999999999999999", "page_size=1&page_size=2", "page_size[]=1"),
    *("page_size=%31%00", "format=json", "format=xml", "format=api", "cursor=x&x=1"),
    *("_method=DELETE", "callback=x", "__proto__=1", "page_size=1;DROP TABLE promo"),
]
FILTERS = [
    *("user_id=x", "user_id=", "user_id=%00", "user_id={018f3c52}", "username=%00"),
    *("username=" + "x" * 60, "username=a%0ab", "promo_type=UPPER", "promo_type=%00"),
    *("promo_code=%00", "promo_code=%C3%A9", "promo_code=" + "x" * 51),
    *("status=x", "status=", "status=active&status=expired", "status=ACTIVE"),
    *("ends_before=x", "ends_before=2026-01-01", "ends_before=2026-01-01T00:00:00"),
    *("ends_before=0000-01-01T00:00:00Z", "ends_before=9999-12-31T23:59:59-23:59"),
    *("ends_after=0001-01-01T00:00:00%2B23:59", "created_before=infinity"),
    *("created_after=2026-13-45T99:99:99Z", "created_after=%00", "created_after=now"),
    *("created_before=2026-01-01T00:00:00%2B99:99", "created_after=1e400"),
]


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/promos", "/api/v1/promos/me", "/api/v1/redemptions"),
        *("/api/v1/redemptions/me", "/api/v1/users", "PROMO/ledger", "PROMO/revisions"),
    ],
)
def test_a_query_that_is_none(path, administrator, gateway, promo):
    path = path.replace("PROMO", promo)
    for query in QUERIES:
        target = f"{path}?{query.replace(' ', '%20')}"
        answer = send(gateway, administrator, ("GET", target), b"")
        if query in {"", "&"}:
            assert answer.status == 200
            continue
        turned_away(answer, (400, "validation_error"))


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_that_is_none(query, administrator, gateway):
    answer = send(gateway, administrator, ("GET", f"/api/v1/promos?{query}"), b"")
    turned_away(answer, (400, "validation_error"))


@pytest.mark.parametrize(
    "search", ["%25", "_", "%5c", "%27", "%22", "'--", "%F0%9F%92%A3"]
)
def test_a_search_is_no_pattern_and_no_statement(search, administrator, gateway):
    """Nobody here is called so; a pattern would find everybody."""
    target = f"/api/v1/users?search={search}"
    answer = send(gateway, administrator, ("GET", target), b"")
    assert answer.status == 200
    assert answer.json()["results"] == []


@pytest.mark.parametrize(
    "promo_id",
    [
        *("0", "x", "null", "-1", "018f3c52", "018f3c52-7a3b-7c1e-9d52"),
        *("018f3c527a3b7c1e9d520a1b2c3d4e5f", "018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5g"),
        *(
            "%7b018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f%7d",
            "%00",
            "1%20OR%201=1",
            "x" * 3000,
        ),
    ],
)
def test_an_id_that_is_none(promo_id, administrator, gateway):
    for prefix in ("/api/v1/promos/", "/api/v1/redemptions/", "/api/v1/users/"):
        for behind in ("", "/use", "/ledger", "/password", "/reverse"):
            target = prefix + promo_id + behind
            answer = send(gateway, administrator, ("GET", target), b"")
            turned_away(answer, (404, "not_found"), (400, "validation_error"))


@pytest.mark.parametrize(
    "name", ["Accept", "Idempotency-Key", "If-Match", "User-Agent", "Cookie", "X-Any"]
)
@pytest.mark.parametrize(
    "value", ["\x01", "a\x08b", "\x7f", "\x1b[31m", "\xff\xfe", "\x80", "x" * 7000]
)
def test_a_header_with_what_no_header_has(name, value, user, gateway):
    answer = send(gateway, user, ("GET", "/api/v1/promos/me"), b"", **{name: value})
    assert answer.status in {200, 400, 406}


@pytest.mark.parametrize(
    "accept", ["text/html", "text/html, text/*", ";", "a/b/c", "application/xml"]
)
def test_an_answer_of_another_kind_is_not_had(accept, user, gateway):
    for path in ("/api/v1/promos/me", "/api/v1/users/me"):
        answer = send(gateway, user, ("GET", path), b"", Accept=accept)
        turned_away(answer, (406, "not_acceptable"))


@pytest.mark.parametrize(
    "tag",
    ['"0"', '"9"', '"x"', "1", '"1', "W/1", "", ",", '"1", x', '"' + "9" * 50 + '"'],
)
def test_a_tag_that_is_not_the_promo_s(
    tag, administrator, gateway, promo, nothing_changes
):
    nothing_changes()
    body = b'{"promo_amount": 5}'
    answer = send(gateway, administrator, ("PATCH", promo), body, If_Match=tag)
    turned_away(answer, (412, "version_mismatch"))
