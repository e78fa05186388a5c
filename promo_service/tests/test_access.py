"""Who may do what (I7): one table of endpoint and role, and tokens that are none."""

import gzip
import json
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from chassis.roles import Role
from promo_service.holders.models import Holder
from promo_service.tests.conftest import (
    access_claims,
    everything,
    person,
    sign,
    store_holder,
)

pytestmark = pytest.mark.django_db(transaction=True)

NEW = {"promo_type": "gift", "promo_code": "NEW", "promo_amount": 5}

# method, path, body, status for: nobody, a service, stranger, owner, the owner while
# suspended, administrator
TABLE: list[tuple[Any, ...]] = [
    ("get", "promos", None, 401, 401, 403, 403, 403, 200),
    ("post", "promos", NEW, 401, 401, 403, 403, 403, 201),
    ("post", "promos/bulk", {"promos": []}, 401, 401, 403, 403, 403, 400),
    ("get", "promos/me", None, 401, 401, 200, 200, 200, 200),
    ("get", "promos/{promo}", None, 401, 401, 404, 200, 200, 200),
    ("patch", "promos/{promo}", {"promo_amount": 9}, 401, 401, 403, 403, 403, 200),
    ("delete", "promos/{promo}", None, 401, 401, 403, 403, 403, 204),
    ("get", "promos/{promo}/points", None, 401, 401, 404, 200, 200, 200),
    ("post", "promos/{promo}/use", {"points": 1}, 401, 401, 404, 201, 409, 201),
    ("post", "promos/me/use", {"points": 1}, 401, 401, 409, 201, 409, 409),
    ("get", "promos/me/use", None, 401, 401, 405, 405, 405, 405),
    ("get", "promos/{promo}/ledger", None, 401, 401, 404, 200, 200, 200),
    ("get", "promos/{promo}/revisions", None, 401, 401, 403, 403, 403, 200),
    ("get", "promos/summary", None, 401, 401, 403, 403, 403, 200),
    ("get", "promos/timeline", None, 401, 401, 403, 403, 403, 200),
    ("get", "redemptions", None, 401, 401, 403, 403, 403, 200),
    ("get", "redemptions/me", None, 401, 401, 200, 200, 200, 200),
    ("get", "redemptions/{redemption}", None, 401, 401, 404, 200, 200, 200),
    ("post", "redemptions/{redemption}/reverse", {}, 401, 401, 403, 403, 403, 201),
    ("put", "promos", {}, 401, 401, 403, 403, 403, 405),
    ("put", "promos/{promo}", {}, 401, 401, 405, 405, 405, 405),
    ("options", "promos/me", None, 401, 401, 405, 405, 405, 405),
    ("post", "promos/{promo}/points", {}, 401, 401, 405, 405, 405, 405),
    ("get", "promos/{promo}/use", None, 401, 401, 405, 405, 405, 405),
    ("get", "promos/{promo}/nothing", None, 404, 404, 404, 404, 404, 404),
    ("get", "promos/", None, 404, 404, 404, 404, 404, 404),
    ("get", "promos/schema", None, 200, 200, 200, 200, 200, 200),
]
WHO = ["nobody", "service", "stranger", "owner", "suspended", "administrator"]
ROWS = [
    pytest.param(method, path, body, who, status, id=f"{method} {path} by {who}")
    for method, path, body, *statuses in TABLE
    for who, status in zip(WHO, statuses, strict=True)
]


@pytest.fixture
def people(owner, stranger, administrator):
    clients = {"owner": owner, "stranger": stranger, "administrator": administrator}
    service = APIClient()
    claims = access_claims(
        uuid7(), Role.ADMINISTRATOR, token_type="service", aud=settings.SERVICE
    )
    service.credentials(HTTP_AUTHORIZATION=f"Bearer {sign(claims)}")
    return {
        "nobody": APIClient(),
        "service": service,
        "suspended": owner.client,
        **{name: somebody.client for name, somebody in clients.items()},
    }


@pytest.mark.parametrize(("method", "path", "body", "who", "status"), ROWS)
def test_each_role_gets_what_the_contract_gives_it(
    people, owner, grant, method, path, body, who, status
):
    promo = grant(10)
    used = owner.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 1}).json()
    path = "/api/v1/" + path.format(promo=promo.id, redemption=used["id"])
    if body is NEW:
        body = {**NEW, "user_id": str(owner.id)}
    if who == "suspended":
        Holder.objects.filter(user_id=owner.id).update(is_active=False)
    before = everything()

    call = getattr(people[who], method)
    answer = call(path, body, format="json") if body is not None else call(path)

    assert answer.status_code == status
    if status != 204:
        assert answer.headers["Content-Length"] == str(len(answer.content))
    if status >= 400:
        assert everything() == before
        problem = json.loads(answer.content)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert problem["status"] == status
        assert problem["instance"] == path
        assert answer.headers["X-Request-ID"] == problem["request_id"]
    if status == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        code = "not_authenticated" if who == "nobody" else "invalid_token"
        assert problem["code"] == code
    if status != 404 and "schema" not in path:
        assert answer.headers["Cache-Control"] == "no-store"
        assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("method", "who", "status"),
    [
        ("post", "nobody", 401),
        ("post", "service", 401),
        ("post", "owner", 403),
        ("get", "owner", 403),
        ("post", "administrator", 204),
        ("get", "administrator", 405),
    ],
)
def test_a_large_body_is_taken_from_those_who_may_send_a_bulk(
    people, method, who, status
):
    before = everything()

    answer = getattr(people[who], method)("/gateway/v1/large-body")

    assert answer.status_code == status
    assert everything() == before


def test_a_large_body_is_not_taken_from_who_is_known_to_be_no_administrator(
    administrator,
):
    store_holder(administrator.id, role=Role.NORMAL, version=9)

    answer = administrator.client.post("/gateway/v1/large-body")

    assert answer.status_code == 401


def test_a_refused_method_is_told_of_those_that_are_not(owner, grant):
    answer = owner.client.put(f"/api/v1/promos/{grant().id}/use", {}, format="json")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_an_administrator_has_no_promos_of_their_own(administrator, grant):
    grant()

    answer = administrator.client.get("/api/v1/promos/me")

    assert answer.json() == {"next": None, "previous": None, "results": []}


def test_head_is_get_without_the_body(owner, grant):
    promo = grant()

    answer = owner.client.head(f"/api/v1/promos/{promo.id}")

    assert (answer.status_code, answer.content) == (200, b"")


def test_only_json_is_answered(owner):
    answer = owner.client.get("/api/v1/promos/me", headers={"Accept": "text/html"})

    assert answer.status_code == 406
    assert answer.json()["code"] == "not_acceptable"


@pytest.mark.parametrize(
    ("content_type", "content", "status", "code"),
    [
        ("text/plain", "{}", 415, "unsupported_media_type"),
        (
            "application/x-www-form-urlencoded",
            "points=1",
            415,
            "unsupported_media_type",
        ),
        ("application/json; charset=utf-16", "{}", 415, "unsupported_media_type"),
        ("application/json; charset=UTF-8", "{", 400, "malformed_json"),
        ("application/json", "{", 400, "malformed_json"),
        ("application/json", '{"points": 1, "points": 2}', 400, "malformed_json"),
        ("application/json", '{"points": NaN}', 400, "malformed_json"),
        ("application/json", "[" * 5000, 400, "malformed_json"),
        ("application/json", '{"task": "\\ud800", "points": 1}', 400, "malformed_json"),
        ("application/json", b"\xff", 400, "malformed_json"),
        ("application/json", "", 400, "validation_error"),
        ("application/json", " " * (16 * 1024 + 1), 413, "payload_too_large"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    owner, grant, nothing_changes, content_type, content, status, code
):
    promo = grant()
    nothing_changes()

    answer = owner.client.generic(
        "POST", f"/api/v1/promos/{promo.id}/use", content, content_type=content_type
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_unknown_query_parameter_is_refused(owner, grant):
    promo = grant()

    for path in ("promos/me?pagesize=5", f"promos/{promo.id}?x=1"):
        answer = owner.client.get(f"/api/v1/{path}")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "unknown_field"


def test_the_internal_port_alone_shows_health(client):
    port = settings.INTERNAL_PORT

    assert client.get("/healthz").status_code == 404
    alive = client.get("/healthz", SERVER_PORT=port)
    ready = client.get("/readyz", SERVER_PORT=port)
    inside = client.get("/api/v1/promos/me", SERVER_PORT=port)

    assert (alive.status_code, ready.status_code) == (200, 200)
    assert ready.json()["checks"] == {"database": True, "keys": True}
    assert inside.status_code == 404


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abcd-1234", True), ("a" * 64, True), ("a" * 65, False), ("short", False)],
)
def test_a_request_id_is_the_clients_own_if_it_is_one(client, given, kept):
    answer = client.get("/api/v1/promos/me", headers={"X-Request-ID": given})

    assert (answer.headers["X-Request-ID"] == given) is kept
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_a_suspended_users_token_reads_and_does_not_use(grant):
    suspended = person(Role.NORMAL)
    store_holder(suspended.id, is_active=False)

    assert suspended.client.get("/api/v1/promos/me").status_code == 200


@pytest.mark.parametrize("accept", ["", " ", ",", " , "])
def test_an_empty_accept_takes_anything(owner, grant, accept):
    answer = owner.client.get(
        f"/api/v1/promos/{grant().id}", headers={"Accept": accept}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "identity, gzip", "x"])
def test_a_compressed_body_is_refused_unread(owner, grant, nothing_changes, coding):
    path = f"/api/v1/promos/{grant().id}/use"
    nothing_changes()
    for content in (b'{"points": 1}', gzip.compress(b'{"points": 1}')):
        answer = owner.client.generic(
            "POST",
            path,
            content,
            content_type="application/json",
            headers={"Content-Encoding": coding},
        )
        assert answer.status_code == 415
        assert answer.json()["code"] == "unsupported_media_type"


def test_a_body_that_is_said_not_to_be_compressed_is_read(owner, grant):
    answer = owner.client.post(
        f"/api/v1/promos/{grant().id}/use",
        {"points": 1},
        headers={"Content-Encoding": "Identity"},
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("If-None-Match", '"1"'),
        ("If-None-Match", "*"),
        ("If-Unmodified-Since", "Tue, 01 Dec 2026 00:00:00 GMT"),
        ("If-Unmodified-Since", ""),
    ],
)
def test_a_condition_that_is_not_read_changes_nothing(
    administrator, grant, nothing_changes, header, value
):
    path = f"/api/v1/promos/{grant().id}"
    nothing_changes()
    headers = {header: value, "If-Match": '"1"'}
    for answer in (
        administrator.client.patch(path, {"promo_amount": 500}, headers=headers),
        administrator.client.delete(path, headers=headers),
    ):
        assert answer.status_code == 400
        (fault,) = answer.json()["errors"]
        assert (fault["field"], fault["code"]) == (header, "not_supported")
    assert administrator.client.get(path, headers=headers).status_code == 200


def test_an_id_of_a_path_is_found_in_upper_case(administrator, owner, grant):
    promo = grant()
    upper = f"/api/v1/promos/{str(promo.id).upper()}"
    for client in (owner.client, administrator.client):
        answer = client.get(upper)
        assert answer.status_code == 200
        assert answer.json()["id"] == str(promo.id)
    page = owner.client.get(f"{upper}/ledger?page_size=1")
    assert page.status_code == 200
    assert administrator.client.get(f"{upper}/nothing").status_code == 404
    assert owner.client.get("/API/v1/promos/me").status_code == 404
    assert administrator.client.patch(upper, {"is_active": False}).status_code == 200
    assert administrator.client.delete(upper).status_code == 204


def test_a_list_goes_on_whatever_the_case_of_its_id(owner, grant):
    promo = grant()
    path = f"/api/v1/promos/{promo.id}"
    owner.client.post(f"{path}/use", {"points": 1})
    page = owner.client.get(
        f"{path.upper().replace('/API/V1/PROMOS', '/api/v1/promos')}/ledger?page_size=1"
    )
    following = owner.client.get(page.json()["next"])
    assert following.status_code == 200
    assert following.json()["results"][0]["sequence"] == 1
