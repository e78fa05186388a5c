"""A deleted user is erased: what is left tells nobody who it was."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from auth_service.accounts.lockout import forget_name
from auth_service.accounts.models import ERASED_PREFIX, User
from auth_service.accounts.services.changes import store_changes
from auth_service.outbox.services import record_event
from auth_service.tokens.services import forget_sessions


class NotDeleted(Exception):
    """Only a deleted user can be erased."""


@transaction.atomic
def erase_user(*, user_id: UUID, now: datetime) -> bool:
    """Erase the user; return False where that was done before.

    The name is free again. The id stays, and with it the records of who did what.
    promo_service is told each time, so that it finishes what it may have left.
    Raises NotDeleted, and User.DoesNotExist.
    """
    user = User.objects.select_for_update(no_key=True).get(id=user_id)
    if user.deleted_at is None:
        raise NotDeleted
    if user.erased_at is not None:
        record_event(user_id=user.id, version=user.version)
        return False
    forget_name(user.username)
    store_changes(user, _nobody(user, now), actor_id=None, now=now)
    forget_sessions(user_id=user.id)
    return True


def _nobody(user: User, now: datetime) -> dict[str, Any]:
    return {
        "username": _free_name(user),
        "name": "Erased user",
        "address": None,
        "mobile_number": None,
        "password": make_password(None),
        "erased_at": now,
    }


def _free_name(user: User) -> str:
    """Return a name for the erased user; an earlier version let others register it."""
    name = f"{ERASED_PREFIX}{user.id.hex}"
    while User.objects.named(name).exclude(id=user.id).exists():
        name = f"{ERASED_PREFIX}{user.id.hex}-{secrets.token_hex(4)}"
    return name
