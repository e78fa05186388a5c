"""Reading holders."""

from uuid import UUID

from django.db.models.functions import Lower

from chassis.roles import Role
from promo_service.holders.models import Holder


def get_holder(
    *, user_id: UUID | None = None, username: str | None = None
) -> Holder | None:
    """This function will return the holder of that id, or of that name in any case."""
    if user_id is not None:
        return Holder.objects.filter(user_id=user_id).first()
    named = Holder.objects.annotate(lower_username=Lower("username"))
    return named.filter(lower_username=str(username).lower()).first()


def lock_holder(*, user_id: UUID) -> Holder:
    """This function will return the holder, share-locked until the transaction ends.

    Whoever changes the holder waits, so what is seen here stays true meanwhile (I6).
    Raises Holder.DoesNotExist.
    """
    rows = Holder.objects.raw(
        "SELECT * FROM holder WHERE user_id = %s FOR SHARE", [user_id]
    )
    for holder in rows:
        return holder
    raise Holder.DoesNotExist


def is_known_not_to_be_administrator(*, user_id: UUID) -> bool:
    """This function will say whether the holder's row contradicts an administrator."""
    row = Holder.objects.filter(user_id=user_id).first()
    if row is None:
        return False
    return row.role != Role.ADMINISTRATOR or not row.is_active or row.deleted
