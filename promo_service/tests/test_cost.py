"""No text and no number of fields or rows costs more than a moment, or its like."""

import json
from functools import partial

import pytest
from uuid_utils.compat import uuid7

from chassis.body_sizes import SMALLEST_LIMIT
from chassis.tests.worst import (
    MOST_SECONDS,
    bodies_of,
    cost,
    find_dear_texts,
    in_order,
    limit_of_gateway,
    limits_of,
    texts_of,
    worst_texts,
)
from promo_service.config import internal_urls, urls
from promo_service.promos.serializers.queries import AllPromosQuery
from promo_service.promos.serializers.requests import CreatePromosRequest

pytestmark = pytest.mark.django_db(transaction=True)

BODIES = bodies_of(urls.urlpatterns)
MEGABYTE = 1024 * 1024
BULK = "/api/v1/promos/bulk"
FIELDS = [(where, field) for where, kind in BODIES.items() for field in texts_of(kind)]
KINDS = in_order({*BODIES.values(), AllPromosQuery})
ROW = {"promo_type": "gift", "promo_amount": 1}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_worst_text_of_each_field_is_judged_in_a_moment(kind):
    assert find_dear_texts(kind, {}) == []


@pytest.mark.parametrize(("where", "field"), FIELDS, ids=str)
def test_the_worst_text_of_each_field_is_answered_in_a_moment(
    where, field, administrator, grant, nothing_changes
):
    promo = grant()
    nothing_changes()
    method, path = where.split(" ")
    for name in ("promo_id", "redemption_id"):
        path = path.replace(f"<uuid:{name}>", str(promo.id))
    for text in worst_texts(SMALLEST_LIMIT - 100):
        content = json.dumps({field: text, "x": 1}, ensure_ascii=False).encode()
        ask = partial(send, administrator.client, method, f"/{path}", content)
        assert cost(ask) < MOST_SECONDS, content[:80]


def test_a_filter_by_the_worst_text_is_answered_in_a_moment(administrator):
    for text in worst_texts(2_000):
        query = {"username": text, "promo_type": text, "cursor": text}
        ask = partial(administrator.client.get, "/api/v1/promos", query)
        assert cost(ask) < MOST_SECONDS, ascii(text[:40])


HEADERS = {
    "Accept": ("text/x;q=0.1," * 600, '";' * 4_000, "*/*;" * 2_000),
    "Content-Type": (
        "application/json" + '; "' * 2_600,
        ';"' * 4_000,
        "a/b;*=" * 1_300,
    ),
    "If-Match": ('"1",' * 2_000, '"' * 8_000, 'W/"1", ' * 1_100 + "x"),
    "Idempotency-Key": ("~" * 8_000,),
    "Authorization": ("Bearer " + "a." * 4_000, "Bearer " * 1_100),
    "X-Request-ID": ("a" * 8_000,),
}


@pytest.mark.parametrize("name", HEADERS)
def test_the_worst_header_is_answered_in_a_moment(name, administrator, grant):
    promo = grant()
    for value in HEADERS[name]:
        for method, path in (("PATCH", ""), ("POST", "/use")):
            ask = partial(
                administrator.client.generic,
                method,
                f"/api/v1/promos/{promo.id}{path}",
                b'{"x": 1}',
                headers={"Content-Type": "application/json", name: value},
            )
            assert cost(ask) < MOST_SECONDS, value[:40]


BODIES_THAT_COST = {
    "keys": b"{" + b",".join(b'"%x":0' % n for n in range(1_600)) + b"}",
    "the same key": b"{" + b'"a":0,' * 2_500 + b'"a":0}',
    "numbers": b'{"points": [' + b"1," * 8_000 + b"1]}",
    "digits": b'{"points": ' + b"9" * 4_000 + b"}",
    "more digits": b'{"points": ' + b"9" * 16_000 + b"}",
    "numbers of many digits": b"[" + b"9" * 4_000 + b"," + b"9" * 4_000 + b"]",
    "depth": b"[" * 16_000,
    "objects in depth": b'{"a":' * 3_000,
    "a long name": b'{"' + b"x" * 16_000 + b'": 1}',
    "escapes": b'{"task": "' + b"\\u0301" * 2_700 + b'"}',
    "exponents": b'{"points": 1e999999999}',
}


@pytest.mark.parametrize("which", BODIES_THAT_COST)
def test_the_worst_body_is_answered_in_a_moment_and_in_few_words(
    which, owner, grant, nothing_changes
):
    path = f"/api/v1/promos/{grant().id}/use"
    nothing_changes()
    content = BODIES_THAT_COST[which]
    answers = []

    def ask():
        answer = owner.client.generic(
            "POST", path, content, content_type="application/json"
        )
        assert answer.status_code == 400
        answers.append(answer)

    assert cost(ask) < MOST_SECONDS
    assert len(answers[-1].content) < 20_000


def test_of_many_unknown_fields_a_hundred_are_named(owner, grant, nothing_changes):
    path = f"/api/v1/promos/{grant().id}/use"
    nothing_changes()

    answer = owner.client.post(path, {f"x{number}": 1 for number in range(100)})

    problem = answer.json()
    assert answer.status_code == 400
    assert len(problem["errors"]) == 100
    assert problem["more_errors"] == 1
    few = owner.client.post(path, {"x": 1}).json()
    assert len(few["errors"]) == 2
    assert "more_errors" not in few


def test_a_list_that_is_too_long_is_one_fault(administrator, nothing_changes):
    nothing_changes()
    content = b'{"promos": [' + b"1," * 400_000 + b"1]}"

    answer = administrator.client.generic(
        "POST", BULK, content, content_type="application/json"
    )

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("promos", "max_length")


def test_every_faulty_row_is_named_by_five_faults_at_most(
    administrator, nothing_changes
):
    nothing_changes()
    rows = [{f"x{number}": 1 for number in range(90)} for _ in range(500)]

    answer = administrator.client.post(BULK, {"promos": rows})

    problem = answer.json()
    assert answer.status_code == 400
    places = [fault["field"].split(".")[1] for fault in problem["errors"]]
    assert places == [str(row) for row in range(500) for _ in range(5)]
    # What is required is missing, too: type, code, amount, user.
    assert problem["more_errors"] == 500 * (90 + 4 - 5)


WORST_ROWS = {
    "unknown fields": {f"x{number}": 1 for number in range(100)},
    "too many fields": {f"x{number}": 1 for number in range(450)},
    "marks": {"description": "a" + "\u0316\u0301" * 1_500},
    "short marks": {"description": ("a" + "\u0316\u0301" * 15) * 64},
    "all wrong": dict.fromkeys(
        (
            "user_id",
            "username",
            "promo_type",
            "promo_code",
            "promo_amount",
            "description",
            "start_time",
            "end_time",
            "is_active",
        ),
        ["x" * 20] * 20,
    ),
    "numbers": {"promo_amount": list(range(600))},
    "a list": [1] * 600,
}


@pytest.mark.parametrize("which", WORST_ROWS)
def test_the_worst_bulk_costs_at_most_twice_a_good_one(
    which, administrator, owner, nothing_changes
):
    def ask(rows, status):
        content = json.dumps({"promos": rows}, ensure_ascii=False).encode()
        answer = administrator.client.generic(
            "POST", BULK, content, content_type="application/json"
        )
        assert answer.status_code == status

    good = {
        **ROW,
        "user_id": str(owner.id),
        "description": "\u0645\u0631\u062d\u0628\u0627 " * 80,
        "start_time": "2026-11-23T09:24:00+02:00",
        "end_time": "2036-11-23T09:24:00+02:00",
    }
    paid = cost(
        lambda: ask([{**good, "promo_code": str(uuid7())} for _ in range(500)], 201)
    )
    nothing_changes()
    least = cost(ask, [WORST_ROWS[which]] * 500, 400)

    assert least < 2 * paid, (least, paid)


def test_all_but_bulk_fit_into_what_the_gateway_lets_through():
    limits = limits_of(urls.urlpatterns)

    bulk = limits.pop("POST api/v1/promos/bulk")
    assert bulk == limit_of_gateway("large_bodies.server.template") == 4 * MEGABYTE
    assert set(limits.values()) == {SMALLEST_LIMIT}
    assert limit_of_gateway("limits.server.template") == SMALLEST_LIMIT
    assert len(limits) >= 5


def test_a_bulk_takes_as_many_rows_as_may_be_sent():
    row = {
        **ROW,
        "username": "u" * 50,
        "promo_code": "C" * 50,
        "description": "\U0001f381" * 500,
        "start_time": "2026-11-23T09:24:00.123456+02:00",
        "end_time": "2036-11-23T09:24:00.123456+02:00",
        "is_active": True,
    }
    body = {"promos": [{**row, "promo_type": "t" * 50}] * 500}

    limit = limits_of(urls.urlpatterns)["POST api/v1/promos/bulk"]
    assert len(json.dumps(body)) < limit
    assert CreatePromosRequest(data=body).is_valid()


def test_events_of_the_longest_names_fit():
    event = {
        "id": str(uuid7()),
        "actor_id": str(uuid7()),
        "user_id": str(uuid7()),
        "version": 10**15,
        "void_version": 10**15,
        "username": "u" * 50,
        "name": "\U0001f381" * 150,
        "role": "administrator",
        "is_active": False,
        "deleted": False,
        "erased": False,
    }
    limit = limits_of(internal_urls.urlpatterns)["POST internal/v1/user-events"]
    assert len(json.dumps({"events": [event] * 500})) < limit


def test_as_many_ids_as_may_be_asked_for_fit():
    ids = json.dumps({"user_ids": [str(uuid7())] * 500}).encode()
    limit = limits_of(internal_urls.urlpatterns)["POST internal/v1/erasures/status"]
    assert SMALLEST_LIMIT < len(ids) < limit


def send(client, method, path, content):
    assert len(content) <= SMALLEST_LIMIT
    answer = client.generic(method, path, content, content_type="application/json")
    assert answer.status_code == 400, answer.content[:500]
