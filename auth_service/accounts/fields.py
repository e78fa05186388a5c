"""The fields of a user, each as the contract's "Lengths" have it."""

from typing import Any

import phonenumbers
from rest_framework import serializers

from auth_service.accounts.password_rules import LONGEST, SHORTEST
from auth_service.accounts.selectors import USERNAME
from auth_service.tokens.serializers import SecretField
from chassis.roles import Role
from chassis.serializers import TextField


class UsernameField(TextField):
    """3 to 50 of [A-Za-z0-9._-]; kept as given, compared without case."""

    default_error_messages = {
        "pattern": "Letters a to z, digits and . _ - alone are allowed here."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=3, max_length=50, **kwargs)
        form = rf"^{USERNAME.pattern}$"
        self.validators.append(
            serializers.RegexField(
                form, error_messages={"invalid": self.error_messages["pattern"]}
            ).validators[-1]
        )


class MobileNumberField(TextField):
    """A number as E.164 writes it, such as +201001234567, that can exist."""

    default_error_messages = {
        "mobile_number": "Give an existing number as +201001234567 (E.164)."
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=16, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """This function will return the number. Raises ValidationError."""
        text = super().to_internal_value(data)
        try:
            number = phonenumbers.parse(text)
        except phonenumbers.NumberParseException:
            self.fail("mobile_number")
        written = phonenumbers.format_number(
            number, phonenumbers.PhoneNumberFormat.E164
        )
        if written != text or not phonenumbers.is_valid_number(number):
            self.fail("mobile_number")
        return text


class NewPasswordField(SecretField):
    """12 to 128 characters, every one of which counts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=SHORTEST, max_length=LONGEST, **kwargs)


class RoleField(serializers.ChoiceField):
    """`administrator` or `normal`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__([role.value for role in Role], **kwargs)

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
