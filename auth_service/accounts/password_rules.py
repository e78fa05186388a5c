"""What a new password must not be: Django's validators, every fault of theirs."""

from typing import cast

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import get_error_detail

from auth_service.accounts.models import User

SHORTEST, LONGEST = 12, 128


def name_password_faults(
    password: str, *, username: str = "", name: str = ""
) -> list[ErrorDetail]:
    """This function will return what is wrong with the password of such a user.

    Its length is the serializer's to judge.
    """
    try:
        # Cut, since comparing costs time and this may run before lengths are judged.
        user = User(username=username[:50], name=name[:150])
        validate_password(password[:LONGEST], user)
    except ValidationError as error:
        return cast("list[ErrorDetail]", get_error_detail(error))
    return []
