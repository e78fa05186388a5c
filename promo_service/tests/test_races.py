"""What happens at once: threads with connections of their own, on real PostgreSQL."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import Max, Sum
from uuid_utils.compat import uuid7

from chassis.problems import Problem
from promo_service.holders.models import Holder
from promo_service.holders.services import HolderNotEligible
from promo_service.promos.models import (
    IdempotencyKey,
    LedgerEntry,
    Promo,
    Redemption,
    Reversal,
)
from promo_service.promos.services import modifying, using
from promo_service.promos.services.bulk_granting import create_promos
from promo_service.promos.services.following_users import (
    Outcome,
    UserEvent,
    apply_user_event,
)
from promo_service.promos.services.granting import (
    DuplicatePromoCode,
    Grant,
    create_promo,
)
from promo_service.promos.services.idempotency import Answered, KeyedRequest
from promo_service.promos.services.reversing import (
    PromoDeleted,
    ReversalExceedsRedemption,
    reverse_redemption,
)
from promo_service.promos.services.using_all import use_my_points
from promo_service.tests.ledgers import assert_ledger_is_whole, movements
from promo_service.tests.test_following_users import promoted, told

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Each result, or the Problem that was raised instead."""
    barrier = threading.Barrier(count)

    def run(index: int) -> Any:
        try:
            barrier.wait(timeout=10)
            return work(index)
        except Problem as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


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


def give_back(administrator: Any, redemption: Redemption, points: int | None) -> Any:
    return reverse_redemption(
        actor=administrator.caller,
        redemption_id=redemption.id,
        present=lambda *_: "{}",
        points=points,
    )


def test_reversals_at_once_give_back_what_was_used_and_no_more(
    administrator, owner, grant
):
    promos = [grant(10), grant(10), grant(100)]
    used = use_my_points(actor=owner.caller, points=50).redemption

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
    used = use_my_points(actor=owner.caller, points=30).redemption

    results = at_once(8, lambda _: give_back(administrator, used, None))

    assert sum(isinstance(r, Answered) for r in results) == 1
    assert movements(promo) == [("grant", 100), ("use", -30), ("reverse", 30)]
    assert_ledger_is_whole(promo)


def test_a_reversal_under_one_key_at_once_happens_once(administrator, owner, grant):
    promo = grant(100)
    used = use_my_points(actor=owner.caller, points=30).redemption
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
    redemptions = [
        use_my_points(actor=owner.caller, points=20).redemption for _ in range(4)
    ]

    def either(index: int) -> Any:
        if index == 9:
            return tell(promoted(owner.id))
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
