"""Create_promo: points are granted by an entry of the ledger like any other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from rest_framework.exceptions import ErrorDetail, ValidationError

from chassis.problems import Problem
from chassis.tokens import Caller
from promo_service.holders.directory import UserState
from promo_service.holders.models import Holder
from promo_service.holders.selectors import lock_holder
from promo_service.holders.services import HolderNotEligible, learn_holder
from promo_service.promos.clock import database_time
from promo_service.promos.metrics import count_points
from promo_service.promos.models import EntryType, Promo
from promo_service.promos.services.idempotency import (
    Answered,
    KeyedRequest,
    answer_once,
    store_answer,
)

Present = Callable[[Promo], str]
Faults = dict[str, list[ErrorDetail]]


class DuplicatePromoCode(Problem):
    """The user has an undeleted promo of that code."""

    status_code = 409
    code: ClassVar[str] = "duplicate_promo_code"
    title: ClassVar[str] = "The user has a promo with this code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What to give, and to whom: a user by id or by name.

    `allow_ended` grants a promo that is over already.
    """

    promo_type: str
    promo_code: str
    promo_amount: int
    user_id: UUID | None = None
    username: str | None = None
    description: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    is_active: bool = True
    allow_ended: bool = False


def create_promo(
    *,
    actor: Caller,
    grant: Grant,
    present: Present,
    key: KeyedRequest | None = None,
    now: datetime | None = None,
) -> Answered:
    """This function will give a normal user a promo, once for each key.

    `start_time` defaults to now. Raises IdempotencyKeyReused, ValidationError
    (`unknown_user`, or `end_time` not after the start or over already),
    UserDirectoryUnavailable, HolderNotEligible and DuplicatePromoCode.
    """

    def effect() -> Answered:
        granted = _grant(actor, grant, present, key, now)
        if granted is None:
            told = learn_holder(user_id=grant.user_id, username=grant.username)
            if told is not None:
                granted = _grant(actor, grant, present, key, now, told=told)
        if granted is None:
            faults = faults_of_end(grant, now or database_time())
            raise ValidationError({**unknown_user(grant), **faults})
        return granted

    return answer_once(key, effect)


def unknown_user(grant: Grant) -> Faults:
    """This function will name the fault of a grant to nobody."""
    field = "user_id" if grant.user_id else "username"
    return {field: [ErrorDetail("There is no such user.", "unknown_user")]}


def _grant(
    actor: Caller,
    grant: Grant,
    present: Present,
    key: KeyedRequest | None,
    now: datetime | None,
    *,
    told: UserState | None = None,
) -> Answered | None:
    """Grant to the user, or return None where it must be asked who that is.

    `told` is what auth_service has just said, who may know more than the holder's row.
    """
    try:
        with transaction.atomic():
            holder = lock_holder(
                user_id=told.user_id if told else grant.user_id,
                username=grant.username,
            )
            if holder is None:
                return None
            promo = new_promo(holder, grant, now or holder.locked_at)
            if faults := faults_of_end(grant, promo.creation_time):
                raise ValidationError(faults)
            if not holder.may_hold or (told is not None and not told.may_hold):
                raise HolderNotEligible
            write_promos([promo], actor=actor)
            answer = present(promo)
            if key is not None:
                store_answer(
                    key, answer=answer, of={holder.user_id}, now=promo.creation_time
                )
    except IntegrityError as error:
        if is_violation_of("promo_code_once_a_holder", error):
            raise DuplicatePromoCode from error
        raise
    return Answered(answer)


def new_promo(holder: Holder, grant: Grant, now: datetime) -> Promo:
    """This function will return the promo that was granted at `now`, unsaved."""
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
    promo.read_at = now
    return promo


# A promo comes with its first revision and its first entry, or not at all.
_WRITE = """
WITH granted AS (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(holder_ids)s::uuid[], %(types)s::text[], %(codes)s::text[],
        %(descriptions)s::text[], %(amounts)s::bigint[], %(starts)s::timestamptz[],
        %(ends)s::timestamptz[], %(active)s::boolean[]
    ) AS promo (id, holder_id, promo_type, promo_code, description, promo_amount,
                start_time, end_time, is_active)
), dated AS (
    -- After the days that are closed, if the clock was set back.
    SELECT GREATEST(%(now)s, (SELECT closed_until FROM books)) AS moment
), promo AS (
    INSERT INTO promo (id, holder_id, promo_type, promo_code, description,
                       promo_amount, remaining_points, start_time, end_time, is_active,
                       creation_time, version, last_sequence, last_entry_time)
    SELECT id, holder_id, promo_type, promo_code, description, promo_amount,
           promo_amount, start_time, end_time, is_active, moment, 1, 1, moment
    FROM granted CROSS JOIN dated
), revision AS (
    INSERT INTO promo_revision (promo_id, version, holder_id, promo_type, promo_code,
                                description, promo_amount, start_time, end_time,
                                is_active, deleted, actor_id, actor_role, creation_time)
    SELECT id, 1, holder_id, promo_type, promo_code, description, promo_amount,
           start_time, end_time, is_active, false, %(actor_id)s, %(actor_role)s, moment
    FROM granted CROSS JOIN dated
)
INSERT INTO ledger_entry (promo_id, sequence, holder_id, type, points, balance,
                          actor_id, actor_role, creation_time)
SELECT id, 1, holder_id, 'grant', promo_amount, promo_amount,
       %(actor_id)s, %(actor_role)s, moment
FROM granted CROSS JOIN dated
RETURNING creation_time
"""


def write_promos(promos: Sequence[Promo], *, actor: Caller) -> None:
    """Save promos that were made at one time, with first revisions and entries.

    Their times are then those of their entries. Raises IntegrityError.
    """
    count_points(EntryType.GRANT, sum(promo.promo_amount for promo in promos))
    values: dict[str, Any] = {
        "ids": [str(promo.id) for promo in promos],
        "holder_ids": [str(promo.holder_id) for promo in promos],
        "types": [promo.promo_type for promo in promos],
        "codes": [promo.promo_code for promo in promos],
        "descriptions": [promo.description for promo in promos],
        "amounts": [promo.promo_amount for promo in promos],
        "starts": [promo.start_time for promo in promos],
        "ends": [promo.end_time for promo in promos],
        "active": [promo.is_active for promo in promos],
        "actor_id": actor.id,
        "actor_role": actor.role.value,
        "now": promos[0].creation_time,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        (moment,) = cursor.fetchone()
    for promo in promos:
        promo.creation_time = promo.last_entry_time = moment


def faults_of_end(grant: Grant, now: datetime) -> Faults:
    """Name the fault of a promo that is over when it is granted, or never begins."""
    if grant.end_time is None or grant.end_time > now or grant.allow_ended:
        return end_before_start(grant.start_time or now, grant.end_time)
    text = "This is over already; `allow_ended` would grant it all the same."
    return {"end_time": [ErrorDetail(text, "already_ended")]}


def end_before_start(start: datetime, end: datetime | None) -> Faults:
    """This function will name the fault of a promo that ends before it starts."""
    if end is None or end > start:
        return {}
    text = "The end must lie after the start."
    return {"end_time": [ErrorDetail(text, "end_before_start")]}


def is_violation_of(constraint: str, error: IntegrityError) -> bool:
    """This function will say whether it was that constraint which was violated."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) == constraint
