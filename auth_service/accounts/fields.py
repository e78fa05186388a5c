"""The fields of a user, each as the contract's "Lengths" have it."""

from typing import Any

import phonenumbers
from django.core.validators import RegexValidator
from phonenumbers import PhoneNumberFormat
from rest_framework import serializers

from auth_service.accounts.models import ERASED_PREFIX
from auth_service.accounts.password_rules import LONGEST, SHORTEST
from auth_service.tokens.serializers import SecretField
from chassis.roles import Role
from chassis.serializers import TextField

# The document's enumeration is named after this in the settings.
ROLES = [role.value for role in Role]


class UsernameField(TextField):
    """3 to 50 of [A-Za-z0-9._-]; kept as given, compared without case."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "Upper and lower case are the same name.")
        super().__init__(min_length=3, max_length=50, **kwargs)
        self.validators.append(
            RegexValidator(
                r"\A[A-Za-z0-9._-]*\Z",
                "Letters a to z, digits and . _ - alone are allowed here.",
            )
        )
        self.validators.append(check_not_reserved)


def check_not_reserved(username: str) -> None:
    """Raise ValidationError for a name that only an erased user may have."""
    if username.lower().startswith(ERASED_PREFIX):
        text = f"Names that begin with {ERASED_PREFIX} are kept for erased users."
        raise serializers.ValidationError(text, code="reserved")


class MobileNumberField(TextField):
    """A number as E.164 writes it, such as +201001234567, that can exist."""

    pattern = r"^\+[1-9][0-9]{1,14}$"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "E.164, and a number that can exist.")
        super().__init__(max_length=16, **kwargs)
        self.validators.append(check_mobile_number)


def check_mobile_number(text: str) -> None:
    """This function will raise ValidationError unless the text is such a number."""
    try:
        number = phonenumbers.parse(text)
        written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if written == text and phonenumbers.is_valid_number(number):
            return
    except phonenumbers.NumberParseException:
        pass
    raise serializers.ValidationError(
        "Give an existing number as +201001234567 (E.164).", code="mobile_number"
    )


class NewPasswordField(SecretField):
    """12 to 128 characters, every one of which counts."""

    def __init__(self, **kwargs: Any) -> None:
        text = "Not a common one, not digits alone, and not like username or name."
        kwargs.setdefault("help_text", text)
        super().__init__(min_length=SHORTEST, max_length=LONGEST, **kwargs)


class RoleField(serializers.ChoiceField):
    """`administrator` or `normal`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ROLES, **kwargs)

    def to_internal_value(self, data: Any) -> Role:
        """This function will return the role. Raises ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return Role(super().to_internal_value(data))


class QueryBooleanField(serializers.BooleanField):
    """`true` or `false`, as a query says it."""

    def to_internal_value(self, data: Any) -> bool:
        """This function will return the boolean. Raises ValidationError."""
        if data not in ("true", "false"):
            self.fail("invalid", input=data)
        return bool(data == "true")


def name_field(**options: Any) -> TextField:
    """This function will return the field of a user's name."""
    return TextField(max_length=150, **options)


def address_field() -> TextField:
    """This function will return the field of an address; null is none."""
    return TextField(required=False, allow_null=True, max_length=300, lines=True)
