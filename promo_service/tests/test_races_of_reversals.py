"""Reversals at once give back what was used, and no more (I8)."""

from typing import Any

import pytest

from chassis.problems import Problem
from promo_service.holders.services import HolderNotEligible
from promo_service.promos.models import (
    Redemption,
    Reversal,
)
from promo_service.promos.services import using
from promo_service.promos.services.following_users import (
    UserEvent,
    apply_user_event,
)
from promo_service.promos.services.idempotency import Answered, KeyedRequest
from promo_service.promos.services.reversing import (
    PromoDeleted,
    ReversalExceedsRedemption,
    reverse_redemption,
)
from promo_service.promos.services.using_all import use_my_points
from promo_service.tests.at_once import at_once
from promo_service.tests.conftest import Person
from promo_service.tests.ledgers import assert_ledger_is_whole, movements
from promo_service.tests.test_following_users import promoted

pytestmark = pytest.mark.django_db(transaction=True)


def give_back(administrator: Any, redemption: Redemption, points: int | None) -> Any:
    return reverse_redemption(
        actor=administrator.caller,
        redemption_id=redemption.id,
        present=lambda *_: "{}",
        points=points,
    )


def use_all(owner: Person, points: int) -> Redemption:
    used = use_my_points(actor=owner.caller, points=points)
    return Redemption.objects.get(id=used.redemption.id)


def test_reversals_at_once_give_back_what_was_used_and_no_more(
    administrator, owner, grant
):
    promos = [grant(10), grant(10), grant(100)]
    used = use_all(owner, 50)

    results = at_once(16, lambda _: give_back(administrator, used, 7))

    given = [r for r in results if isinstance(r, Answered)]
    refused = [r for r in results if isinstance(r, ReversalExceedsRedemption)]
    assert (len(given), len(refused)) == (7, 9)
    used.refresh_from_db()
    assert used.reversed_points == 49
    assert sum(reversal.points for reversal in Reversal.objects.all()) == 49
    for promo in promos:
        assert_ledger_is_whole(promo)
    assert sum(promo.remaining_points for promo in promos) == 119


def test_whole_reversals_at_once_happen_once(administrator, owner, grant):
    promo = grant(100)
    used = use_all(owner, 30)

    results = at_once(8, lambda _: give_back(administrator, used, None))

    assert sum(isinstance(r, Answered) for r in results) == 1
    assert movements(promo) == [("grant", 100), ("use", -30), ("reverse", 30)]
    assert_ledger_is_whole(promo)


def test_a_reversal_under_one_key_at_once_happens_once(administrator, owner, grant):
    promo = grant(100)
    used = use_all(owner, 30)
    key = KeyedRequest(administrator.id, "once", b"f" * 32)

    def reverse(_: int) -> Any:
        return reverse_redemption(
            actor=administrator.caller,
            redemption_id=used.id,
            present=lambda redemption, _: f'"{redemption.reversed_points}"',
            points=10,
            key=key,
        )

    results = at_once(8, reverse)

    assert [result.answer for result in results] == ['"10"'] * 8
    assert sum(not result.replayed for result in results) == 1
    assert movements(promo) == [("grant", 100), ("use", -30), ("reverse", 10)]


def test_reversals_against_uses_and_the_end_of_the_holder_lose_nothing(
    administrator, owner, grant
):
    promos = [grant(40) for _ in range(3)]
    redemptions = [use_all(owner, 20) for _ in range(4)]

    def either(index: int) -> Any:
        if index == 9:
            return apply_user_event(UserEvent.read(promoted(owner.id)))
        if index % 2:
            return use_my_points(actor=owner.caller, points=3)
        return give_back(administrator, redemptions[index // 2 % 4], 5)

    results = at_once(16, either)

    problems = {type(r) for r in results if isinstance(r, Problem)}
    assert problems <= {PromoDeleted, HolderNotEligible, using.InsufficientPoints}
    for promo in promos:
        assert_ledger_is_whole(promo)
        assert promo.deleted_at is not None
        assert promo.remaining_points == 0
    given = sum(reversal.points for reversal in Reversal.objects.all())
    assert given == sum(r.reversed_points for r in Redemption.objects.all())
    moved = [
        points
        for promo in promos
        for kind, points in movements(promo)
        if kind == "reverse"
    ]
    assert sum(moved) == given
