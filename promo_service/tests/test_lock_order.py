"""Every operation that locks a promo locks its holder first, so none can deadlock."""

import time
from collections import Counter
from collections.abc import Callable
from itertools import combinations_with_replacement
from typing import Any

import pytest
from django.db import OperationalError, transaction
from rest_framework.exceptions import ValidationError

from chassis.problems import Problem
from promo_service.holders.models import Holder
from promo_service.holders.selectors import lock_holder
from promo_service.promos.models import Promo, Redemption
from promo_service.promos.services import using
from promo_service.promos.services.bulk_granting import create_promos
from promo_service.promos.services.following_users import UserEvent, apply_user_event
from promo_service.promos.services.granting import Grant, create_promo
from promo_service.promos.services.idempotency import Answered
from promo_service.promos.services.modifying import delete_promo, modify_promo
from promo_service.promos.services.reversing import reverse_redemption
from promo_service.promos.services.using_all import use_my_points
from promo_service.tests.at_once import at_once
from promo_service.tests.background import Background
from promo_service.tests.conftest import Person
from promo_service.tests.ledgers import assert_ledger_is_whole
from promo_service.tests.test_following_users import promoted, told

pytestmark = pytest.mark.django_db(transaction=True)


class Operations:
    """Whatever locks promos of one holder, each ready to be begun."""

    def __init__(self, administrator: Person, owner: Person, promos: list[Promo]):
        self.administrator, self.owner, self.promos = administrator, owner, promos
        used = use_my_points(actor=owner.caller, points=30)
        self.redemption: Redemption = Redemption.objects.get(id=used.redemption.id)

    def use(self) -> Any:
        return using.use_promo_points(
            actor=self.owner.caller, promo_id=self.promos[-1].id, points=1
        )

    def use_mine(self) -> Any:
        return use_my_points(actor=self.owner.caller, points=30)

    def grant(self) -> Any:
        return create_promo(
            actor=self.administrator.caller,
            grant=self._gift("SINGLE"),
            present=lambda _: "{}",
        )

    def grant_many(self) -> Any:
        codes = ["SINGLE", "B", "A", "CHANGED"]
        return create_promos(
            actor=self.administrator.caller,
            grants=dict(enumerate(map(self._gift, codes))),
            faults={},
            present=lambda _: "{}",
        )

    def modify(self) -> Any:
        return modify_promo(
            actor=self.administrator.caller,
            promo_id=self.promos[0].id,
            changes={"promo_amount": 500, "promo_code": "CHANGED"},
        )

    def delete(self) -> Any:
        delete_promo(actor=self.administrator.caller, promo_id=self.promos[1].id)

    def reverse(self) -> Any:
        return reverse_redemption(
            actor=self.administrator.caller,
            redemption_id=self.redemption.id,
            present=lambda *_: "{}",
            points=20,
        )

    def void(self) -> Any:
        return apply_user_event(UserEvent.read(promoted(self.owner.id)))

    def erase(self) -> Any:
        return apply_user_event(
            UserEvent.read(
                told(self.owner.id, 3, erased=True, deleted=True, void_version=3)
            )
        )

    def _gift(self, code: str) -> Grant:
        return Grant(
            user_id=self.owner.id, promo_type="x", promo_code=code, promo_amount=5
        )


NAMES = [name for name in vars(Operations) if not name.startswith("_")]


@pytest.fixture
def operations(administrator, owner, grant) -> Operations:
    return Operations(administrator, owner, [grant(20) for _ in range(4)])


@pytest.mark.parametrize("name", NAMES)
def test_it_waits_for_the_holder_before_it_locks_a_promo(operations, name):
    begin: Callable[[], Any] = getattr(operations, name)

    with transaction.atomic():
        Holder.objects.select_for_update(no_key=True).get(user_id=operations.owner.id)
        begun = Background(begin)
        begun.until_it_waits()
        assert begun.is_under_way
        # Nothing else is locked by then.
        for rows in (Promo.objects, Redemption.objects):
            list(rows.select_for_update(nowait=True))

    begun.result()


@pytest.mark.parametrize(
    ("first", "second"), list(combinations_with_replacement(NAMES, 2)), ids=str
)
def test_each_pair_begun_at_once_ends_without_a_deadlock(operations, first, second):
    """Each is begun twice, so that either may be the first."""
    pair = [getattr(operations, first), getattr(operations, second)] * 2

    def run(index: int) -> Any:
        try:
            return pair[index]()
        except (OperationalError, ValidationError) as error:
            return error

    results = at_once(4, run)

    assert [r for r in results if isinstance(r, OperationalError)] == []
    refusals = {r.code for r in results if isinstance(r, Problem)}
    assert "unavailable" not in refusals
    for promo in operations.promos:
        assert_ledger_is_whole(promo)


def test_a_change_of_code_waits_for_a_grant_that_may_have_the_code(operations):
    """Two that swap their codes would wait for each other."""
    with transaction.atomic():
        lock_holder(user_id=operations.owner.id)
        begun = Background(operations.modify)
        begun.until_it_waits()
        assert begun.is_under_way

    assert begun.result().promo_code == "CHANGED"


def test_bulks_in_opposite_orders_do_not_wait_for_each_other(
    administrator, owner, grant
):
    """Both wait for the code in the middle, with what comes before it in hand."""

    def begin(codes: str) -> Background:
        def present(promos: Any) -> str:
            assert [promo.promo_code for promo in promos] == list(codes)
            return "{}"

        rows = [
            Grant(user_id=owner.id, promo_type="x", promo_code=code, promo_amount=1)
            for code in codes
        ]
        begun = Background(
            lambda: create_promos(
                actor=administrator.caller,
                grants=dict(enumerate(rows)),
                faults={},
                present=present,
            )
        )
        begun.until_it_waits()
        return begun

    with transaction.atomic():
        grant(promo_code="M")
        one, other = begin("AMZ"), begin("ZMA")
        time.sleep(0.2)
        transaction.set_rollback(True)

    outcomes = []
    for begun in (one, other):
        try:
            outcomes.append(type(begun.result()))
        except ValidationError:
            outcomes.append(ValidationError)
    assert Counter(outcomes) == {Answered: 1, ValidationError: 1}
