"""An erased person leaves no text behind; points and history stay as they were."""

from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from promo_service.holders.models import Holder
from promo_service.promos.models import LedgerEntry, PromoRevision
from promo_service.promos.services import erasing, voiding
from promo_service.promos.services.pieces import finish_marked
from promo_service.promos.services.using import use_promo_points
from promo_service.tests.background import Background
from promo_service.tests.conftest import everything
from promo_service.tests.filling import many_by_sql
from promo_service.tests.ledgers import assert_ledger_is_whole
from promo_service.tests.test_following_users import (
    codes,
    post,
    service_token,
    told,
)

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = ["olivia", "Olivia Owner", "For Olivia", "Olivia's coffee", "Olivia complained"]


def all_texts() -> str:
    """Every row of every table, as PostgreSQL writes it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        rows: list[Any] = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def create(person: Any, path: str, body: Any, key: str) -> Any:
    headers = {"Idempotency-Key": key}
    answer = person.client.post(f"/api/v1/{path}", body, headers=headers)
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.fixture
def history(administrator, owner, stranger):
    """Grants one by one and in bulk, a use, a reversal, each under a key."""

    def promo_for(person: Any, code: str, text: str) -> dict[str, Any]:
        return {
            "user_id": str(person.id),
            "promo_type": "gift",
            "promo_code": code,
            "promo_amount": 10,
            "description": text,
        }

    one = create(administrator, "promos", promo_for(owner, "A", "For Olivia"), "k1")
    bulk = [
        promo_for(owner, "B", "For Olivia too"),
        promo_for(stranger, "B", "For the stranger"),
    ]
    create(administrator, "promos/bulk", {"promos": bulk}, "k2")
    used = {"points": 4, "task": "Olivia's coffee"}
    use = create(owner, f"promos/{one['id']}/use", used, "k3")
    path = f"redemptions/{use['id']}/reverse"
    reversal = {"points": 1, "reason": "Olivia complained"}
    create(administrator, path, reversal, "k4")
    administrator.client.patch(
        f"/api/v1/promos/{one['id']}", {"description": "For Olivia again"}
    )
    return {"promo": one, "bulk": bulk, "path": path, "reversal": reversal}


def erased(person: Any) -> dict[str, Any]:
    return told(
        person.id,
        3,
        username=f"erased-{person.id.hex}",
        name="Erased user",
        deleted=True,
        void_version=3,
        erased=True,
    )


def erase(person: Any) -> None:
    post([told(person.id, 2, username="olivia", name="Olivia", void_version=0)])
    assert codes(post([erased(person)])) == ["applied"]


def state_of(*user_ids: Any, token: str | None = None) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token or service_token()}")
    return client.post(
        "/internal/v1/erasures/status",
        {"user_ids": [str(user_id) for user_id in user_ids]},
        format="json",
        SERVER_PORT=settings.INTERNAL_PORT,
    )


def states(*user_ids: Any) -> list[str]:
    answer = state_of(*user_ids)
    assert answer.status_code == 200, answer.content
    results = answer.json()["results"]
    assert [each["user_id"] for each in results] == [str(each) for each in user_ids]
    return [each["state"] for each in results]


def test_no_text_about_the_person_is_left_and_every_entry_is(owner, grant, history):
    entries = list(LedgerEntry.objects.values_list())
    promo = grant(1)

    erase(owner)

    found = all_texts()
    assert not [text for text in TEXTS if text in found]
    assert "For the stranger" in found
    kept = list(LedgerEntry.objects.exclude(type="void").values_list())
    assert [row for row in kept if row in entries] == entries
    assert_ledger_is_whole(promo)


def test_an_administrators_retry_gets_the_first_answer_without_the_person(
    administrator, owner, stranger, history
):
    erase(owner)

    headers = {"Idempotency-Key": "k2"}
    body = {"promos": history["bulk"]}
    again = administrator.client.post("/api/v1/promos/bulk", body, headers=headers)

    first, second = again.json()["results"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first["user"] == {
        "id": str(owner.id),
        "username": f"erased-{owner.id.hex}",
        "name": "Erased user",
    }
    assert first["description"] is None
    assert second["user"]["username"] == "stranger"
    assert second["description"] == "For the stranger"
    headers = {"Idempotency-Key": "k4"}
    path = f"/api/v1/{history['path']}"
    again = administrator.client.post(path, history["reversal"], headers=headers)
    assert (again.status_code, again.json()["task"]) == (201, None)


def test_a_revision_loses_its_description_and_nothing_else(owner, grant):
    grant(10, description="For Olivia")
    before = PromoRevision.objects.values().get()

    PromoRevision.objects.update(description=None)

    assert PromoRevision.objects.values().get() == {**before, "description": None}
    for change in ({"description": "Forged"}, {"promo_amount": 9, "description": None}):
        with pytest.raises(IntegrityError, match="append-only"):
            PromoRevision.objects.update(**change)


def test_an_event_that_is_no_news_erases_all_the_same(owner, history):
    """A look-up has told of the state before."""
    deleted = told(owner.id, 2, name="Olivia", deleted=True, void_version=2)
    event = erased(owner) | {"void_version": 2}
    post([deleted])
    known = {name: event[name] for name in ("version", "username", "name")}
    Holder.objects.filter(user_id=owner.id).update(**known)

    assert codes(post([event])) == ["outdated"]

    found = all_texts()
    assert not [text for text in TEXTS if text in found]
    assert states(owner.id) == ["erased"]


def test_an_old_event_does_not_erase_who_was_restored(owner, history):
    post([told(owner.id, 9, name="Olivia Owner")])

    assert codes(post([erased(owner)])) == ["outdated"]

    assert "Olivia's coffee" in all_texts()
    assert states(owner.id) == ["erasing"]


def test_erasing_again_changes_nothing(owner, history):
    erase(owner)
    before = everything()

    assert codes(post([erased(owner)])) == ["outdated"]

    assert everything() == before
    assert states(owner.id) == ["erased"]


def test_much_is_erased_piece_by_piece_after_the_promos_are_void(
    owner, history, monkeypatch
):
    monkeypatch.setattr(voiding, "PIECE", 3)
    monkeypatch.setattr(erasing, "PIECE", 3)
    monkeypatch.setattr(erasing, "ANSWERS", 1)
    many_by_sql(owner.id, 20, spent=True, description="For Olivia, many times")

    erase(owner)

    assert states(owner.id) == ["erasing"]
    assert sum(1 for _ in finish_marked()) > 20 / 3
    found = all_texts()
    assert not [text for text in TEXTS if text in found]
    assert states(owner.id) == ["erased"]


def test_what_was_left_in_the_middle_is_erased_later(owner, monkeypatch):
    monkeypatch.setattr(erasing, "PIECE", 3)
    many_by_sql(owner.id, 20, spent=True, description="For Olivia")
    erase(owner)

    begun = finish_marked()
    next(begun)
    begun.close()
    assert "For Olivia" in all_texts()

    for _ in finish_marked():
        pass
    assert "For Olivia" not in all_texts()


def test_a_use_under_way_leaves_no_text_behind(owner, grant):
    promo = grant(10)

    with transaction.atomic():
        use_promo_points(
            actor=owner.caller, promo_id=promo.id, points=1, task="Olivia's coffee"
        )
        erasing_it = Background(lambda: erase(owner))
        erasing_it.until_it_waits()

    erasing_it.result()
    assert "Olivia's coffee" not in all_texts()
    assert states(owner.id) == ["erased"]


def test_of_two_people_of_one_answer_who_are_erased_at_once_no_text_is_left(
    owner, stranger, history
):
    with transaction.atomic():
        erase(owner)
        the_other = Background(lambda: erase(stranger))
        the_other.until_it_waits()

    the_other.result()
    found = all_texts()
    assert "For Olivia too" not in found
    assert "For the stranger" not in found


def test_who_comes_back_by_a_restore_is_erased_no_more(owner, history, grant):
    erase(owner)
    assert states(owner.id) == ["erased"]

    post([told(owner.id, 9, name="Olivia Owner", void_version=3)])
    grant(5, description="For Olivia, who is back")

    assert Holder.objects.get(user_id=owner.id).erased_at is None
    assert states(owner.id) == ["erasing"]
    assert not list(finish_marked())
    assert "For Olivia, who is back" in all_texts()


class TestStatus:
    """How far erasure is, for auth_service."""

    def test_who_is_known_and_not_erased_yet_is_being_erased(self, owner, stranger):
        nobody = uuid7()
        erase(owner)

        assert states(stranger.id, nobody, owner.id) == ["erasing", "unknown", "erased"]

    def test_auth_service_alone_may_ask(self, owner):
        answer = state_of(owner.id, token=service_token(sub="another_service"))
        assert answer.json()["code"] == "permission_denied"
        assert owner.client.post("/internal/v1/erasures/status").status_code == 404

    @pytest.mark.parametrize("ids", [["x"], [uuid7()] * 501])
    def test_what_is_no_list_of_ids_is_refused(self, db, ids):
        assert state_of(*ids).json()["code"] == "validation_error"
