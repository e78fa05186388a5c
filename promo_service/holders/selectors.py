"""Reading holders."""

from collections.abc import Collection
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
_LOCK_BY_NAME = _LOCK.format(condition="lower(username) = lower(%s)")
_LOCK_MANY = _LOCK.format(
    condition="user_id = ANY(%s::uuid[]) OR lower(username) = ANY(%s) ORDER BY user_id"
)


def lock_holder(
    *, user_id: UUID | None = None, username: str | None = None
) -> Holder | None:
    """This function will return the holder, share-locked until the transaction ends.

    Found by id, or by name in any case; `locked_at` is the database's time after the
    lock. Whoever changes the holder waits, so what is seen here stays true (I6).
    """
    if user_id is not None:
        rows = Holder.objects.raw(_LOCK_BY_ID, [user_id])
    else:
        rows = Holder.objects.raw(_LOCK_BY_NAME, [username])
    return next(iter(rows), None)


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


def list_unknown(
    *, user_ids: Collection[UUID], usernames: Collection[str]
) -> tuple[list[UUID], list[str]]:
    """This function will return those ids and names that no holder has."""
    known_ids = set(
        Holder.objects.filter(user_id__in=user_ids).values_list("user_id", flat=True)
    )
    by_name = Holder.objects.annotate(lower_username=Lower("username"))
    lower = {name.lower(): name for name in usernames}
    known_names = by_name.filter(lower_username__in=list(lower))
    names = set(known_names.values_list("lower_username", flat=True))
    return (
        [user_id for user_id in user_ids if user_id not in known_ids],
        [name for low, name in lower.items() if low not in names],
    )


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
