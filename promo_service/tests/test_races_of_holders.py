"""All of a holder's promos at once, and what happens to the holder meanwhile (I6)."""

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from chassis.problems import Problem
from promo_service.holders.models import Holder
from promo_service.promos.models import (
    IdempotencyKey,
    Promo,
    Redemption,
)
from promo_service.promos.services import using
from promo_service.promos.services.following_users import (
    Outcome,
    UserEvent,
    apply_user_event,
)
from promo_service.promos.services.granting import (
    Grant,
    create_promo,
)
from promo_service.promos.services.idempotency import KeyedRequest
from promo_service.promos.services.using_all import use_my_points
from promo_service.tests.at_once import at_once
from promo_service.tests.ledgers import assert_ledger_is_whole, movements
from promo_service.tests.test_following_users import promoted, told

pytestmark = pytest.mark.django_db(transaction=True)


def tell(event: dict[str, Any]) -> Outcome:
    return apply_user_event(UserEvent.read(event))


def test_uses_of_all_promos_against_uses_of_their_parts_lose_nothing(owner, grant):
    promos = [grant(60) for _ in range(4)]

    def either(index: int) -> Any:
        if index % 2:
            return use_my_points(actor=owner.caller, points=35)
        promo = promos[index // 2 % 4]
        return using.use_promo_points(actor=owner.caller, promo_id=promo.id, points=20)

    results = at_once(24, either)

    taken = [r for r in results if isinstance(r, using.Redeemed)]
    refused = [r for r in results if isinstance(r, Problem)]
    assert {type(problem) for problem in refused} <= {using.InsufficientPoints}
    for promo in promos:
        assert_ledger_is_whole(promo)
    left = sum(promo.remaining_points for promo in promos)
    assert 240 - left == sum(redeemed.redemption.points for redeemed in taken)
    assert left < 35
    for redeemed in taken:
        assert sum(part.points for part in redeemed.parts) == redeemed.redemption.points


def test_one_key_for_one_promo_and_for_all_takes_effect_on_one(owner, grant):
    promo = grant(100)

    def either(index: int) -> Any:
        key = KeyedRequest(owner.id, "once", bytes([index % 2]) * 32)
        if index % 2:
            return use_my_points(actor=owner.caller, points=10, key=key)
        return using.use_promo_points(
            actor=owner.caller, promo_id=promo.id, points=10, key=key
        )

    results = at_once(12, either)

    assert Redemption.objects.count() == IdempotencyKey.objects.count() == 1
    codes = [r.code for r in results if isinstance(r, Problem)]
    assert codes == ["idempotency_key_reused"] * 6
    assert movements(promo) == [("grant", 100), ("use", -10)]


def test_uses_against_a_suspension_happen_before_it_or_not_at_all(owner, grant):
    promo = grant(100)
    suspended = told(owner.id, 2, is_active=False)

    def either(index: int) -> Any:
        if index == 7:
            return tell(suspended)
        if index % 2:
            return use_my_points(actor=owner.caller, points=1)
        return using.use_promo_points(actor=owner.caller, promo_id=promo.id, points=1)

    results = at_once(16, either)

    taken = [r for r in results if isinstance(r, using.Redeemed)]
    refused = [r.code for r in results if isinstance(r, Problem)]
    assert set(refused) <= {"holder_not_eligible"}
    assert len(taken) + len(refused) == 15
    assert_ledger_is_whole(promo)
    assert promo.used_points == len(taken)
    with pytest.raises(Problem):
        use_my_points(actor=owner.caller, points=1)


def test_uses_and_grants_against_a_role_change_leave_no_live_promo(
    administrator, owner, grant
):
    """I6: however creation and role change interleave."""
    for round_ in range(2, 12):
        promo = grant(50)
        void = told(owner.id, 2 * round_, role="administrator", void_version=2 * round_)

        def either(index: int, promo: Promo = promo, void: Any = void) -> Any:
            if index == 3:
                return tell(void)
            if index % 2:
                return using.use_promo_points(
                    actor=owner.caller, promo_id=promo.id, points=1
                )
            return create_promo(
                actor=administrator.caller,
                grant=Grant(
                    user_id=owner.id,
                    promo_type="x",
                    promo_code=f"R{index}",
                    promo_amount=5,
                ),
                present=lambda _: "{}",
            )

        results = at_once(8, either)

        codes = {r.code for r in results if isinstance(r, Problem)}
        assert codes <= {"holder_not_eligible", "not_found"}
        assert not Promo.objects.filter(holder_id=owner.id, deleted_at=None).exists()
        for each in Promo.objects.all():
            assert_ledger_is_whole(each)
        tell(told(owner.id, 2 * round_ + 1, void_version=2 * round_))
    assert Holder.objects.get(user_id=owner.id).may_hold


def test_the_same_events_at_once_void_once(owner, grant):
    promos = [grant(10) for _ in range(5)]
    events = [promoted(owner.id), told(owner.id, 3, void_version=2)]

    results = at_once(8, lambda index: tell(events[index % 2]))

    assert results.count(Outcome.APPLIED) in (1, 2)
    assert set(results) <= {Outcome.APPLIED, Outcome.OUTDATED}
    assert Holder.objects.get(user_id=owner.id).version == 3
    for promo in promos:
        assert movements(promo) == [("grant", 10), ("void", -10)]
        assert_ledger_is_whole(promo)


def test_the_first_events_of_a_user_at_once_keep_the_newest(owner):
    newcomer = uuid7()
    events = [told(newcomer, version) for version in range(1, 9)]

    results = at_once(8, lambda index: tell(events[index]))

    assert Outcome.APPLIED in results
    assert Holder.objects.get(user_id=newcomer).version == 8
