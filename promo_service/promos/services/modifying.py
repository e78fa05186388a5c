"""Modify_promo and Delete_promo: each change by an administrator is a revision."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Subquery
from rest_framework.exceptions import ValidationError

from chassis.problems import NotFound, Problem
from chassis.tokens import Caller
from promo_service.holders.selectors import lock_holder, lock_holder_to_change
from promo_service.promos.models import Books, EntryType, Promo
from promo_service.promos.services.granting import (
    DuplicatePromoCode,
    end_before_start,
    is_violation_of,
)
from promo_service.promos.services.movements import (
    add_points,
    save_version,
    time_for,
    void_promos,
)


class VersionMismatch(Problem):
    """An administrator changed the promo since the version that `If-Match` names."""

    status_code = 412
    code: ClassVar[str] = "version_mismatch"
    title: ClassVar[str] = "The promo was changed meanwhile"


class AmountBelowUsed(Problem):
    """More points are used than the amount asked for."""

    status_code = 409
    code: ClassVar[str] = "amount_below_used"
    title: ClassVar[str] = "More points are used than that"


def modify_promo(
    *,
    actor: Caller,
    promo_id: UUID,
    changes: Mapping[str, Any],
    versions: Collection[int] | None = None,
    now: datetime | None = None,
) -> Promo:
    """This function will set the named attributes, and return the promo as it then is.

    What is equal already is no change.

    A changed `promo_amount` is an `adjust` entry. Raises NotFound, VersionMismatch
    (unless the promo's version is among `versions`; None is any), ValidationError
    (`end_time` not after the start), AmountBelowUsed and DuplicatePromoCode.
    """
    try:
        with transaction.atomic():
            promo = _lock_promo(promo_id, versions, alone="promo_code" in changes)
            changed = {
                name: value
                for name, value in changes.items()
                if getattr(promo, name) != value
            }
            promo.read_at = time_for([promo], now)
            if changed:
                _change(promo, changed, actor, promo.read_at)
            return promo
    except IntegrityError as error:
        if is_violation_of("promo_code_once_a_holder", error):
            raise DuplicatePromoCode from error
        raise


def delete_promo(
    *,
    actor: Caller,
    promo_id: UUID,
    versions: Collection[int] | None = None,
    now: datetime | None = None,
) -> None:
    """This function will take the promo away for good; what is left is voided.

    Its ledger and its revisions stay. Raises NotFound and VersionMismatch.
    """
    with transaction.atomic():
        promo = _lock_promo(promo_id, versions)
        void_promos([promo], holder_id=promo.holder_id, by=actor, now=now)


def _lock_promo(
    promo_id: UUID, versions: Collection[int] | None, *, alone: bool = False
) -> Promo:
    """Return the undeleted promo, locked after its holder.

    With `alone` the holder's lock isn't shared: two that swap their promos' codes would
    wait for each other.
    """
    lock = lock_holder_to_change if alone else lock_holder
    for (holder_id,) in Promo.objects.filter(id=promo_id).values_list("holder_id"):
        holder = lock(user_id=holder_id)
        if holder is not None and holder.void_since is not None:
            raise NotFound
    rows = Promo.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("holder").annotate(
        closed_until=Subquery(Books.objects.values("closed_until"))
    )
    promo = rows.filter(id=promo_id, deleted_at__isnull=True).first()
    if promo is None:
        raise NotFound
    promo.books_closed_until = promo.closed_until
    if versions is not None and promo.version not in versions:
        raise VersionMismatch(f"The promo is at version {promo.version} by now.")
    return promo


def _change(
    promo: Promo, changed: Mapping[str, Any], actor: Caller, now: datetime
) -> None:
    start = changed.get("start_time", promo.start_time)
    if faults := end_before_start(start, changed.get("end_time", promo.end_time)):
        raise ValidationError(faults)
    delta = changed.get("promo_amount", promo.promo_amount) - promo.promo_amount
    if promo.remaining_points + delta < 0:
        raise AmountBelowUsed(
            f"{promo.used_points} points of the promo are used already."
        )
    for name, value in changed.items():
        setattr(promo, name, value)
    if delta:
        # Together with the amount: the database refuses the one without the other.
        entry = add_points(promo, EntryType.ADJUST, delta, by=actor, now=now)
        entry.save(force_insert=True)
    save_version(promo, by=actor, now=now)
