"""Create_promos: up to 500 grants, all of them or none.

Holders are locked in the order of their ids, so that two of these can't wait for each
other; every faulty row is named at once, whatever its fault.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ErrorDetail, ValidationError

from chassis.problems import Unavailable
from chassis.tokens import Caller
from promo_service.holders.models import Holder
from promo_service.holders.selectors import lock_holders
from promo_service.holders.services import HolderNotEligible, learn_holders
from promo_service.promos.clock import database_time
from promo_service.promos.models import Promo
from promo_service.promos.services.granting import (
    DuplicatePromoCode,
    Grant,
    faults_of_end,
    is_violation_of,
    new_promo,
    unknown_user,
    write_promos,
)
from promo_service.promos.services.idempotency import (
    Answered,
    KeyedRequest,
    answer_once,
    store_answer,
)

ATTEMPTS = 3

PresentAll = Callable[[Sequence[Promo]], str]
Faults = dict[int, dict[str, Any]]


def create_promos(
    *,
    actor: Caller,
    grants: Mapping[int, Grant],
    faults: Mapping[int, Any],
    present: PresentAll,
    key: KeyedRequest | None = None,
    now: datetime | None = None,
) -> Answered:
    """This function will give every promo or none, once for each key.

    `grants` are the rows that could be read, `faults` those that could not, both by
    their place. Raises IdempotencyKeyReused, UserDirectoryUnavailable, and
    ValidationError with every fault of every row.
    """

    def effect() -> Answered:
        learn_holders(
            user_ids=sorted({g.user_id for g in grants.values() if g.user_id}),
            usernames=sorted({g.username for g in grants.values() if g.username}),
        )
        for _ in range(ATTEMPTS):
            try:
                return _grant_all(
                    actor, grants, faults, present=present, key=key, now=now
                )
            except IntegrityError as error:
                # Somebody gave one of these codes meanwhile: look again, and name it.
                if not is_violation_of("promo_code_once_a_holder", error):
                    raise
        raise Unavailable

    return answer_once(None if faults else key, effect)


def _grant_all(
    actor: Caller,
    grants: Mapping[int, Grant],
    faults: Mapping[int, Any],
    *,
    present: PresentAll,
    key: KeyedRequest | None,
    now: datetime | None,
) -> Answered:
    with transaction.atomic():
        promos, found = _promos_of(grants, now)
        all_faults = {**found, **faults}
        if all_faults:
            in_order = {str(row): all_faults[row] for row in sorted(all_faults)}
            raise ValidationError({"promos": in_order})
        moment = promos[0].creation_time
        write_promos(promos, actor=actor, now=moment)
        answer = present(promos)
        if key is not None:
            store_answer(key, answer=answer, now=moment)
    return Answered(answer)


def _promos_of(
    grants: Mapping[int, Grant], now: datetime | None
) -> tuple[list[Promo], Faults]:
    holders = lock_holders(
        user_ids=[g.user_id for g in grants.values() if g.user_id],
        usernames=[g.username for g in grants.values() if g.username],
    )
    moment = now or (holders[0].locked_at if holders else database_time())
    by_id = {holder.user_id: holder for holder in holders}
    by_name = {holder.username.lower(): holder for holder in holders}
    promos: dict[int, Promo] = {}
    faults: Faults = {}
    for row, grant in grants.items():
        holder = by_id.get(grant.user_id) if grant.user_id else None
        holder = holder or by_name.get((grant.username or "").lower())
        fault = _fault_of_holder(holder, grant)
        fault |= faults_of_end(grant, moment)
        if holder is not None:
            promos[row] = new_promo(holder, grant, moment)
        if fault:
            faults[row] = fault
    _name_duplicates(promos, faults)
    return list(promos.values()), faults


def _fault_of_holder(holder: Holder | None, grant: Grant) -> dict[str, Any]:
    if holder is None:
        return unknown_user(grant)
    if holder.may_hold:
        return {}
    field = "user_id" if grant.user_id else "username"
    error = ErrorDetail(HolderNotEligible.title, HolderNotEligible.code)
    return {field: [error]}


def _name_duplicates(promos: Mapping[int, Promo], faults: Faults) -> None:
    """Name every row whose code its user has already, or gets by another row too."""
    rows_of: dict[tuple[UUID, str], list[int]] = {}
    for row, promo in promos.items():
        rows_of.setdefault((promo.holder_id, promo.promo_code), []).append(row)
    taken = _taken_codes(promos.values())
    for code, rows in rows_of.items():
        if code not in taken and len(rows) == 1:
            continue
        for row in rows:
            other = rows[1] if row == rows[0] and len(rows) > 1 else rows[0]
            text = f"promos.{other} gives the user the same code."
            text = DuplicatePromoCode.title if code in taken else text
            error = ErrorDetail(text, DuplicatePromoCode.code)
            faults.setdefault(row, {})["promo_code"] = [error]


def _taken_codes(promos: Any) -> set[tuple[UUID, str]]:
    asked = {(promo.holder_id, promo.promo_code) for promo in promos}
    found = Promo.objects.filter(
        holder_id__in={holder_id for holder_id, _ in asked},
        promo_code__in={code for _, code in asked},
        deleted_at__isnull=True,
    ).values_list("holder_id", "promo_code")
    return asked & set(found)
