"""Holders are learnt once and then kept right; only newer versions apply."""

from collections.abc import Collection, Sequence
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


# Who was missing is told of again by a later resync, whatever the version: a user whom
# a restored database has forgotten may come back with a lower one. So may one who was
# erased after the backup: their texts from now on are nobody's to remove.
_STORE_IF_NEWER = """
    INSERT INTO holder (user_id, version, void_version, username, name, role,
                        is_active, deleted, epoch)
    SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
                         %s::text[], %s::boolean[], %s::boolean[], %s::bigint[])
    ON CONFLICT (user_id) DO UPDATE
    SET version = excluded.version, void_version = excluded.void_version,
        username = excluded.username, name = excluded.name, role = excluded.role,
        is_active = excluded.is_active, deleted = excluded.deleted,
        epoch = GREATEST(holder.epoch, excluded.epoch), missing_since = NULL,
        erase_since = CASE WHEN excluded.deleted THEN holder.erase_since END,
        erased_at = CASE WHEN excluded.deleted THEN holder.erased_at END
    WHERE (holder.version < excluded.version
           OR holder.missing_since IS NOT NULL AND holder.epoch < excluded.epoch)
          {and_if}
    RETURNING user_id
"""
_FROM_EVENT = _STORE_IF_NEWER.format(and_if="")
# What voids is left to its event, which also says who did it.
_FROM_LOOK_UP = _STORE_IF_NEWER.format(
    and_if="AND holder.void_version >= excluded.void_version"
)
# A resync named the user, of whom nothing else is news.
_NAME = "UPDATE holder SET epoch = %s WHERE user_id = %s AND epoch < %s"


def store_looked_up(states: Sequence[UserState]) -> None:
    """This function will keep what auth_service answered, unless newer is known here.

    An answer by which promos would be void changes nothing: the event of that change
    is on its way, and voids them in the same transaction.
    """
    _store(_FROM_LOOK_UP, states)


def store_told(state: UserState) -> bool:
    """Keep what an event says, and return whether it was news.

    Call it in the transaction of all that follows from it.
    """
    if _store(_FROM_EVENT, [state]):
        return True
    with connection.cursor() as cursor:
        cursor.execute(_NAME, [state.epoch, state.user_id, state.epoch])
    return False


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
        [state.epoch for state in ordered],
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, columns)
        stored: list[Any] = cursor.fetchall()
        return stored


def learn_holders(
    *, user_ids: Sequence[UUID], usernames: Collection[str]
) -> dict[str, UserState | None]:
    """Ask auth_service for those users who are unknown here, or whose name may not be.

    Returns what it said of each name that was asked for, in lower case; None for one
    that is no user's. At most 500 in all. Raises UserDirectoryUnavailable.
    """
    ids = selectors.list_unknown(user_ids=user_ids)
    names = selectors.list_uncertain(usernames=usernames)
    if not ids and not names:
        return {}
    told = look_up_users(ids=ids, usernames=names)
    store_looked_up(told)
    by_name = {state.username.lower(): state for state in told}
    return {name: by_name.get(name) for name in names}


def learn_holder(
    *, user_id: UUID | None = None, username: str | None = None
) -> UserState | None:
    """Return what auth_service says of a user who is unknown here.

    None if there is no such user. Raises UserDirectoryUnavailable.
    """
    told = look_up_users(
        ids=[user_id] if user_id else [], usernames=[username] if username else []
    )
    store_looked_up(told)
    return told[0] if told else None


def find_by_name(*, username: str) -> UUID | None:
    """Return whose name it is where holders alone can't tell; None where they can.

    That is whom auth_service says; if it knows none, the newest who isn't deleted.
    Raises UserDirectoryUnavailable.
    """
    known = selectors.list_named(usernames=[username])
    if selectors.certain(known) or not known:
        return None
    told = learn_holder(username=username)
    if told is not None:
        return told.user_id
    return max(known, key=lambda holder: (holder.has_the_name, holder.user_id)).user_id
