"""What fails at its very end leaves nothing behind: each verb is one transaction."""

import pytest

from promo_service.promos.models import Redemption, Reversal
from promo_service.promos.services import modifying, movements, using_all
from promo_service.promos.services.bulk_granting import create_promos
from promo_service.promos.services.granting import Grant, create_promo
from promo_service.promos.services.idempotency import KeyedRequest
from promo_service.promos.services.reversing import reverse_redemption
from promo_service.tests.conftest import everything

pytestmark = pytest.mark.django_db(transaction=True)


class Broken(Exception):
    """What goes wrong after everything was written."""


def breaks(*arguments, **more):
    raise Broken


@pytest.fixture
def gift(owner):
    return Grant(user_id=owner.id, promo_type="x", promo_code="NEW", promo_amount=1)


def test_a_grant_that_fails_at_the_end_leaves_nothing(administrator, gift):
    with pytest.raises(Broken):
        create_promo(actor=administrator.caller, grant=gift, present=breaks)

    assert everything() == []


def test_a_bulk_that_fails_at_the_end_leaves_nothing(administrator, gift):
    with pytest.raises(Broken):
        create_promos(
            actor=administrator.caller, grants={0: gift}, faults={}, present=breaks
        )

    assert everything() == []


@pytest.fixture
def revisions_break(monkeypatch):
    monkeypatch.setattr(movements, "_revision", breaks)


def test_a_modification_that_fails_at_the_end_leaves_all(
    administrator, grant, nothing_changes, revisions_break
):
    promo = grant(10)
    nothing_changes()

    with pytest.raises(Broken):
        modifying.modify_promo(
            actor=administrator.caller, promo_id=promo.id, changes={"promo_amount": 5}
        )


def test_a_deletion_that_fails_at_the_end_leaves_all(
    administrator, grant, nothing_changes, monkeypatch
):
    promo = grant(10)
    nothing_changes()
    monkeypatch.setattr(movements, "count_points", breaks)

    with pytest.raises(Broken):
        modifying.delete_promo(actor=administrator.caller, promo_id=promo.id)


def test_a_use_of_all_that_fails_at_the_end_leaves_all(
    owner, grant, nothing_changes, monkeypatch
):
    grant(10)
    nothing_changes()
    monkeypatch.setattr(using_all, "store_redemption", breaks)

    with pytest.raises(Broken):
        using_all.use_my_points(
            actor=owner.caller, points=1, key=KeyedRequest(owner.id, "k", b"f" * 32)
        )

    assert not Redemption.objects.exists()


def test_a_reversal_that_fails_at_the_end_leaves_all(
    administrator, owner, grant, nothing_changes
):
    grant(10)
    used = using_all.use_my_points(actor=owner.caller, points=4).redemption
    nothing_changes()

    with pytest.raises(Broken):
        reverse_redemption(
            actor=administrator.caller, redemption_id=used.id, present=breaks
        )

    assert not Reversal.objects.exists()
