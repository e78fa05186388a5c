"""Users are modified, suspended, given another role, and deleted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from rest_framework.exceptions import ErrorDetail, ValidationError

from auth_service.accounts.models import LIVE_ADMINISTRATOR, User
from auth_service.accounts.services.changes import store_changes
from chassis.problems import NotFound, Problem
from chassis.roles import Role


class LastAdministrator(Problem):
    """Nobody could administer anything any more (I9)."""

    status_code = 409
    code: ClassVar[str] = "last_administrator"
    title: ClassVar[str] = "One active administrator must remain"


@transaction.atomic
def modify_user(
    *, user_id: UUID, changes: Mapping[str, Any], actor_id: UUID, now: datetime
) -> User:
    """This function will change the attributes named, and return the user.

    Who becomes an administrator loses the mobile number; who becomes normal must be
    given one. Raises NotFound, ValidationError and LastAdministrator.
    """
    touches_administrators = not changes.keys().isdisjoint({"role", "is_active"})
    user = _lock(user_id, with_administrators=touches_administrators)
    values = dict(changes)
    role = values.get("role", user.role)
    if role == Role.ADMINISTRATOR:
        if "mobile_number" in values:
            text = "An administrator has no mobile number."
            raise ValidationError({"mobile_number": [ErrorDetail(text, "not_allowed")]})
        values["mobile_number"] = None
    elif values.get("mobile_number", user.mobile_number) is None:
        text = "A normal user needs a mobile number."
        raise ValidationError({"mobile_number": [ErrorDetail(text, "required")]})
    if role != Role.ADMINISTRATOR or values.get("is_active") is False:
        _keep_an_administrator(without=user)
    store_changes(user, values, actor_id=actor_id, now=now)
    return user


@transaction.atomic
def delete_user(*, user_id: UUID, actor_id: UUID, now: datetime) -> None:
    """This function will delete the user for good; the name stays taken.

    Raises NotFound, also for a deleted one, and LastAdministrator.
    """
    user = _lock(user_id, with_administrators=True)
    _keep_an_administrator(without=user)
    store_changes(user, {"deleted_at": now}, actor_id=actor_id, now=now)


def _lock(user_id: UUID, *, with_administrators: bool) -> User:
    """Lock the user and, in the one order of all, the administrators (I9).

    Of two who demote each other, the second waits here, and then sees what happened.
    """
    wanted = Q(id=user_id)
    if with_administrators:
        wanted |= LIVE_ADMINISTRATOR
    rows = User.objects.filter(wanted).order_by("id").select_for_update(no_key=True)
    locked = {user.id: user for user in rows}
    user = locked.get(user_id)
    if user is None or user.deleted_at is not None:
        raise NotFound
    return user


def _keep_an_administrator(*, without: User) -> None:
    # A statement of its own: it sees what was committed while the lock was awaited.
    if not without.is_live_administrator:
        return
    if not User.objects.live_administrators().exclude(id=without.id).exists():
        raise LastAdministrator
