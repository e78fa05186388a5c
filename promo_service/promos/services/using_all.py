"""Use_my_points: one use that takes from all of one's promos, soonest end first.

Promos are chosen without a lock, until they have enough. Then they are locked in the
one order, the holder and the promos by id, and what is then seen stays true until
everything is written. Where it is no longer enough, others are chosen.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from chassis.roles import Role
from chassis.tokens import Caller
from promo_service.holders.selectors import lock_holder
from promo_service.holders.services import HolderNotEligible
from promo_service.promos.models import (
    EntryType,
    Promo,
    Redemption,
    RedemptionPart,
    Status,
)
from promo_service.promos.selectors.usable import (
    choose_usable,
    count_usable_points,
    list_usable,
)
from promo_service.promos.services.idempotency import (
    KeyedRequest,
    find_effect,
    store_redemption,
    take_effect_once,
)
from promo_service.promos.services.movements import (
    lock_promos,
    move_points,
    time_for,
)
from promo_service.promos.services.using import (
    InsufficientPoints,
    Redeemed,
    replay_redemption,
)

ATTEMPTS = 3

Share = tuple[Promo, int]


def use_my_points(
    *,
    actor: Caller,
    points: int,
    task: str | None = None,
    key: KeyedRequest | None = None,
    now: datetime | None = None,
) -> Redeemed:
    """This function will take `points` off the caller's usable promos, once for a key.

    All or nothing. Raises, in this order: IdempotencyKeyReused, HolderNotEligible (an
    administrator has no promos), InsufficientPoints.
    """
    stored = find_effect(key) if key else None
    if stored is not None:
        return replay_redemption(stored)
    return take_effect_once(
        key,
        effect=lambda: _use(actor, points, task, key, now),
        replay=replay_redemption,
    )


def _use(
    actor: Caller,
    points: int,
    task: str | None,
    key: KeyedRequest | None,
    now: datetime | None,
) -> Redeemed:
    for choose in (*[choose_usable] * ATTEMPTS, list_usable):
        # Each in a transaction of its own: a second choice may not wait for a promo
        # while the first one's are locked.
        with transaction.atomic():
            _require_eligible(actor)
            chosen = choose(holder_id=actor.id, points=points, now=now)
            usable, read_at = _lock_usable(actor, chosen, now)
            available = sum(promo.remaining_points for promo in usable)
            if available >= points:
                shares = list(_share_out(usable, points))
                moment = time_for((promo for promo, _ in shares), read_at)
                return _redeem(actor, shares, task, key, moment)
        if choose is choose_usable:
            available = count_usable_points(holder_id=actor.id, now=now)
        if available < points:
            break
    raise InsufficientPoints(
        f"Your promos have {available} points to use now; {points} were asked for."
    )


def _require_eligible(actor: Caller) -> None:
    holder = lock_holder(user_id=actor.id)
    if actor.role is Role.ADMINISTRATOR:
        raise HolderNotEligible("An administrator has no promos.")
    if holder is not None and not holder.may_hold:
        raise HolderNotEligible("You may not use promos now.")


def _lock_usable(
    actor: Caller, chosen: Collection[UUID], now: datetime | None
) -> tuple[list[Promo], datetime | None]:
    """Return what is still usable of the chosen promos, the soonest end first."""
    locked = lock_promos(actor.id, chosen) if chosen else []
    # Rows are locked one after the other: the time after the last of the locks counts.
    moment = now or max((promo.read_at for promo in locked), default=None)
    if moment is None:
        return [], None
    usable = [
        promo
        for promo in locked
        if promo.deleted_at is None and promo.status_at(moment) is Status.ACTIVE
    ]
    return sorted(usable, key=lambda promo: (promo.ends, promo.id)), moment


def _share_out(promos: Sequence[Promo], points: int) -> Iterator[Share]:
    for promo in promos:
        share = min(points, promo.remaining_points)
        yield promo, share
        points -= share
        if not points:
            return


def _redeem(
    actor: Caller,
    shares: Sequence[Share],
    task: str | None,
    key: KeyedRequest | None,
    now: datetime,
) -> Redeemed:
    redemption = Redemption.objects.create(
        holder_id=actor.id,
        points=sum(points for _, points in shares),
        task=task,
        actor_id=actor.id,
        actor_role=actor.role,
        creation_time=now,
    )
    move_points(
        [(promo, -points) for promo, points in shares],
        EntryType.USE,
        by=actor,
        now=now,
        redemption_id=redemption.id,
    )
    parts = [
        RedemptionPart(
            redemption=redemption,
            promo=promo,
            holder_id=actor.id,
            position=position,
            points=points,
            remaining_points=promo.remaining_points,
        )
        for position, (promo, points) in enumerate(shares, start=1)
    ]
    RedemptionPart.objects.bulk_create(parts)
    if key is not None:
        store_redemption(key, redemption_id=redemption.id, now=now)
    return Redeemed(redemption, parts)
