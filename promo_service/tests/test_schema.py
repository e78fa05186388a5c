"""More of what the database refuses by itself: a row that cannot be is not stored."""

import pytest
from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from promo_service.holders.models import Holder
from promo_service.promos.models import (
    LedgerEntry,
    Promo,
    Redemption,
    RedemptionPart,
    Reversal,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redemption(owner, grant):
    owner.client.post(f"/api/v1/promos/{grant(10).id}/use", {"points": 4})
    return Redemption.objects.get()


@pytest.mark.parametrize(
    ("model", "change", "constraint"),
    [
        (Promo, {"end_time": F("start_time")}, "promo_ends_after_start"),
        (Redemption, {"points": 0}, "redemption_points_positive"),
        (RedemptionPart, {"points": 0}, "part_points_positive"),
        (RedemptionPart, {"remaining_points": -1}, "part_remaining_not_negative"),
        (Reversal, {"points": 0}, "reversal_points_positive"),
        (Holder, {"role": "owner"}, "holder_role"),
    ],
)
def test_the_database_refuses_a_row_that_cannot_be(
    redemption, administrator, model, change, constraint
):
    Reversal.objects.create(
        redemption=redemption,
        holder_id=redemption.holder_id,
        points=1,
        actor_id=administrator.id,
        actor_role=administrator.role,
        creation_time=timezone.now(),
    )
    before = list(model.objects.values_list())

    with pytest.raises(IntegrityError, match=constraint):
        model.objects.update(**change)

    assert list(model.objects.values_list()) == before


OF_A_REDEMPTION = "entry_names_its_redemption"
SIGN = "entry_sign_fits_type"


@pytest.mark.parametrize(
    ("kind", "points", "of_redemption", "changes", "constraint"),
    [
        ("grant", -1, False, {}, SIGN),
        ("use", 1, True, {}, SIGN),
        ("reverse", -1, True, {}, SIGN),
        ("void", 1, False, {}, SIGN),
        ("adjust", 0, False, {}, SIGN),
        ("adjust", 1, False, {"balance": -1}, "entry_balance_not_negative"),
        ("adjust", 1, False, {"sequence": 0}, "entry_sequence_from_one"),
        ("use", -1, False, {}, OF_A_REDEMPTION),
        ("reverse", 1, False, {}, OF_A_REDEMPTION),
        ("grant", 1, True, {}, OF_A_REDEMPTION),
        ("adjust", 1, True, {}, OF_A_REDEMPTION),
        ("void", -1, True, {}, OF_A_REDEMPTION),
    ],
)
def test_the_database_refuses_an_entry_that_cannot_be(
    redemption, administrator, kind, points, of_redemption, changes, constraint
):
    entry = LedgerEntry(
        promo=Promo.objects.get(),
        holder_id=redemption.holder_id,
        type=kind,
        points=points,
        redemption=redemption if of_redemption else None,
        actor_id=administrator.id,
        actor_role=administrator.role,
        creation_time=timezone.now(),
        **{"sequence": 3, "balance": 7, **changes},
    )
    before = list(LedgerEntry.objects.values_list())

    with pytest.raises(IntegrityError, match=constraint):
        entry.save(force_insert=True)

    assert list(LedgerEntry.objects.values_list()) == before
