"""Using points, the hot path: one statement, one round trip.

Two uses at once can't both take the same points: the UPDATE holds the promo's row,
and looks at it again after it waited. Nothing is taken unless everything is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from chassis.problems import NotFound, Problem, Unavailable
from chassis.roles import Role
from chassis.tokens import Caller
from promo_service.holders.services import HolderNotEligible
from promo_service.promos import selectors
from promo_service.promos.metrics import count_points
from promo_service.promos.models import (
    EntryType,
    IdempotencyKey,
    Promo,
    Redemption,
    RedemptionPart,
    Status,
)
from promo_service.promos.services.idempotency import KeyedRequest, take_effect_once

ATTEMPTS = 3


class PromoInactive(Problem):
    """An administrator switched the promo off."""

    status_code = 409
    code: ClassVar[str] = "promo_inactive"
    title: ClassVar[str] = "The promo is not active"


class PromoNotStarted(Problem):
    """The promo's time has not come."""

    status_code = 409
    code: ClassVar[str] = "promo_not_started"
    title: ClassVar[str] = "The promo has not started"


class PromoExpired(Problem):
    """The promo's time is over."""

    status_code = 409
    code: ClassVar[str] = "promo_expired"
    title: ClassVar[str] = "The promo has expired"


class InsufficientPoints(Problem):
    """Fewer points are left than were asked for."""

    status_code = 409
    code: ClassVar[str] = "insufficient_points"
    title: ClassVar[str] = "Not enough points"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """What is asked for, and of which holder's promo."""

    actor: Caller
    holder_id: UUID
    promo_id: UUID
    points: int
    task: str | None
    key: KeyedRequest | None
    now: datetime | None


class Taken(NamedTuple):
    """A redemption that the statement below has just written, as far as it is told."""

    id: UUID
    holder_id: UUID
    points: int
    task: str | None
    creation_time: datetime
    reversed_points: int = 0


class TakenPart(NamedTuple):
    """Its one part."""

    promo_id: UUID
    points: int
    remaining_points: int
    reversed_points: int = 0


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A use as it was just after it happened, and whether that was told before."""

    redemption: Redemption | Taken
    parts: Sequence[RedemptionPart | TakenPart]
    replayed: bool = False


_USE = """
WITH eligible AS MATERIALIZED (
    SELECT user_id FROM holder
    WHERE user_id = %(holder_id)s AND is_active AND NOT deleted AND role = 'normal'
      AND void_since IS NULL
    FOR SHARE
), taken AS (
    UPDATE promo
    SET remaining_points = remaining_points - %(points)s,
        last_sequence = last_sequence + 1,
        last_entry_time = GREATEST(
            last_entry_time, COALESCE(%(now)s, clock_timestamp()),
            (SELECT closed_until FROM books))
    FROM eligible
    WHERE id = %(promo_id)s AND holder_id = %(holder_id)s
      AND holder_id = eligible.user_id
      AND deleted_at IS NULL AND is_active
      AND start_time <= COALESCE(%(now)s, clock_timestamp())
      AND (end_time IS NULL OR end_time > COALESCE(%(now)s, clock_timestamp()))
      AND remaining_points >= %(points)s
    RETURNING id, holder_id, remaining_points, last_sequence, last_entry_time
), redeemed AS (
    INSERT INTO redemption (id, holder_id, points, reversed_points, task,
                            actor_id, actor_role, creation_time)
    SELECT %(redemption_id)s, holder_id, %(points)s, 0, %(task)s,
           %(actor_id)s, %(actor_role)s, last_entry_time
    FROM taken
), part AS (
    INSERT INTO redemption_part (redemption_id, promo_id, holder_id, position, points,
                                 reversed_points, remaining_points)
    SELECT %(redemption_id)s, id, holder_id, 1, %(points)s, 0, remaining_points
    FROM taken
), entry AS (
    INSERT INTO ledger_entry (promo_id, sequence, holder_id, type, points, balance,
                              redemption_id, actor_id, actor_role, creation_time)
    SELECT id, last_sequence, holder_id, 'use', -%(points)s, remaining_points,
           %(redemption_id)s, %(actor_id)s, %(actor_role)s, last_entry_time
    FROM taken
), key AS (
    INSERT INTO idempotency_key (actor_id, key, fingerprint, status, redemption_id,
                                 creation_time)
    SELECT %(actor_id)s, %(key)s, %(fingerprint)s, 201, %(redemption_id)s,
           last_entry_time
    FROM taken WHERE %(key)s IS NOT NULL
)
SELECT remaining_points, last_entry_time FROM taken
"""


def use_promo_points(
    *,
    actor: Caller,
    promo_id: UUID,
    points: int,
    task: str | None = None,
    key: KeyedRequest | None = None,
    now: datetime | None = None,
) -> Redeemed:
    """This function will take `points` off the promo, once for each key.

    Raises, in this order: IdempotencyKeyReused, NotFound, HolderNotEligible,
    PromoInactive, PromoNotStarted, PromoExpired, InsufficientPoints; Unavailable if
    the promo changes faster than it can be used.
    """

    def effect() -> Redeemed:
        use = _Use(
            actor=actor,
            holder_id=_holder_of(promo_id, actor),
            promo_id=promo_id,
            points=points,
            task=task,
            key=key,
            now=now,
        )
        for _ in range(ATTEMPTS):
            redeemed = _take(use)
            if redeemed is not None:
                return redeemed
            _refuse(use)
        raise Unavailable

    return take_effect_once(key, effect=effect, replay=replay_redemption)


def replay_redemption(stored: IdempotencyKey) -> Redeemed:
    """This function will rebuild the first answer from rows that never change.

    Only what was given back since changes, and nothing was then.
    """
    redemption = stored.redemption
    assert redemption is not None, "the key stands for a use"  # noqa: S101
    parts = selectors.list_parts(redemption_ids=[redemption.id])
    redemption.reversed_points = 0
    for part in parts:
        part.reversed_points = 0
    return Redeemed(redemption, parts, replayed=True)


def _refuse(use: _Use) -> None:
    """Raise why a use can't be, and return if nothing is wrong (any more)."""
    promo = selectors.get_promo(
        promo_id=use.promo_id, holder_id=use.holder_id, now=use.now
    )
    if not promo.holder.may_hold:
        raise HolderNotEligible("The promo's holder may not use promos now.")
    status = promo.status_at(promo.read_at)
    if status is Status.INACTIVE:
        raise PromoInactive
    if status is Status.SCHEDULED:
        raise PromoNotStarted(f"The promo starts at {_moment(promo.start_time)}.")
    if status is Status.EXPIRED:
        raise PromoExpired(f"The promo ended at {_moment(promo.end_time)}.")
    if promo.remaining_points < use.points:
        raise InsufficientPoints(
            f"The promo has {promo.remaining_points} points left; "
            f"{use.points} were asked for."
        )


def _holder_of(promo_id: UUID, actor: Caller) -> UUID:
    if actor.role is Role.NORMAL:
        return actor.id
    holder_id = (
        Promo.objects.filter(id=promo_id).values_list("holder_id", flat=True).first()
    )
    if holder_id is None:
        raise NotFound
    return holder_id


def _take(use: _Use) -> Redeemed | None:
    redemption_id = uuid7()
    parameters: dict[str, Any] = {
        "holder_id": use.holder_id,
        "promo_id": use.promo_id,
        "points": use.points,
        "task": use.task,
        "redemption_id": redemption_id,
        "actor_id": use.actor.id,
        "actor_role": use.actor.role.value,
        "key": use.key.key if use.key else None,
        "fingerprint": use.key.fingerprint if use.key else None,
        "now": use.now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_USE, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    count_points(EntryType.USE, -use.points)
    remaining, moment = row
    taken = Taken(redemption_id, use.holder_id, use.points, use.task, moment)
    return Redeemed(taken, [TakenPart(use.promo_id, use.points, remaining)])


def _moment(time: datetime | None) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z") if time else "never"
