"""An erased person leaves no text behind; points and history stay as they were."""

from typing import Any

import pytest
from django.db import IntegrityError, connection

from promo_service.promos.models import LedgerEntry, PromoRevision
from promo_service.tests.ledgers import assert_ledger_is_whole
from promo_service.tests.test_following_users import codes, post, told

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


def erase(person: Any) -> None:
    post([told(person.id, 2, username="olivia", name="Olivia", void_version=0)])
    event = told(
        person.id,
        3,
        username=f"erased-{person.id.hex}",
        name="Erased user",
        deleted=True,
        void_version=3,
        erased=True,
    )
    assert codes(post([event])) == ["applied"]


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
