"""What must always hold (I1 to I5, I8), whatever code or a hand at psql tries."""

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from promo_service.promos.models import (
    IdempotencyKey,
    LedgerEntry,
    Promo,
    PromoRevision,
    Redemption,
    RedemptionPart,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def used(owner, grant):
    promo = grant(10)
    owner.client.post(
        f"/api/v1/promos/{promo.id}/use",
        {"points": 4},
        headers={"Idempotency-Key": "k"},
    )
    return promo


@pytest.mark.parametrize(
    ("model", "change", "constraint"),
    [
        (Promo, {"remaining_points": -1}, "promo_remaining_within_amount"),
        (Promo, {"remaining_points": 11}, "promo_remaining_within_amount"),
        (Promo, {"promo_amount": 10**9 + 1}, "promo_amount_within_limits"),
        (
            Promo,
            {"promo_amount": 0, "remaining_points": 0},
            "promo_amount_within_limits",
        ),
        (Promo, {"deleted_at": timezone.now()}, "promo_deleted_has_no_points"),
        (Redemption, {"reversed_points": 5}, "redemption_reversed_within_points"),
        (Redemption, {"reversed_points": -1}, "redemption_reversed_within_points"),
        (RedemptionPart, {"reversed_points": 5}, "part_reversed_within_points"),
        (IdempotencyKey, {"redemption": None}, "key_has_an_answer"),
    ],
)
def test_the_database_refuses_what_cannot_be(used, model, change, constraint):
    before = list(model.objects.values_list())

    with pytest.raises(IntegrityError, match=constraint):
        model.objects.update(**change)

    assert list(model.objects.values_list()) == before


@pytest.mark.parametrize("model", [LedgerEntry, PromoRevision])
def test_entries_and_revisions_are_never_changed_or_deleted(used, model):
    table = model._meta.db_table
    before = list(model.objects.values_list())

    for statement in (
        f"UPDATE {table} SET actor_id = holder_id",
        f"DELETE FROM {table}",
    ):
        with (
            connection.cursor() as cursor,
            pytest.raises(IntegrityError, match="append-only"),
        ):
            cursor.execute(statement)

    assert list(model.objects.values_list()) == before


def test_a_number_in_a_ledger_is_given_once(used):
    entry = LedgerEntry.objects.get(sequence=2)

    with pytest.raises(IntegrityError, match="ledger_entry_pkey"):
        entry.save(force_insert=True)


def test_a_key_is_stored_once(used):
    key = IdempotencyKey.objects.get()

    with pytest.raises(IntegrityError, match="idempotency_key_pkey"):
        key.save(force_insert=True)


def test_a_promo_with_a_history_cannot_vanish(used):
    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="violates foreign key"),
    ):
        cursor.execute("DELETE FROM promo")
