"""Whose a name is, where events are late: one rule, wherever a user is named."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from promo_service.holders import services
from promo_service.holders.models import Holder
from promo_service.promos.models import Promo
from promo_service.promos.services import bulk_granting
from promo_service.tests.conftest import Person, store_holder
from promo_service.tests.ledgers import movements
from promo_service.tests.test_following_users import codes, post
from promo_service.tests.test_following_users import told as event_of
from promo_service.tests.test_granting import told

pytestmark = pytest.mark.django_db(transaction=True)

MISSING = {"missing_since": datetime(2026, 12, 1, tzinfo=UTC), "is_active": False}
# How the first mona is known here, and whether the second one is.
LATE: dict[str, tuple[dict[str, Any], bool]] = {
    "the deletion came, the new one didn't": ({"deleted": True}, False),
    "the deletion came, and the new one": ({"deleted": True}, True),
    "the new one came alone": ({}, True),
    "auth was restored, the new one is unknown": (MISSING, False),
    "auth was restored, the new one is known": (MISSING, True),
}


def body(**changes: Any) -> dict[str, Any]:
    values = {"promo_type": "gift", "promo_code": "G", "promo_amount": 5}
    return {**values, **changes}


def single(administrator: Person) -> Any:
    return administrator.client.post("/api/v1/promos", body(username="Mona"))


def bulk(administrator: Person) -> Any:
    rows = {"promos": [body(username="MONA")]}
    return administrator.client.post("/api/v1/promos/bulk", rows)


def filtered(administrator: Person) -> Any:
    return administrator.client.get("/api/v1/promos?username=mona")


GRANTS = pytest.mark.parametrize("way", [single, bulk])
ALL_WAYS = pytest.mark.parametrize("way", [single, bulk, filtered])


@pytest.fixture(params=LATE.values(), ids=list(LATE))
def monas(request, auth_service, db) -> tuple[UUID, UUID]:
    """The ids of the first and of the second mona."""
    state, is_known = request.param
    old, new = uuid7(), uuid7()
    store_holder(old, username="mona", **state)
    if is_known:
        store_holder(new, username="Mona", version=3)
    auth_service.users.append(told(new, username="Mona"))
    return old, new


@GRANTS
def test_a_grant_goes_to_whom_auth_knows_by_that_name(administrator, monas, way):
    answer = way(administrator)
    assert answer.status_code == 201, answer.content
    assert Promo.objects.get().holder_id == monas[1]


def test_the_filter_shows_whom_auth_knows_by_that_name(administrator, monas, grant):
    old, new = monas
    way = administrator.client.post("/api/v1/promos", body(username="mona"))
    assert way.status_code == 201
    others = Holder.objects.filter(user_id=old)
    kept = others.values().get()
    others.update(deleted=False, is_active=True, missing_since=None)
    grant(7, user_id=old)
    others.update(**kept)

    for page_size in (1, 50):
        url = f"/api/v1/promos?username=mona&page_size={page_size}"
        shown = administrator.client.get(url).json()["results"]
        assert [promo["user"]["id"] for promo in shown] == [str(new)]
    both = administrator.client.get(f"/api/v1/promos?username=mona&user_id={old}")
    assert both.json()["results"] == []


@ALL_WAYS
def test_while_auth_is_away_it_is_nobodys_for_sure(
    administrator, auth_service, monas, grant, owner, way, nothing_changes
):
    grant(1)
    assert administrator.client.get("/api/v1/promos").status_code == 200
    auth_service.down()
    nothing_changes()
    answer = way(administrator)
    assert (answer.status_code, answer.json()["code"]) == (
        503,
        "user_directory_unavailable",
    )


@GRANTS
@pytest.mark.parametrize(
    ("state", "code"),
    [
        ({"deleted": True, "void_version": 4, "version": 4}, "holder_not_eligible"),
        ({"is_active": False, "version": 4}, "holder_not_eligible"),
        (
            {"role": "administrator", "void_version": 4, "version": 4},
            "holder_not_eligible",
        ),
        (None, "unknown_user"),
    ],
)
def test_whom_auth_knows_as_no_holder_is_given_nothing(
    administrator, auth_service, monas, grant, owner, way, state, code, nothing_changes
):
    grant(1)
    auth_service.users.clear()
    if state is not None:
        auth_service.users.append(told(monas[1], username="mona", **state))
    nothing_changes()
    answer = way(administrator)
    assert answer.status_code in (400, 409), answer.content
    assert code in answer.content.decode()


@ALL_WAYS
def test_one_who_lives_is_not_asked_about(administrator, auth_service, way):
    known = uuid7()
    store_holder(known, username="mona")
    assert administrator.client.get("/api/v1/promos").status_code == 200
    auth_service.down()
    answer = way(administrator)
    assert answer.status_code in (200, 201)
    assert all(promo.holder_id == known for promo in Promo.objects.all())
    assert len(auth_service.mock.calls) == 0


def test_of_whom_auth_knows_nothing_the_newest_who_lives_is_shown(
    administrator, auth_service, grant
):
    ids = sorted(uuid7() for _ in range(3))
    for user_id in ids:
        store_holder(user_id, username="mona")
        grant(5, user_id=user_id)
    Holder.objects.filter(user_id=ids[-1]).update(deleted=True)
    shown = filtered(administrator).json()["results"]
    assert [promo["user"]["id"] for promo in shown] == [str(ids[1])]


def test_a_name_that_another_takes_meanwhile_is_looked_at_again(
    administrator, auth_service, monkeypatch
):
    old, new = uuid7(), uuid7()
    store_holder(old, username="mona")
    learn: Callable[..., Any] = services.learn_holders
    looks: list[Any] = []

    def another_comes(**asked: Any) -> Any:
        learnt = learn(**asked)
        if not looks:
            store_holder(new, username="mona")
            auth_service.users.append(told(new, username="mona"))
        looks.append(learnt)
        return learnt

    monkeypatch.setattr(bulk_granting, "learn_holders", another_comes)
    assert bulk(administrator).status_code == 201
    assert Promo.objects.get().holder_id == new
    assert len(looks) == 2


def test_by_id_it_is_what_the_row_says_and_the_late_event_voids_it(
    administrator, auth_service
):
    old = uuid7()
    store_holder(old, username="mona")
    deleted = {"deleted": True, "version": 2, "void_version": 2}
    auth_service.users.append(told(old, username="mona", **deleted))

    answer = administrator.client.post("/api/v1/promos", body(user_id=str(old)))
    assert answer.status_code == 201
    assert codes(post([event_of(old, **deleted)])) == ["applied"]
    assert movements(Promo.objects.get()) == [("grant", 5), ("void", -5)]
    again = administrator.client.post("/api/v1/promos", body(user_id=str(old)))
    assert again.json()["code"] == "holder_not_eligible"
