"""Reading holders."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection
from django.db.models.functions import Lower

from promo_service.holders.models import Holder

# The time is read outside, so that it is read after waiting for the lock.
_LOCK = """
    SELECT holder.*, clock_timestamp() AS locked_at
    FROM (SELECT * FROM holder WHERE {condition} FOR SHARE) AS holder
"""
_LOCK_BY_ID = _LOCK.format(condition="user_id = %s")
_LOCK_BY_NAME = _LOCK.format(condition="lower(username) = lower(%s) ORDER BY user_id")
_LOCK_MANY = _LOCK.format(
    condition="user_id = ANY(%s::uuid[]) OR lower(username) = ANY(%s) ORDER BY user_id"
)


def lock_holder(
    *, user_id: UUID | None = None, username: str | None = None
) -> Holder | None:
    """Return the holder, share-locked until the transaction ends.

    Found by id, or by name in any case where it is certain whose that is; `locked_at`
    is the database's time after the lock. Changes of the holder wait, so what is seen
    here stays true (I6).
    """
    if user_id is not None:
        return next(iter(Holder.objects.raw(_LOCK_BY_ID, [user_id])), None)
    return certain(list(Holder.objects.raw(_LOCK_BY_NAME, [username])))


def certain(named: Sequence[Holder]) -> Holder | None:
    """Return whose name it is, of all who have it here; None where auth must be asked.

    Users' names never change, but that of a deleted user is free once they are erased:
    events that are late leave two holders of one name, or the first alone.
    """
    only = named[0] if len(named) == 1 else None
    return only if only is not None and only.has_the_name else None


def lock_holder_to_change(*, user_id: UUID) -> Holder | None:
    """This function will return the holder, locked until the transaction ends.

    Whoever uses or grants holds a share of that lock: they come before or after.
    """
    rows = Holder.objects.select_for_update(no_key=True)
    return rows.filter(user_id=user_id).first()


def lock_holders(
    *, user_ids: Collection[UUID], usernames: Collection[str]
) -> list[Holder]:
    """This function will return those holders, share-locked in the order of their ids.

    `locked_at` is the database's time after the last lock.
    """
    names = [name.lower() for name in usernames]
    rows = Holder.objects.raw(_LOCK_MANY, [list(user_ids), names])
    holders = list(rows)
    moment = max((holder.locked_at for holder in holders), default=None)
    for holder in holders:
        holder.locked_at = moment or holder.locked_at
    return holders


def list_unknown(*, user_ids: Collection[UUID]) -> list[UUID]:
    """Return those ids that no holder has."""
    known = set(
        Holder.objects.filter(user_id__in=user_ids).values_list("user_id", flat=True)
    )
    return [user_id for user_id in user_ids if user_id not in known]


def list_named(*, usernames: Collection[str]) -> list[Holder]:
    """Return all holders of those names, in any case."""
    names = [name.lower() for name in usernames]
    by_name = Holder.objects.alias(lower_username=Lower("username"))
    return list(by_name.filter(lower_username__in=names)) if names else []


def list_uncertain(*, usernames: Collection[str]) -> list[str]:
    """Return, in lower case, those names of which holders alone don't say whose."""
    named: dict[str, list[Holder]] = {name.lower(): [] for name in usernames}
    for holder in list_named(usernames=usernames):
        named[holder.username.lower()].append(holder)
    return [name for name, holders in named.items() if not certain(holders)]


_CONTRADICTED = """
SELECT role <> 'administrator' OR NOT is_active OR deleted
FROM holder WHERE user_id = %s
"""


def is_known_not_to_be_administrator(*, user_id: UUID) -> bool:
    """This function will say whether the holder's row contradicts an administrator.

    It is asked with each request of one, hence without a model.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CONTRADICTED, [user_id])
        row = cursor.fetchone()
    return row is not None and bool(row[0])
