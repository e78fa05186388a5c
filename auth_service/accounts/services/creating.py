"""Users come into being: by registering, by an administrator, by the command."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction

from auth_service.accounts.hashing import hash_password
from auth_service.accounts.models import User
from auth_service.accounts.services.changes import store_new_user
from chassis.problems import Problem
from chassis.roles import Role


class UsernameTaken(Problem):
    """Somebody has that name in some case; a deleted user's stays taken."""

    status_code = 409
    code: ClassVar[str] = "username_taken"
    title: ClassVar[str] = "This username is taken"


def create_user(
    *,
    username: str,
    password: str,
    name: str,
    role: Role,
    actor_id: UUID | None,
    now: datetime,
    mobile_number: str | None = None,
    address: str | None = None,
) -> User:
    """This function will create the user and return it.

    `mobile_number` is needed for a normal user and must be None for an administrator.
    `actor_id` is None where nobody was logged in. Raises UsernameTaken and
    TooManyPasswords.
    """
    user = User(
        username=username,
        password=hash_password(password),
        name=name,
        role=role,
        mobile_number=mobile_number,
        address=address,
        creation_time=now,
    )
    try:
        with transaction.atomic():
            store_new_user(user, actor_id=actor_id)
    except IntegrityError as error:
        if "account_username_taken" in str(error):
            raise UsernameTaken from error
        raise
    return user
