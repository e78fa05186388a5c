"""Holders are learnt once and then kept right; only newer versions apply."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection

from chassis.problems import Problem
from promo_service.holders import selectors
from promo_service.holders.directory import UserState, look_up_users


class HolderNotEligible(Problem):
    """The user may not hold promos: suspended, deleted or an administrator."""

    status_code = 409
    code: ClassVar[str] = "holder_not_eligible"
    title: ClassVar[str] = "This user may not hold promos"


_STORE_IF_NEWER = """
    INSERT INTO holder (user_id, version, void_version, username, name, role,
                        is_active, deleted)
    SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
                         %s::text[], %s::boolean[], %s::boolean[])
    ON CONFLICT (user_id) DO UPDATE
    SET version = excluded.version, void_version = excluded.void_version,
        username = excluded.username, name = excluded.name, role = excluded.role,
        is_active = excluded.is_active, deleted = excluded.deleted
    WHERE holder.version < excluded.version {and_if}
    RETURNING user_id
"""
_FROM_EVENT = _STORE_IF_NEWER.format(and_if="")
# What voids is left to its event, which also says who did it.
_FROM_LOOK_UP = _STORE_IF_NEWER.format(
    and_if="AND holder.void_version >= excluded.void_version"
)


def store_looked_up(states: Sequence[UserState]) -> None:
    """This function will keep what auth_service answered, unless newer is known here.

    An answer by which promos would be void changes nothing: the event of that change
    is on its way, and voids them in the same transaction.
    """
    _store(_FROM_LOOK_UP, states)


def store_told(state: UserState) -> bool:
    """This function will keep what an event says, and tell whether it was news.

    Call it in the transaction of all that follows from it.
    """
    return bool(_store(_FROM_EVENT, [state]))


def _store(statement: str, states: Sequence[UserState]) -> list[Any]:
    ordered = sorted(states, key=lambda state: state.user_id)
    columns: list[Any] = [
        [state.user_id for state in ordered],
        [state.version for state in ordered],
        [state.void_version for state in ordered],
        [state.username for state in ordered],
        [state.name for state in ordered],
        [state.role.value for state in ordered],
        [state.is_active for state in ordered],
        [state.deleted for state in ordered],
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, columns)
        stored: list[Any] = cursor.fetchall()
        return stored


def learn_holders(*, user_ids: Sequence[UUID], usernames: Sequence[str]) -> None:
    """This function will ask auth_service for those users who are unknown here.

    At most 500 in all. Raises UserDirectoryUnavailable.
    """
    ids, names = selectors.list_unknown(user_ids=user_ids, usernames=usernames)
    if ids or names:
        store_looked_up(look_up_users(ids=ids, usernames=names))


def learn_holder(*, user_id: UUID | None = None, username: str | None = None) -> bool:
    """This function will ask auth_service for a user who is unknown here.

    False if there is no such user. Raises UserDirectoryUnavailable.
    """
    told = look_up_users(
        ids=[user_id] if user_id else [], usernames=[username] if username else []
    )
    store_looked_up(told)
    return bool(told)
