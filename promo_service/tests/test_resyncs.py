"""The end of a resync: whom it did not name is suspended, and nothing is void."""

from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from promo_service.holders import resyncs
from promo_service.holders.directory import UserState
from promo_service.holders.models import Holder
from promo_service.holders.services import store_looked_up
from promo_service.promos.models import Promo
from promo_service.tests.conftest import everything, store_holder
from promo_service.tests.ledgers import movements
from promo_service.tests.test_following_users import (
    codes,
    post,
    promoted,
    service_token,
    told,
)

pytestmark = pytest.mark.django_db(transaction=True)
BASE = "/internal/v1/user-events"
EPOCH = 1_796_000_000_000_000


def ask(path: str, body: dict[str, Any], token: str | None = None, **extra: Any) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token or service_token()}")
    extra = {"SERVER_PORT": settings.INTERNAL_PORT, **extra}
    return client.post(f"{BASE}/{path}", body, format="json", **extra)


def complete(users: int, epoch: int = EPOCH) -> dict[str, Any]:
    answer = ask("complete", {"epoch": epoch, "users": users})
    assert answer.status_code == 200, answer.content
    said: dict[str, Any] = answer.json()
    return said


def use(person: Any, promo: Promo) -> Any:
    return person.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 1})


def state_of(person: Any) -> tuple[Any, ...]:
    holder = Holder.objects.get(user_id=person.id)
    return holder.is_active, holder.missing_since is not None, holder.epoch


def test_whom_it_did_not_name_is_suspended_until_told_of_again(owner, stranger, grant):
    kept, lost = grant(10), grant(20, user_id=stranger.id)
    assert codes(post([told(owner.id, EPOCH, epoch=EPOCH)])) == ["applied"]
    before = everything()

    assert complete(1) == {"code": "complete", "suspended": 1}

    assert everything() == before
    assert state_of(owner) == (True, False, EPOCH)
    assert state_of(stranger) == (False, True, 0)
    assert use(owner, kept).status_code == 201
    assert use(stranger, lost).json()["code"] == "holder_not_eligible"
    assert complete(1) == {"code": "complete", "suspended": 0}

    again = told(stranger.id, EPOCH + 5, epoch=EPOCH + 5, username="stranger")
    assert codes(post([again])) == ["applied"]
    assert state_of(stranger) == (True, False, EPOCH + 5)
    assert use(stranger, lost).status_code == 201
    assert movements(lost) == [("grant", 20), ("use", -1)]


@pytest.mark.parametrize("version", [1, 3, 9])
@pytest.mark.parametrize("way", ["event", "look-up"])
def test_who_is_told_of_again_is_so_whatever_the_version(stranger, version, way):
    Holder.objects.filter(user_id=stranger.id).update(version=3)
    complete(0)
    again = told(stranger.id, version, epoch=EPOCH + 1, username="stranger")
    if way == "event":
        assert codes(post([again])) == ["applied"]
    else:
        store_looked_up([UserState.read(again)])
    assert state_of(stranger) == (True, False, EPOCH + 1)
    assert Holder.objects.get().version == version


def test_what_was_told_before_the_resync_brings_no_one_back(stranger):
    Holder.objects.filter(user_id=stranger.id).update(version=3)
    complete(0)
    assert codes(post([told(stranger.id, 3), told(stranger.id, 2)])) == ["outdated"] * 2
    assert state_of(stranger) == (False, True, 0)


def test_who_was_named_with_nothing_new_is_not_suspended(owner):
    assert codes(post([told(owner.id, 1, epoch=EPOCH)])) == ["outdated"]
    assert complete(1) == {"code": "complete", "suspended": 0}
    assert state_of(owner) == (True, False, EPOCH)
    assert Holder.objects.get().username == "owner"


def test_who_was_told_of_since_is_not_suspended(owner, stranger):
    post([told(owner.id, EPOCH, epoch=EPOCH)])
    post([told(stranger.id, 2, epoch=EPOCH)])  # a change, or a registration
    assert complete(1) == {"code": "complete", "suspended": 0}


def test_the_deleted_stay_as_they_are(owner):
    Holder.objects.filter(user_id=owner.id).update(deleted=True)
    assert complete(0) == {"code": "complete", "suspended": 0}
    assert state_of(owner) == (True, False, 0)


def test_where_fewer_were_told_of_than_named_nobody_is_suspended(owner, stranger):
    """A relay of an earlier version tells no epoch."""
    post([told(owner.id, EPOCH, epoch=EPOCH), told(stranger.id, EPOCH)])
    assert complete(2) == {"code": "incomplete", "suspended": 0}
    assert not resyncs.list_missing().exists()
    assert all(holder.is_active for holder in Holder.objects.all())


def test_many_are_suspended_piece_by_piece(monkeypatch):
    monkeypatch.setattr(resyncs, "HOLDERS_AT_ONCE", 2)
    monkeypatch.setattr(resyncs, "SECONDS_AT_ONCE", -1.0)
    for _ in range(5):
        store_holder(uuid7())
    said = [complete(0) for _ in range(4)]
    assert [one["suspended"] for one in said] == [2, 2, 1, 0]
    assert [one["code"] for one in said] == ["more", "more", "more", "complete"]


def test_a_restore_brings_nothing_back_that_was_void(owner, grant):
    """Restored, the user is no administrator, and never was."""
    promo = grant(10)
    post([promoted(owner.id, 8)])
    restored = told(owner.id, EPOCH, epoch=EPOCH, username="owner")
    assert codes(post([restored])) == ["applied"]
    assert movements(promo) == [("grant", 10), ("void", -10)]
    assert Holder.objects.get().may_hold
    again = grant(5)
    higher = told(owner.id, EPOCH + 1, epoch=EPOCH, name="Renamed")
    assert codes(post([higher])) == ["applied"]
    assert movements(again) == [("grant", 5)]


def test_whom_a_restore_makes_an_administrator_again_holds_nothing(owner, grant):
    """Promoted at 2, demoted at 3 (lost), and granted since."""
    post([told(owner.id, 3, void_version=2)])
    promo = grant(10)
    restored = promoted(owner.id, EPOCH) | {"epoch": EPOCH}
    assert codes(post([restored])) == ["applied"]
    assert movements(promo) == [("grant", 10), ("void", -10)]


def test_what_is_known_is_the_highest_of_all(owner, stranger):
    assert ask("known", {}).json() == {"version": 1, "epoch": 0}
    post([told(owner.id, 70, epoch=30), told(stranger.id, 9, epoch=40)])
    assert ask("known", {}).json() == {"version": 70, "epoch": 40}


@pytest.mark.parametrize("path", ["known", "complete"])
def test_nobody_but_auth_service_asks_or_says_it(owner, path):
    body = {} if path == "known" else {"epoch": EPOCH, "users": 0}
    other = ask(path, body, service_token(sub="another_service"))
    assert (other.status_code, other.json()["code"]) == (403, "permission_denied")
    wrong = ask(path, body, service_token(token_type="access"))
    assert wrong.status_code == 401
    assert ask(path, body, SERVER_PORT="80").status_code == 404
    assert state_of(owner) == (True, False, 0)


@pytest.mark.parametrize(
    "body",
    [{}, {"epoch": 0, "users": 0}, {"epoch": EPOCH}, {"epoch": "x", "users": -1}],
    ids=str,
)
def test_an_end_that_is_none_suspends_nobody(owner, body):
    assert ask("complete", body).json()["code"] == "validation_error"
    assert state_of(owner) == (True, False, 0)


def test_the_missing_are_named_and_counted(owner, capsys):
    def counted() -> float | None:
        text = APIClient().get("/metrics", SERVER_PORT=settings.INTERNAL_PORT).content
        for family in text_string_to_metric_families(text.decode()):
            if family.name == "promosystem_users_missing":
                return float(family.samples[0].value)
        return None

    assert counted() == 0
    call_command("list_missing_users")
    assert capsys.readouterr().out == "0 users are missing.\n"
    complete(0)
    assert counted() == 1
    call_command("list_missing_users")
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{owner.id}  20")
    assert said[0].endswith("Z  owner")
    assert said[1] == "1 users are missing."
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE holder RENAME TO gone")
        try:
            assert counted() is None
        finally:
            cursor.execute("ALTER TABLE gone RENAME TO holder")
