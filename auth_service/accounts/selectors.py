"""Reading users."""

import re
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Lower

from auth_service.accounts.models import Change, User, UserAudit
from auth_service.outbox.models import Resync
from chassis.problems import NotFound
from chassis.roles import Role

USERNAME = re.compile(r"[A-Za-z0-9._-]{3,50}")
_CREDENTIALS = """
SELECT id, password, is_active AND deleted_at IS NULL FROM account
WHERE lower(username) = lower(%s)
"""
# Read with the row: who is told of with an epoch was known when it had begun.
_EPOCH = Coalesce(
    Subquery(Resync.objects.order_by("-epoch").values("epoch")[:1]), Value(0)
)


class Credentials(NamedTuple):
    """What a log-in is held against."""

    user_id: UUID
    password: str
    is_live: bool


def get_user(*, user_id: UUID, lock: bool = False) -> User:
    """This function will return the user, locked until the transaction ends if asked.

    Raises NotFound, for a deleted one too.
    """
    users = User.objects.existing().filter(id=user_id)
    user = (users.select_for_update(no_key=True) if lock else users).first()
    if user is None:
        raise NotFound
    return user


def find_credentials(*, username: str) -> Credentials | None:
    """This function will return those of that name in any case, deleted or not."""
    if not USERNAME.fullmatch(username):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_CREDENTIALS, [username])
        row = cursor.fetchone()
    return Credentials(*row) if row else None


def list_users(
    *,
    role: Role | None = None,
    is_active: bool | None = None,
    search: str | None = None,
) -> QuerySet[User]:
    """This function will return the users that fit every filter given.

    `search` is a prefix of username or name, in any case.
    """
    users = User.objects.existing()
    if role is not None:
        users = users.filter(role=role)
    if is_active is not None:
        users = users.filter(is_active=is_active)
    if search is not None:
        # The database lowers both sides, so that they are lowered alike.
        prefix = Lower(Value(search))
        users = users.alias(
            lower_username=Lower("username"), lower_name=Lower("name")
        ).filter(
            Q(lower_username__startswith=prefix) | Q(lower_name__startswith=prefix)
        )
    return users


def look_up_users(
    *, ids: Collection[UUID], usernames: Collection[str]
) -> QuerySet[User]:
    """This function will return the users of those ids or names, deleted ones too."""
    names = [username for username in usernames if USERNAME.fullmatch(username)]
    by_name = User.objects.named(*names).values("id")
    users = User.objects.filter(Q(id__in=ids) | Q(id__in=by_name))
    return users.annotate(epoch=_EPOCH)


def has_ever_had_an_administrator() -> bool:
    """Tell whether any user is or was one: suspended, demoted, deleted or erased."""
    is_one = User.objects.filter(role=Role.ADMINISTRATOR)
    was_one = UserAudit.objects.filter(role=Role.ADMINISTRATOR)
    return is_one.exists() or was_one.exists()


def list_told(*, ids: Collection[UUID]) -> QuerySet[User]:
    """This function will return the users of those ids, each with an `actor_id`.

    It is who last made the user an administrator or deleted them; None where nobody
    did, or nobody was logged in.
    """
    voiding = Q(change=Change.DELETED)
    voiding |= Q(change=Change.ROLE_CHANGED, role=Role.ADMINISTRATOR)
    audits = UserAudit.objects.filter(voiding, user_id=OuterRef("id")).order_by("-id")
    return User.objects.filter(id__in=ids).annotate(
        actor_id=Subquery(audits.values("actor_id")[:1]), epoch=_EPOCH
    )
