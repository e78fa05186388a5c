"""No text and no number of fields costs more than a moment, whoever sends it."""

import json
from functools import partial

import pytest

from auth_service.accounts.serializers import LookupRequest, UserQuery
from auth_service.config import internal_urls, urls
from auth_service.tests.conftest import REGISTRATION
from auth_service.tokens.serializers import ServiceTokenRequest
from chassis.body_sizes import SMALLEST_LIMIT, largest_body
from chassis.tests.worst import (
    MOST_SECONDS,
    bodies_of,
    cost,
    find_dear_texts,
    in_order,
    limit_of_gateway,
    limits_of,
    read,
    texts_of,
    worst_texts,
)

pytestmark = pytest.mark.django_db

BODIES = bodies_of(urls.urlpatterns)
FIELDS = [(where, field) for where, kind in BODIES.items() for field in texts_of(kind)]
KINDS = in_order({*BODIES.values(), ServiceTokenRequest, UserQuery})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_worst_text_of_each_field_is_judged_in_a_moment(kind):
    assert find_dear_texts(kind, REGISTRATION) == []


@pytest.mark.parametrize(("where", "field"), FIELDS, ids=str)
def test_the_worst_text_of_each_field_is_answered_in_a_moment(
    where, field, administrator, nothing_changes
):
    nothing_changes()
    method, path = where.split(" ")
    path = "/" + path.replace("<uuid:user_id>", str(administrator.user.id))
    for content in bodies_with(field, "nothing"):
        ask = partial(send, administrator.client, method, path, content, 400)
        assert cost(ask) < MOST_SECONDS, content[:80]


@pytest.mark.parametrize("field", ["username", "password"])
def test_a_log_in_with_the_worst_text_costs_no_more_than_its_hash(
    field, anybody, nothing_changes
):
    """That is made by a thread of its own, and as long for every other password."""
    nothing_changes()
    other = "password" if field == "username" else "username"
    for content in list(bodies_with(field, other))[::9]:
        ask = partial(send, anybody, "POST", "/api/v1/auth/token", content, None)
        assert cost(ask) < MOST_SECONDS, content[:80]


def test_a_search_for_the_worst_text_is_answered_in_a_moment(administrator):
    for text in worst_texts(2_000):
        query = {"search": text, "page_size": "1" * 2_000}
        ask = partial(administrator.client.get, "/api/v1/users", query)
        assert cost(ask) < MOST_SECONDS, ascii(text[:40])


def test_a_lookup_of_the_worst_names_is_read_in_a_moment():
    for text in worst_texts(300):
        body = {"usernames": [text] * 500}
        assert cost(read, LookupRequest, body) < 2 * MOST_SECONDS, ascii(text)


def test_all_fit_into_what_the_gateway_lets_through():
    limits = limits_of(urls.urlpatterns)

    assert set(limits.values()) == {SMALLEST_LIMIT}
    assert limit_of_gateway("limits.server.template") == SMALLEST_LIMIT
    assert len(limits) >= 9


def test_a_lookup_takes_as_many_names_as_can_be_asked_for(db):
    limit = limits_of(internal_urls.urlpatterns)["POST internal/v1/users/lookup"]
    names = json.dumps({"usernames": ["\U0001f381" * 50] * 500}).encode()

    assert len(names) < limit == largest_body(LookupRequest)


def bodies_with(field, other):
    for text in worst_texts(SMALLEST_LIMIT - 100):
        content = json.dumps({field: text, other: "x"}, ensure_ascii=False).encode()
        assert len(content) <= SMALLEST_LIMIT
        yield content


def send(client, method, path, content, status):
    answer = client.generic(method, path, content, content_type="application/json")
    assert answer.status_code == status or (
        status is None and 400 <= answer.status_code < 500
    ), answer.content[:500]
