"""Holders are learnt once and then kept right; only newer versions apply."""

from typing import ClassVar
from uuid import UUID

from django.db import connection

from chassis.problems import Problem
from promo_service.holders.directory import UserState, look_up_users


class HolderNotEligible(Problem):
    """The user may not hold promos: suspended, deleted or an administrator."""

    status_code = 409
    code: ClassVar[str] = "holder_not_eligible"
    title: ClassVar[str] = "This user may not hold promos"


_STORE_IF_NEWER = """
    INSERT INTO holder (user_id, version, void_version, username, name, role,
                        is_active, deleted)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (user_id) DO UPDATE
    SET version = excluded.version, void_version = excluded.void_version,
        username = excluded.username, name = excluded.name, role = excluded.role,
        is_active = excluded.is_active, deleted = excluded.deleted
    WHERE holder.version < excluded.version
"""


def store_user_state(state: UserState) -> None:
    """This function will keep what auth_service said, unless newer is known here."""
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE_IF_NEWER,
            [
                state.user_id,
                state.version,
                state.void_version,
                state.username,
                state.name,
                state.role.value,
                state.is_active,
                state.deleted,
            ],
        )


def learn_holder(*, user_id: UUID | None = None, username: str | None = None) -> bool:
    """This function will ask auth_service for a user who is unknown here.

    False if there is no such user. Raises UserDirectoryUnavailable.
    """
    told = look_up_users(
        ids=[user_id] if user_id else None, usernames=[username] if username else None
    )
    for state in told:
        store_user_state(state)
    return bool(told)
