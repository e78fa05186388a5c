"""Reverse_redemption: points go back to the promos that they came from (I8).

Locks in the one order: the holder, the redemption, then its promos by id. Points are
given back at most once, however often and by however many at once it is asked for.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import F

from chassis.problems import NotFound, Problem
from chassis.tokens import Caller
from promo_service.holders.selectors import lock_holder
from promo_service.promos.models import (
    EntryType,
    Promo,
    Redemption,
    RedemptionPart,
    Reversal,
)
from promo_service.promos.services.idempotency import (
    Answered,
    KeyedRequest,
    answer_once,
    store_answer,
)
from promo_service.promos.services.movements import lock_promos, move_points, time_for

Present = Callable[[Redemption, Sequence[RedemptionPart]], str]
Share = tuple[RedemptionPart, int]
Promos = dict[UUID, Promo]


class ReversalExceedsRedemption(Problem):
    """More than is left of the redemption, or nothing is left of it."""

    status_code = 409
    code: ClassVar[str] = "reversal_exceeds_redemption"
    title: ClassVar[str] = "The redemption has fewer points to give back"


class PromoDeleted(Problem):
    """More points than the promos that are not deleted can take back.

    The member `reversible_points` says how many these can.
    """

    status_code = 409
    code: ClassVar[str] = "promo_deleted"
    title: ClassVar[str] = "A promo of this redemption was deleted"


def reverse_redemption(
    *,
    actor: Caller,
    redemption_id: UUID,
    present: Present,
    points: int | None = None,
    reason: str | None = None,
    key: KeyedRequest | None = None,
    now: datetime | None = None,
) -> Answered:
    """Give `points` of the redemption back, once for each key; return it as it then is.

    Parts of deleted promos are left out. Of the others the one taken from last gets
    the points first, up to what it gave; None is all that these can take. Raises
    IdempotencyKeyReused, NotFound, ReversalExceedsRedemption (more than is left at
    all), and PromoDeleted (more than promos that are not deleted can take).
    """

    def effect() -> Answered:
        with transaction.atomic():
            redemption = _lock(redemption_id)
            open_parts = _open_parts_of(redemption, points)
            promos = _lock_living(redemption, open_parts)
            shares = list(_share_out(open_parts, promos, points))
            moment = _give_back(redemption, shares, promos, actor, now)
            _record(redemption, shares, actor, reason, moment)
            answer = present(redemption, _parts_of(redemption))
            if key is not None:
                store_answer(key, answer=answer, of={redemption.holder_id}, now=moment)
        return Answered(answer)

    return answer_once(key, effect)


def _lock(redemption_id: UUID) -> Redemption:
    found = Redemption.objects.filter(id=redemption_id).values_list("holder_id")
    for (holder_id,) in found:
        holder = lock_holder(user_id=holder_id)
        if holder is not None and holder.void_since is not None:
            raise PromoDeleted("All promos of this user are void.", reversible_points=0)
        rows = Redemption.objects.select_for_update(no_key=True, of=("self",))
        return rows.get(id=redemption_id)
    raise NotFound


def _parts_of(redemption: Redemption) -> list[RedemptionPart]:
    parts = RedemptionPart.objects.filter(redemption_id=redemption.id)
    return list(parts.order_by("position"))


def _open_parts_of(redemption: Redemption, points: int | None) -> list[RedemptionPart]:
    """Return the parts that something is left of, the last taken first."""
    left = redemption.points - redemption.reversed_points
    if not left or (points or 0) > left:
        raise ReversalExceedsRedemption(
            f"{left} of {redemption.points} points are left to give back."
        )
    parts = reversed(_parts_of(redemption))
    return [part for part in parts if part.reversed_points < part.points]


def _lock_living(redemption: Redemption, parts: Sequence[RedemptionPart]) -> Promos:
    promo_ids = [part.promo_id for part in parts]
    promos = lock_promos(redemption.holder_id, promo_ids)
    return {promo.id: promo for promo in promos if promo.deleted_at is None}


def _share_out(
    parts: Sequence[RedemptionPart], promos: Promos, points: int | None
) -> Iterator[Share]:
    living = [part for part in parts if part.promo_id in promos]
    reversible = sum(part.points - part.reversed_points for part in living)
    wanted = reversible if points is None else points
    if not 0 < wanted <= reversible:
        raise PromoDeleted(
            f"{reversible} points can go back to promos that are not deleted. "
            "Nothing was given back.",
            reversible_points=reversible,
        )
    for part in living:
        share = min(wanted, part.points - part.reversed_points)
        if share:
            yield part, share
        wanted -= share


def _give_back(
    redemption: Redemption,
    shares: Sequence[Share],
    promos: Promos,
    actor: Caller,
    now: datetime | None,
) -> datetime:
    movements = [(promos[part.promo_id], share) for part, share in shares]
    moment = time_for([promo for promo, _ in movements], now)
    move_points(
        movements, EntryType.REVERSE, by=actor, now=moment, redemption_id=redemption.id
    )
    return moment


def _record(
    redemption: Redemption,
    shares: Sequence[Share],
    actor: Caller,
    reason: str | None,
    now: datetime,
) -> None:
    total = sum(share for _, share in shares)
    redemption.reversed_points += total
    redemption.save(update_fields=["reversed_points"])
    for part, share in shares:
        RedemptionPart.objects.filter(pk=part.pk).update(
            reversed_points=F("reversed_points") + share
        )
    Reversal.objects.create(
        redemption=redemption,
        holder_id=redemption.holder_id,
        points=total,
        reason=reason,
        actor_id=actor.id,
        actor_role=actor.role,
        creation_time=now,
    )
