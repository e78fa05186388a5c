"""Uses, grants and changes at once: nothing is lost, and nothing happens twice."""

from typing import Any

import pytest
from django.db.models import Max, Sum

from chassis.problems import Problem
from promo_service.promos.models import (
    IdempotencyKey,
    LedgerEntry,
    Promo,
)
from promo_service.promos.services import modifying, using
from promo_service.promos.services.bulk_granting import create_promos
from promo_service.promos.services.granting import (
    DuplicatePromoCode,
    Grant,
    create_promo,
)
from promo_service.promos.services.idempotency import KeyedRequest
from promo_service.tests.at_once import at_once
from promo_service.tests.ledgers import assert_ledger_is_whole

pytestmark = pytest.mark.django_db(transaction=True)


def test_64_uses_at_once_take_exactly_what_they_were_told(owner, grant):
    promo = grant(100)

    def use(_: int) -> Any:
        return using.use_promo_points(actor=owner.caller, promo_id=promo.id, points=3)

    results = at_once(64, use)

    taken = [result for result in results if isinstance(result, using.Redeemed)]
    refused = [r for r in results if isinstance(r, using.InsufficientPoints)]
    assert len(taken) == 33
    assert len(refused) == 31
    balances = {result.parts[0].remaining_points for result in taken}
    assert balances == set(range(1, 100, 3))
    promo.refresh_from_db()
    assert promo.remaining_points == 1
    assert_ledger_is_whole(promo)


def test_one_key_from_many_clients_at_once_takes_effect_once(owner, grant):
    promo = grant(100)
    key = KeyedRequest(owner.id, "once", b"f" * 32)

    def use(_: int) -> Any:
        return using.use_promo_points(
            actor=owner.caller, promo_id=promo.id, points=10, key=key
        )

    results = at_once(16, use)

    assert len({result.redemption.id for result in results}) == 1
    assert sum(not result.replayed for result in results) == 1
    promo.refresh_from_db()
    assert promo.remaining_points == 90
    assert_ledger_is_whole(promo)


def test_one_key_on_two_endpoints_at_once_takes_effect_on_one(
    administrator, owner, grant
):
    promo = grant(100)
    actor = administrator.caller

    def either(index: int) -> Any:
        key = KeyedRequest(actor.id, "once", bytes([index % 2]) * 32)
        if index % 2:
            return using.use_promo_points(
                actor=actor, promo_id=promo.id, points=10, key=key
            )
        new = Grant(user_id=owner.id, promo_type="x", promo_code="NEW", promo_amount=1)
        return create_promo(actor=actor, grant=new, present=lambda _: "{}", key=key)

    results = at_once(8, either)

    assert IdempotencyKey.objects.count() == 1
    effects = LedgerEntry.objects.aggregate(last=Max("sequence"), sum=Sum("points"))
    created = Promo.objects.filter(promo_code="NEW").exists()
    assert effects["sum"] == (101 if created else 90)
    codes = {r.code for r in results if isinstance(r, Problem)}
    assert codes == {"idempotency_key_reused"}


def test_the_same_grant_under_one_key_at_once_is_one_promo(administrator, owner):
    key = KeyedRequest(administrator.id, "once", b"f" * 32)
    new = Grant(user_id=owner.id, promo_type="x", promo_code="NEW", promo_amount=1)

    def create(_: int) -> Any:
        return create_promo(
            actor=administrator.caller,
            grant=new,
            present=lambda promo: f'"{promo.id}"',
            key=key,
        )

    results = at_once(8, create)

    assert len({result.answer for result in results}) == 1
    assert sum(not result.replayed for result in results) == 1
    assert Promo.objects.count() == 1


def test_the_same_code_granted_at_once_is_one_promo(administrator, owner):
    new = Grant(user_id=owner.id, promo_type="x", promo_code="NEW", promo_amount=1)

    def create(_: int) -> Any:
        return create_promo(
            actor=administrator.caller, grant=new, present=lambda _: "{}"
        )

    results = at_once(8, create)

    assert sum(isinstance(r, DuplicatePromoCode) for r in results) == 7
    assert Promo.objects.count() == 1


def test_uses_against_modifications_of_the_amount_lose_nothing(
    administrator, owner, grant
):
    promo = grant(1000)

    def either(index: int) -> Any:
        if index % 4:
            return using.use_promo_points(
                actor=owner.caller, promo_id=promo.id, points=7
            )
        return modifying.modify_promo(
            actor=administrator.caller,
            promo_id=promo.id,
            changes={"promo_amount": 1000 + index},
        )

    results = at_once(32, either)

    assert not [r for r in results if isinstance(r, Problem)]
    promo.refresh_from_db()
    assert promo.used_points == 24 * 7
    assert_ledger_is_whole(promo)


def test_uses_against_a_deletion_happen_before_it_or_not_at_all(
    administrator, owner, grant
):
    promo = grant(100)

    def either(index: int) -> Any:
        if index == 5:
            return modifying.delete_promo(actor=administrator.caller, promo_id=promo.id)
        return using.use_promo_points(actor=owner.caller, promo_id=promo.id, points=1)

    results = at_once(12, either)

    taken = [result for result in results if isinstance(result, using.Redeemed)]
    promo.refresh_from_db()
    assert promo.remaining_points == 0
    assert_ledger_is_whole(promo)
    last = LedgerEntry.objects.filter(promo=promo).latest("sequence")
    assert (last.type, last.points) == ("void", -(100 - len(taken)))


def test_the_same_bulk_under_one_key_at_once_is_granted_once(administrator, owner):
    key = KeyedRequest(administrator.id, "once", b"f" * 32)
    new = Grant(user_id=owner.id, promo_type="x", promo_code="NEW", promo_amount=1)

    def create(_: int) -> Any:
        return create_promos(
            actor=administrator.caller,
            grants={0: new},
            faults={},
            present=lambda promos: f'"{promos[0].id}"',
            key=key,
        )

    results = at_once(16, create)

    assert len({result.answer for result in results}) == 1
    assert sum(not result.replayed for result in results) == 1
    assert Promo.objects.count() == 1
