"""Reading holders."""

from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Lower

from chassis.roles import Role
from promo_service.holders.models import Holder

# The time is read outside, so that it is read after waiting for the lock.
_LOCK = """
    SELECT holder.*, clock_timestamp() AS locked_at
    FROM (SELECT * FROM holder WHERE {condition} FOR SHARE) AS holder
"""
_LOCK_BY_ID = _LOCK.format(condition="user_id = %s")
_LOCK_BY_NAME = _LOCK.format(condition="lower(username) = lower(%s)")


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


def named(username: str) -> QuerySet[Holder]:
    """This function will return the holder of that name, in any case."""
    holders = Holder.objects.annotate(lower_username=Lower("username"))
    return holders.filter(lower_username=username.lower())


def is_known_not_to_be_administrator(*, user_id: UUID) -> bool:
    """This function will say whether the holder's row contradicts an administrator."""
    row = Holder.objects.filter(user_id=user_id).first()
    if row is None:
        return False
    return row.role != Role.ADMINISTRATOR or not row.is_active or row.deleted
