"""A deleted user is erased: what is left tells nobody who it was."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from auth_service.accounts.lockout import forget_name
from auth_service.accounts.models import User
from auth_service.accounts.services.changes import store_changes
from auth_service.tokens.services import forget_sessions


class NotDeleted(Exception):
    """Only a deleted user can be erased."""


@transaction.atomic
def erase_user(*, user_id: UUID, now: datetime) -> bool:
    """This function will erase the user; it returns False where that was done before.

    The name is free again. The id stays, and with it the records of who did what.
    Raises NotDeleted, and User.DoesNotExist.
    """
    user = User.objects.select_for_update(no_key=True).get(id=user_id)
    if user.deleted_at is None:
        raise NotDeleted
    if user.erased_at is not None:
        return False
    forget_name(user.username)
    store_changes(user, _nobody(user, now), actor_id=None, now=now)
    forget_sessions(user_id=user.id)
    return True


def _nobody(user: User, now: datetime) -> dict[str, Any]:
    return {
        "username": f"erased-{user.id.hex}",
        "name": "Erased user",
        "address": None,
        "mobile_number": None,
        "password": make_password(None),
        "erased_at": now,
    }
