"""How a password is read, and what a new one must not be: Django's validators."""

from typing import cast
from unicodedata import category

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import get_error_detail

from auth_service.accounts.models import User
from chassis.texts import MOST_TO_ONE, read_text

SHORTEST, LONGEST = 12, 128


def read_password(text: str) -> str:
    """Return the password as RFC 8265 (OpaqueString) has it compared.

    The same password that is typed on another system may arrive in other characters:
    every blank is U+0020, and the rest NFC. Nothing is trimmed. Raises UnreadableText.
    """
    if text.isascii() or len(text) > MOST_TO_ONE * LONGEST:
        return text
    blanks = {ord(letter) for letter in text if category(letter) == "Zs"}
    return read_text(text.translate(dict.fromkeys(blanks, " ")), most=LONGEST)


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
