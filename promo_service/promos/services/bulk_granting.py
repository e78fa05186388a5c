"""Create_promos: up to 500 grants, all of them or none.

Holders are locked in the order of their ids, so that two of these can't wait for each
other; every faulty row is named at once, whatever its fault.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ErrorDetail

from chassis.faults import FaultyRows
from chassis.problems import Unavailable
from chassis.tokens import Caller
from promo_service.holders.directory import UserState
from promo_service.holders.models import Holder
from promo_service.holders.selectors import certain, lock_holders
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
# What auth_service has just said of names that holders alone don't answer for.
Told = Mapping[str, UserState | None]


class _NameUncertain(Exception):
    """Another holder of a name came since it was looked at."""


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
    FaultyRows with every fault of every row.
    """

    def effect() -> Answered:
        told = _learn(grants)
        for _ in range(ATTEMPTS):
            try:
                return _grant_all(
                    actor, grants, faults, told, present=present, key=key, now=now
                )
            except _NameUncertain:
                told = _learn(grants)
            except IntegrityError as error:
                # Somebody gave one of these codes meanwhile: look again, and name it.
                if not is_violation_of("promo_code_once_a_holder", error):
                    raise
        raise Unavailable

    return answer_once(None if faults else key, effect)


def _learn(grants: Mapping[int, Grant]) -> Told:
    return learn_holders(
        user_ids=sorted({g.user_id for g in grants.values() if g.user_id}),
        usernames={g.username for g in grants.values() if g.username},
    )


def _grant_all(
    actor: Caller,
    grants: Mapping[int, Grant],
    faults: Mapping[int, Any],
    told: Told,
    *,
    present: PresentAll,
    key: KeyedRequest | None,
    now: datetime | None,
) -> Answered:
    with transaction.atomic():
        promos, found = _promos_of(grants, told, now)
        all_faults = {**found, **faults}
        if all_faults:
            rows = {str(row): all_faults[row] for row in sorted(all_faults)}
            raise FaultyRows({"promos": rows})
        # In one order: two that give the same codes would wait for each other.
        in_order = sorted(promos, key=lambda promo: (promo.holder_id, promo.promo_code))
        write_promos(in_order, actor=actor)
        answer = present(promos)
        if key is not None:
            store_answer(
                key,
                answer=answer,
                of={promo.holder_id for promo in promos},
                now=promos[0].creation_time,
            )
    return Answered(answer)


def _promos_of(
    grants: Mapping[int, Grant], told: Told, now: datetime | None
) -> tuple[list[Promo], Faults]:
    named = [state.user_id for state in told.values() if state is not None]
    holders = lock_holders(
        user_ids=[*(g.user_id for g in grants.values() if g.user_id), *named],
        usernames=[g.username for g in grants.values() if g.username],
    )
    moment = now or (holders[0].locked_at if holders else database_time())
    find = _Finder(holders, told)
    promos: dict[int, Promo] = {}
    faults: Faults = {}
    for row, grant in grants.items():
        holder, may_hold = find(grant)
        fault = _fault_of_holder(holder, grant, may_hold)
        fault |= faults_of_end(grant, moment)
        if holder is not None:
            promos[row] = new_promo(holder, grant, moment)
        if fault:
            faults[row] = fault
    _name_duplicates(promos, faults)
    return list(promos.values()), faults


class _Finder:
    """Finds each grant's holder among those that are locked."""

    def __init__(self, holders: Sequence[Holder], told: Told) -> None:
        self._by_id = {holder.user_id: holder for holder in holders}
        self._told = told
        self._named: dict[str, list[Holder]] = {}
        for holder in holders:
            self._named.setdefault(holder.username.lower(), []).append(holder)

    def __call__(self, grant: Grant) -> tuple[Holder | None, bool]:
        """Return the holder, and whether they may hold it. Raises _NameUncertain."""
        if grant.user_id is not None:
            holder = self._by_id.get(grant.user_id)
            return holder, holder is not None and holder.may_hold
        name = (grant.username or "").lower()
        if name in self._told:
            state = self._told[name]
            holder = self._by_id.get(state.user_id) if state else None
            may_hold = state is not None and state.may_hold
            return holder, may_hold and holder is not None and holder.may_hold
        holder = certain(self._named.get(name, []))
        if holder is None:
            raise _NameUncertain
        return holder, holder.may_hold


def _fault_of_holder(
    holder: Holder | None,
    grant: Grant,
    may_hold: bool,  # noqa: FBT001  # private
) -> dict[str, Any]:
    if holder is None:
        return unknown_user(grant)
    if may_hold:
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
