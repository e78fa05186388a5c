"""Every change of a user passes here, so that nothing that follows is forgotten."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from auth_service.accounts.models import Change, User, UserAudit
from auth_service.outbox.services import record_event
from auth_service.tokens.services import end_sessions
from chassis.roles import Role

# What other services know of a user; the rest is nobody else's business.
TOLD_TO_SERVICES = frozenset(
    {"username", "name", "role", "is_active", "deleted_at", "erased_at"}
)
_ENDS_SESSIONS = frozenset({Change.SUSPENDED, Change.DELETED, Change.PASSWORD_CHANGED})


def store_new_user(user: User, *, actor_id: UUID | None) -> None:
    """This function will insert the user, of whom services are told, too.

    Raises IntegrityError.
    """
    user.save(force_insert=True)
    record_event(user_id=user.id, version=user.version)
    _record(user, [Change.CREATED], actor_id=actor_id, now=user.creation_time)


def store_changes(
    user: User, values: Mapping[str, Any], *, actor_id: UUID | None, now: datetime
) -> None:
    """This function will set the values on the user, whose row must be locked.

    What stays the same is no change. It counts `version` and `void_version`, has
    services told, ends the sessions that must not go on, and records who did it.
    """
    changed = {
        name: value for name, value in values.items() if getattr(user, name) != value
    }
    if not changed:
        return
    for name, value in changed.items():
        setattr(user, name, value)
    told = not changed.keys().isdisjoint(TOLD_TO_SERVICES)
    if told:
        user.version += 1
    if changed.get("role") == Role.ADMINISTRATOR or "deleted_at" in changed:
        user.void_version = user.version
    user.save(update_fields=[*changed, "version", "void_version"])
    if told:
        record_event(user_id=user.id, version=user.version)
    changes = list(_name_changes(changed))
    if _ENDS_SESSIONS.intersection(changes):
        end_sessions(user_id=user.id, now=now)
    _record(user, changes, actor_id=actor_id, now=now)


def _name_changes(changed: Mapping[str, Any]) -> Iterator[Change]:
    if "role" in changed:
        yield Change.ROLE_CHANGED
    if "is_active" in changed:
        yield Change.REACTIVATED if changed["is_active"] else Change.SUSPENDED
    if "deleted_at" in changed:
        yield Change.DELETED
    if "erased_at" in changed:
        yield Change.ERASED
    elif "password" in changed:
        yield Change.PASSWORD_CHANGED


def _record(
    user: User, changes: list[Change], *, actor_id: UUID | None, now: datetime
) -> None:
    UserAudit.objects.bulk_create(
        UserAudit(
            user=user,
            actor_id=actor_id,
            change=change,
            role=user.role,
            creation_time=now,
        )
        for change in changes
    )
