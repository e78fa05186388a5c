"""Create_promo: points are granted by an entry of the ledger like any other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NoReturn
from uuid import UUID

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ErrorDetail, ValidationError

from chassis.problems import Problem
from chassis.tokens import Caller
from promo_service.holders.models import Holder
from promo_service.holders.selectors import lock_holder
from promo_service.holders.services import HolderNotEligible, learn_holder
from promo_service.promos.models import (
    EntryType,
    IdempotencyKey,
    LedgerEntry,
    Promo,
    PromoRevision,
)
from promo_service.promos.services.idempotency import (
    KeyedRequest,
    find_effect,
    store_answer,
    take_effect_once,
)

Present = Callable[[Promo], str]


class DuplicatePromoCode(Problem):
    """The user has an undeleted promo of that code."""

    status_code = 409
    code: ClassVar[str] = "duplicate_promo_code"
    title: ClassVar[str] = "The user has a promo with this code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What to give, and to whom: a user by id or by name."""

    promo_type: str
    promo_code: str
    promo_amount: int
    user_id: UUID | None = None
    username: str | None = None
    description: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Granted:
    """The answer to a grant, as JSON text, and whether it was given before."""

    answer: str
    replayed: bool = False


def create_promo(
    *,
    actor: Caller,
    grant: Grant,
    present: Present,
    key: KeyedRequest | None = None,
    now: datetime | None = None,
) -> Granted:
    """This function will give a normal user a promo, once for each key.

    `start_time` defaults to now. Raises IdempotencyKeyReused, ValidationError
    (`unknown_user`, or `end_time` not after the start), UserDirectoryUnavailable,
    HolderNotEligible and DuplicatePromoCode.
    """
    stored = find_effect(key) if key else None
    if stored is not None:
        return _replay(stored)

    def effect() -> Granted:
        granted = _grant(actor, grant, present, key, now)
        if granted is None and learn_holder(
            user_id=grant.user_id, username=grant.username
        ):
            granted = _grant(actor, grant, present, key, now)
        if granted is None:
            _refuse_unknown_user(grant)
        return granted

    return take_effect_once(key, effect=effect, replay=_replay)


def _replay(stored: IdempotencyKey) -> Granted:
    return Granted(stored.answer or "", replayed=True)


def _refuse_unknown_user(grant: Grant) -> NoReturn:
    field = "user_id" if grant.user_id else "username"
    raise ValidationError(
        {field: [ErrorDetail("There is no such user.", "unknown_user")]}
    )


def _grant(
    actor: Caller,
    grant: Grant,
    present: Present,
    key: KeyedRequest | None,
    now: datetime | None,
) -> Granted | None:
    try:
        with transaction.atomic():
            holder = lock_holder(user_id=grant.user_id, username=grant.username)
            if holder is None:
                return None
            if not holder.may_hold:
                raise HolderNotEligible
            promo = _write_promo(actor, holder, grant, now or holder.locked_at)
            answer = present(promo)
            if key is not None:
                store_answer(key, answer=answer, now=promo.creation_time)
    except IntegrityError as error:
        if is_violation_of("promo_code_once_a_holder", error):
            raise DuplicatePromoCode from error
        raise
    return Granted(answer)


def _write_promo(actor: Caller, holder: Holder, grant: Grant, now: datetime) -> Promo:
    promo = Promo(
        holder=holder,
        promo_type=grant.promo_type,
        promo_code=grant.promo_code,
        description=grant.description,
        promo_amount=grant.promo_amount,
        remaining_points=grant.promo_amount,
        start_time=grant.start_time or now,
        end_time=grant.end_time,
        is_active=grant.is_active,
        creation_time=now,
        last_entry_time=now,
    )
    refuse_end_before_start(promo)
    promo.read_at = now
    promo.save(force_insert=True)
    revision = PromoRevision.of(
        promo, actor_id=actor.id, actor_role=actor.role, now=now
    )
    revision.save(force_insert=True)
    add_entry(promo, EntryType.GRANT, promo.promo_amount, actor=actor, now=now)
    return promo


def add_entry(
    promo: Promo, entry_type: EntryType, points: int, *, actor: Caller, now: datetime
) -> None:
    """This function will write a movement of the promo, as it is after the movement."""
    LedgerEntry(
        promo=promo,
        sequence=promo.last_sequence,
        holder_id=promo.holder_id,
        type=entry_type,
        points=points,
        balance=promo.remaining_points,
        actor_id=actor.id,
        actor_role=actor.role,
        creation_time=now,
    ).save(force_insert=True)


def refuse_end_before_start(promo: Promo) -> None:
    """This function will raise ValidationError unless the end lies after the start."""
    if promo.end_time is not None and promo.end_time <= promo.start_time:
        text = "The end must lie after the start."
        raise ValidationError({"end_time": [ErrorDetail(text, "end_before_start")]})


def is_violation_of(constraint: str, error: IntegrityError) -> bool:
    """This function will say whether it was that constraint which was violated."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) == constraint
