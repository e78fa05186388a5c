"""Reports of random histories, days closed at random, against a naive model.

The model keeps every movement, type and end with its time, and adds up from scratch.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError
from uuid_utils.compat import uuid7

from chassis.problems import Problem
from chassis.roles import Role
from chassis.tokens import Caller
from promo_service.promos.models import ClosedDay, Promo, RedemptionPart
from promo_service.promos.selectors import list_days, summarize
from promo_service.promos.selectors.movements import FIGURES
from promo_service.promos.services.closing import close_days
from promo_service.promos.services.granting import Grant, create_promo
from promo_service.promos.services.modifying import delete_promo, modify_promo
from promo_service.promos.services.reversing import reverse_redemption
from promo_service.promos.services.using import TakenPart, use_promo_points
from promo_service.promos.services.using_all import use_my_points
from promo_service.tests.conftest import store_holder
from promo_service.tests.planting import find

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 20, tzinfo=UTC)
SOON = timedelta(days=30)
NEVER = datetime.max.replace(tzinfo=UTC)
BALANCES = ("expired", "outstanding", "expiring_within_30_days")


@dataclass
class Movement:
    at: datetime
    figure: str
    points: int  # as reports show them

    @property
    def change(self) -> int:
        return -self.points if self.figure in {"used", "voided"} else self.points


@dataclass
class ModelPromo:
    """What there ever was of a promo: its movements, and (time, type, end)."""

    id: UUID
    movements: list[Movement] = field(default_factory=list)
    revisions: list[tuple[datetime, str, datetime]] = field(default_factory=list)

    def at(self, moment: datetime) -> tuple[str, datetime] | None:
        valid = [revision for revision in self.revisions if revision[0] <= moment]
        return valid[-1][1:] if valid else None

    def balance(self, moment: datetime) -> int:
        return sum(each.change for each in self.movements if each.at <= moment)


@dataclass
class World:
    """The services and the model, side by side."""

    owner: Caller
    administrator: Caller
    now: datetime = START
    promos: list[ModelPromo] = field(default_factory=list)
    redemptions: list[UUID] = field(default_factory=list)

    def act(self, operation: tuple[Any, ...]) -> None:
        name, pause, *arguments = operation
        self.now += pause
        try:
            # Each is a transaction of its own, as it would be in a request.
            with transaction.atomic():
                getattr(self, name)(*arguments)
        except (Problem, ValidationError):
            pass  # refused: neither side has changed

    def grant(self, promo_type: str, points: int, end: timedelta | None) -> None:
        end_time = None if end is None else self.now + end
        kept: list[Promo] = []
        grant = Grant(
            user_id=self.owner.id,
            promo_type=promo_type,
            promo_code=f"CODE-{len(self.promos)}",
            promo_amount=points,
            end_time=end_time,
        )
        create_promo(
            actor=self.administrator,
            grant=grant,
            present=lambda promo: kept.append(promo) or "{}",  # type: ignore[func-returns-value]
            now=self.now,
        )
        promo = ModelPromo(kept[0].id)
        promo.movements.append(Movement(self.now, "issued", points))
        promo.revisions.append((self.now, promo_type, end_time or NEVER))
        self.promos.append(promo)

    def use(self, which: int, points: int) -> None:
        if promo := self._promo(which):
            used = use_promo_points(
                actor=self.owner, promo_id=promo.id, points=points, now=self.now
            )
            self._used(used.redemption.id, used.parts)

    def use_all(self, points: int) -> None:
        used = use_my_points(actor=self.owner, points=points, now=self.now)
        self._used(used.redemption.id, used.parts)

    def reverse(self, which: int, points: int) -> None:
        if not self.redemptions:
            return
        redemption_id = self.redemptions[which % len(self.redemptions)]
        before = self._reversed(redemption_id)
        reverse_redemption(
            actor=self.administrator,
            redemption_id=redemption_id,
            points=points,
            present=lambda *_: "{}",
            now=self.now,
        )
        for promo_id, back in self._reversed(redemption_id).items():
            if back > before[promo_id]:
                self._move(promo_id, "reversed", back - before[promo_id])

    def modify(self, which: int, changes: dict[str, Any]) -> None:
        promo = self._promo(which)
        if promo is None:
            return
        changes = dict(changes)
        if "end_time" in changes:
            changes["end_time"] = self.now + changes["end_time"]
        before = Promo.objects.get(id=promo.id)
        after = modify_promo(
            actor=self.administrator, promo_id=promo.id, changes=changes, now=self.now
        )
        if delta := after.promo_amount - before.promo_amount:
            self._move(promo.id, "adjusted", delta)
        promo.revisions.append((self.now, after.promo_type, after.end_time or NEVER))

    def delete(self, which: int) -> None:
        if promo := self._promo(which):
            left = promo.balance(self.now)
            delete_promo(actor=self.administrator, promo_id=promo.id, now=self.now)
            if left:
                self._move(promo.id, "voided", left)

    def close(self) -> None:
        list(close_days(now=self.now))

    def _promo(self, which: int) -> ModelPromo | None:
        return self.promos[which % len(self.promos)] if self.promos else None

    def _used(
        self, redemption_id: UUID, parts: Sequence[RedemptionPart | TakenPart]
    ) -> None:
        self.redemptions.append(redemption_id)
        for part in parts:
            self._move(part.promo_id, "used", part.points)

    def _move(self, promo_id: UUID, figure: str, points: int) -> None:
        promo = next(each for each in self.promos if each.id == promo_id)
        promo.movements.append(Movement(self.now, figure, points))

    @staticmethod
    def _reversed(redemption_id: UUID) -> dict[UUID, int]:
        parts = RedemptionPart.objects.filter(redemption_id=redemption_id)
        return {part.promo_id: part.reversed_points for part in parts}

    def summary_at(self, moment: datetime) -> dict[str, dict[str, int]]:
        names = (*FIGURES, *BALANCES)
        found: dict[str, dict[str, int]] = {}
        for promo in self.promos:
            was = promo.at(moment)
            if was is None:
                continue
            promo_type, end = was
            figures = found.setdefault(promo_type, dict.fromkeys(names, 0))
            for each in promo.movements:
                if each.at <= moment:
                    figures[each.figure] += each.points
            left = promo.balance(moment)
            figures["expired" if end <= moment else "outstanding"] += left
            if end > moment and end - moment <= SOON:
                figures["expiring_within_30_days"] += left
        return dict(sorted(found.items()))

    def timeline(self) -> dict[Any, dict[str, int]]:
        days: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
        for promo in self.promos:
            for each in promo.movements:
                days[each.at.date()][each.figure] += each.points
        return days


WHICH = st.integers(0, 5)
POINTS = st.integers(1, 60)
TYPES = st.sampled_from(["gift", "vip", "welcome"])
ENDS = st.sampled_from([timedelta(hours=1), timedelta(days=2), timedelta(days=31)])
PAUSES = st.sampled_from(
    [timedelta(0), timedelta.resolution, timedelta(hours=3), timedelta(days=1)]
)
CHANGES = st.one_of(
    st.fixed_dictionaries({"promo_type": TYPES}),
    st.fixed_dictionaries({"end_time": ENDS}),
    st.fixed_dictionaries({"promo_amount": st.integers(1, 90), "promo_type": TYPES}),
)
OPERATIONS = st.one_of(
    st.tuples(st.just("grant"), PAUSES, TYPES, POINTS, ENDS | st.none()),
    st.tuples(st.just("use"), PAUSES, WHICH, POINTS),
    st.tuples(st.just("use_all"), PAUSES, POINTS),
    st.tuples(st.just("reverse"), PAUSES, WHICH, POINTS),
    st.tuples(st.just("modify"), PAUSES, WHICH, CHANGES),
    st.tuples(st.just("modify"), PAUSES, WHICH, CHANGES),
    st.tuples(st.just("delete"), PAUSES, WHICH),
    st.tuples(st.just("close"), PAUSES),
)
FIRST = st.tuples(st.just("grant"), PAUSES, TYPES, POINTS, ENDS | st.none())
MOMENTS = st.lists(st.floats(0, 1), min_size=1, max_size=3)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
@given(
    first=FIRST,
    operations=st.lists(OPERATIONS, min_size=4, max_size=25),
    shares=MOMENTS,
)
def test_reports_say_what_a_naive_model_says(db, first, operations, shares):
    with transaction.atomic():
        owner = store_holder(uuid7())
        world = World(
            Caller(owner.user_id, Role.NORMAL, "owner", uuid7()),
            Caller(uuid7(), Role.ADMINISTRATOR, "admin", uuid7()),
        )
        for operation in [first, *operations]:
            world.act(operation)

        assert find() == []
        assert_reports_fit(world, shares)
        ClosedDay.objects.all().delete()
        assert_reports_fit(world, shares)
        transaction.set_rollback(True)


def assert_reports_fit(world: World, shares: list[float]) -> None:
    lasted = world.now - START
    moments = [START + lasted * share for share in shares]
    moments += [promo.revisions[-1][0] for promo in world.promos]
    for moment in [*moments, world.now]:
        summary = summarize(as_of=moment, now=world.now)
        by_type = {each.pop("promo_type"): each for each in summary.by_type}
        assert by_type == world.summary_at(moment), moment
        assert list(by_type) == sorted(by_type)
        assert_nothing_is_lost(summary.total)
    moved = world.timeline()
    for day in list_days(first=START.date(), last=world.now.date()):
        assert day == {"day": day["day"], **moved[day["day"]]}


def assert_nothing_is_lost(total: dict[str, int]) -> None:
    left = total["issued"] - total["used"] + total["reversed"]
    left += total["adjusted"] - total["voided"]
    assert left == total["outstanding"] + total["expired"]
    assert total["expiring_within_30_days"] <= total["outstanding"]
