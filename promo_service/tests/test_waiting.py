"""Who waits for whom: what is under way is seen once it is committed, never before."""

import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from uuid_utils.compat import uuid7

from promo_service.holders.models import Holder
from promo_service.holders.services import HolderNotEligible
from promo_service.promos.clock import database_time
from promo_service.promos.models import LedgerEntry, Promo
from promo_service.promos.services import modifying, using
from promo_service.promos.services.bulk_granting import create_promos
from promo_service.promos.services.following_users import UserEvent, apply_user_event
from promo_service.promos.services.granting import Grant, create_promo
from promo_service.promos.services.reversing import (
    ReversalExceedsRedemption,
    reverse_redemption,
)
from promo_service.promos.services.using_all import use_my_points
from promo_service.tests.background import Background
from promo_service.tests.conftest import store_holder
from promo_service.tests.ledgers import assert_ledger_is_whole, movements
from promo_service.tests.test_following_users import promoted, told

pytestmark = pytest.mark.django_db(transaction=True)


def use(owner, promo, points=1):
    return using.use_promo_points(actor=owner.caller, promo_id=promo.id, points=points)


def gift(user_id, code="NEW"):
    return Grant(user_id=user_id, promo_type="x", promo_code=code, promo_amount=1)


def create(administrator, user_id):
    return create_promo(
        actor=administrator.caller, grant=gift(user_id), present=lambda _: "{}"
    )


def create_all(administrator, *user_ids):
    return create_promos(
        actor=administrator.caller,
        grants=dict(enumerate(gift(user_id) for user_id in user_ids)),
        faults={},
        present=lambda _: "{}",
    )


def test_a_use_waits_for_a_suspension_under_way(owner, grant):
    promo = grant(10)

    with transaction.atomic():
        Holder.objects.filter(user_id=owner.id).update(is_active=False)
        using_it = Background(lambda: use(owner, promo))
        using_it.until_it_waits()

    with pytest.raises(HolderNotEligible):
        using_it.result()
    promo.refresh_from_db()
    assert promo.remaining_points == 10


def test_a_use_that_waited_past_the_end_is_refused(owner, grant):
    end = timezone.now() + timedelta(seconds=2.5)
    promo = grant(10, start_time=end - timedelta(hours=1), end_time=end)

    with transaction.atomic():
        use(owner, promo, points=3)
        too_late = Background(lambda: use(owner, promo))
        too_late.until_it_waits()
        while database_time() < end:
            time.sleep(0.05)

    with pytest.raises(using.PromoExpired):
        too_late.result()
    promo.refresh_from_db()
    assert promo.remaining_points == 7


def test_a_modification_waits_for_a_use_under_way(administrator, owner, grant):
    promo = grant(100)

    with transaction.atomic():
        use(owner, promo, points=30)
        modifying_it = Background(
            lambda: modifying.modify_promo(
                actor=administrator.caller,
                promo_id=promo.id,
                changes={"promo_amount": 50},
            )
        )
        modifying_it.until_it_waits()

    assert modifying_it.result().remaining_points == 20
    promo.refresh_from_db()
    assert_ledger_is_whole(promo)


@pytest.mark.parametrize(
    "change", [{"role": "administrator"}, {"deleted": True}, {"is_active": False}]
)
def test_a_grant_waits_for_a_change_of_role_under_way(administrator, owner, change):
    with transaction.atomic():
        Holder.objects.filter(user_id=owner.id).update(**change)
        granting = Background(lambda: create(administrator, owner.id))
        granting.until_it_waits()

    with pytest.raises(HolderNotEligible):
        granting.result()
    assert not Promo.objects.exists()


def test_a_bulk_waits_for_a_change_of_role_under_way(administrator, owner, stranger):
    with transaction.atomic():
        Holder.objects.filter(user_id=owner.id).update(role="administrator")
        granting = Background(lambda: create_all(administrator, stranger.id, owner.id))
        granting.until_it_waits()

    with pytest.raises(ValidationError):
        granting.result()
    assert not Promo.objects.exists()


def test_a_grant_that_waited_begins_when_the_wait_is_over(administrator, owner):
    with transaction.atomic():
        Holder.objects.filter(user_id=owner.id).update(name="Another Name")
        granting = Background(lambda: create(administrator, owner.id))
        granting.until_it_waits()
        released = database_time()

    granting.result()
    assert Promo.objects.get().creation_time >= released
    assert LedgerEntry.objects.get().creation_time >= released


def test_a_bulk_locks_its_holders_in_the_order_of_their_ids(administrator, db):
    """Whoever waits for the second has the first already, wherever the rows lie."""
    first, second = uuid7(), uuid7()
    store_holder(second)
    store_holder(first)

    with transaction.atomic():
        Holder.objects.select_for_update().get(user_id=second)
        granting = Background(lambda: create_all(administrator, second, first))
        granting.until_it_waits()
        free = Holder.objects.select_for_update(skip_locked=True)
        assert not free.filter(user_id=first).exists()

    granting.result()
    assert Promo.objects.count() == 2


def test_a_bulk_whose_code_is_given_meanwhile_names_it(administrator, owner, stranger):
    with transaction.atomic():
        create(administrator, owner.id)
        granting = Background(lambda: create_all(administrator, stranger.id, owner.id))
        granting.until_it_waits()

    with pytest.raises(ValidationError) as refusal:
        granting.result()
    assert refusal.value.get_codes() == {
        "promos": {"1": {"promo_code": ["duplicate_promo_code"]}}
    }
    assert Promo.objects.count() == 1


def tell(event):
    return apply_user_event(UserEvent.read(event))


def test_a_voiding_waits_for_a_grant_under_way(administrator, owner):
    with transaction.atomic():
        create(administrator, owner.id)
        voiding = Background(lambda: tell(promoted(owner.id)))
        voiding.until_it_waits()

    voiding.result()
    promo = Promo.objects.get()
    assert promo.deleted_at is not None
    assert movements(promo) == [("grant", 1), ("void", -1)]


def test_a_voiding_waits_for_a_use_under_way(owner, grant):
    promo = grant(10)

    with transaction.atomic():
        use(owner, promo, points=4)
        voiding = Background(lambda: tell(promoted(owner.id)))
        voiding.until_it_waits()

    voiding.result()
    assert movements(promo) == [("grant", 10), ("use", -4), ("void", -6)]
    assert_ledger_is_whole(promo)


def test_what_was_deleted_before_is_not_voided_again(administrator, owner, grant):
    gone, live = grant(10), grant(20)
    modifying.delete_promo(actor=administrator.caller, promo_id=gone.id)
    gone.refresh_from_db()
    deleted_at, version = gone.deleted_at, gone.version

    tell(promoted(owner.id))

    gone.refresh_from_db()
    assert (gone.deleted_at, gone.version) == (deleted_at, version)
    assert movements(live) == [("grant", 20), ("void", -20)]


def test_a_use_of_all_waits_for_a_suspension_under_way(owner, grant):
    promo = grant(10)

    with transaction.atomic():
        tell(told(owner.id, 2, is_active=False))
        using_it = Background(lambda: use_my_points(actor=owner.caller, points=1))
        using_it.until_it_waits()

    with pytest.raises(HolderNotEligible):
        using_it.result()
    assert movements(promo) == [("grant", 10)]


def test_a_use_of_all_waits_for_a_use_under_way(owner, grant):
    promo = grant(10)

    with transaction.atomic():
        use(owner, promo, points=6)
        using_it = Background(lambda: use_my_points(actor=owner.caller, points=5))
        using_it.until_it_waits()

    with pytest.raises(using.InsufficientPoints):
        using_it.result()
    assert movements(promo) == [("grant", 10), ("use", -6)]


def test_promos_are_locked_in_the_order_of_their_ids(owner, grant):
    """Whoever waits for the second has the first already.

    The rows, and the entries of every index, lie the other way round.
    """
    first = grant(10, promo_code="Z")
    soon = timezone.now() + timedelta(hours=1)
    second = grant(10, promo_code="A", end_time=soon)
    Promo.objects.filter(id=first.id).update(description="written anew, behind it")

    with transaction.atomic():
        Promo.objects.select_for_update().get(id=second.id)
        using_it = Background(lambda: use_my_points(actor=owner.caller, points=15))
        using_it.until_it_waits()
        free = Promo.objects.select_for_update(skip_locked=True)
        assert not free.filter(id=first.id).exists()

    assert len(using_it.result().parts) == 2


def test_a_reversal_waits_for_another_under_way(administrator, owner, grant):
    promo = grant(10)
    used = use(owner, promo, points=6).redemption

    def reverse():
        return reverse_redemption(
            actor=administrator.caller, redemption_id=used.id, present=lambda *_: "{}"
        )

    with transaction.atomic():
        reverse()
        again = Background(reverse)
        again.until_it_waits()

    with pytest.raises(ReversalExceedsRedemption):
        again.result()
    assert movements(promo) == [("grant", 10), ("use", -6), ("reverse", 6)]
