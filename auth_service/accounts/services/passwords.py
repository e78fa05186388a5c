"""Logging in, and new passwords."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from rest_framework.exceptions import ErrorDetail, ValidationError

from auth_service.accounts.hashing import hash_password, matches, refuse_if_full
from auth_service.accounts.lockout import Pair, admit, count_failure, refuse_locked
from auth_service.accounts.models import User
from auth_service.accounts.password_rules import name_password_faults
from auth_service.accounts.selectors import find_credentials, get_user
from auth_service.accounts.services.changes import store_changes
from auth_service.tokens.clients import InvalidCredentials
from auth_service.tokens.issuing import Subject, TokenPair
from auth_service.tokens.services import start_session

_HOLD = """
SELECT id, username, role FROM account
WHERE id = %s AND password = %s AND is_active AND deleted_at IS NULL
FOR NO KEY UPDATE
"""


def log_in(*, username: str, password: str, address: str, now: datetime) -> TokenPair:
    """This function will begin a session and return its first tokens.

    It says the same and takes as long whether the user exists, is suspended or
    deleted, or the password is wrong. Raises TooManyPasswords, LockedOut and
    InvalidCredentials; what was not looked at counts as no guess.
    """
    refuse_if_full()
    pair = Pair(username, address)
    refuse_locked(pair, now=now)
    known = find_credentials(username=username)
    right = matches(password, known.password if known else None)
    if known is None or not right or not known.is_live:
        count_failure(pair, now=now)
        raise InvalidCredentials
    with transaction.atomic():
        subject = _hold_unchanged(known.user_id, known.password)
        if subject is None:
            raise InvalidCredentials
        admit(pair, now=now)
        return start_session(subject, now=now)


def change_password(
    *,
    user: User,
    current_password: str,
    new_password: str,
    address: str,
    now: datetime,
) -> None:
    """This function will give the user their new password and end every session.

    Raises ValidationError, also where the current password is wrong, and LockedOut
    where it was wrong too often, here or at log-in. Raises TooManyPasswords.
    """
    refuse_if_full()
    pair = Pair(user.username, address)
    refuse_locked(pair, now=now)
    _refuse_weak(new_password, user)
    if not matches(current_password, user.password):
        count_failure(pair, now=now)
        raise _wrong_current_password()
    encoded = hash_password(new_password)
    with transaction.atomic():
        if _hold_unchanged(user.id, user.password) is None:
            raise _wrong_current_password()
        admit(pair, now=now)
        held = get_user(user_id=user.id)
        store_changes(held, {"password": encoded}, actor_id=user.id, now=now)


def set_password(
    *, user_id: UUID, new_password: str, actor_id: UUID, now: datetime
) -> None:
    """This function will give the user a new password and end every session of theirs.

    Raises NotFound, ValidationError and TooManyPasswords.
    """
    refuse_if_full()
    _refuse_weak(new_password, get_user(user_id=user_id))
    encoded = hash_password(new_password)
    with transaction.atomic():
        held = get_user(user_id=user_id, lock=True)
        store_changes(held, {"password": encoded}, actor_id=actor_id, now=now)


def _hold_unchanged(user_id: UUID, password: str) -> Subject | None:
    """Lock the row, unless password or state changed since they were looked at."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [user_id, password])
        row = cursor.fetchone()
    return Subject(*row) if row else None


def _refuse_weak(password: str, user: User) -> None:
    faults = name_password_faults(password, username=user.username, name=user.name)
    if faults:
        raise ValidationError({"new_password": faults})


def _wrong_current_password() -> ValidationError:
    text = "This is not the current password."
    return ValidationError({"current_password": [ErrorDetail(text, "wrong_password")]})
