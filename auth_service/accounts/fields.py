"""The fields of a user, each as the contract's "Lengths" have it."""

import re
from typing import Any

import phonenumbers
from django.core.validators import RegexValidator
from phonenumbers import PhoneNumberFormat
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from auth_service.accounts.models import ERASED_PREFIX
from auth_service.accounts.names import DIRECTION_MARKS, name_faults
from auth_service.accounts.password_rules import LONGEST, SHORTEST, read_password
from auth_service.tokens.serializers import SecretField
from chassis.roles import Role
from chassis.serializers import ChoiceField, TextField
from chassis.texts import UnreadableText, has_control_characters

# The document's enumeration is named after this in the settings.
ROLES = [role.value for role in Role]
LONGEST_USERNAME = 50
_SPACES = re.compile("[ \u00a0\u2000-\u200a\u202f\u205f\u3000]")
_NOTHING_AT_THE_ENDS = DIRECTION_MARKS + "".join(
    filter(str.isspace, map(chr, range(0x3001)))
)


class UsernameField(TextField):
    """3 to 50 of [A-Za-z0-9._-]; kept as given, compared without case.

    It begins and ends with a letter or digit.
    """

    bytes_a_character = 6

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "Upper and lower case are the same name.")
        super().__init__(min_length=3, max_length=LONGEST_USERNAME, **kwargs)
        self.validators.append(
            RegexValidator(
                r"\A(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?\Z",
                "Letters a to z, digits and . _ - alone are allowed here, a letter or "
                "digit at both ends.",
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
        text = "E.164, and a number that can exist; spaces in it are left out."
        kwargs.setdefault("help_text", text)
        super().__init__(max_length=16, **kwargs)
        self.validators.append(check_mobile_number)

    def trim(self, text: str) -> str:
        """Return the number without the spaces that people group its digits by."""
        return _SPACES.sub("", text.strip())


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


class PasswordField(SecretField):
    """A password that somebody has, read as it was when it was set.

    What no password can be is left as it is: it matches none.
    """

    def to_internal_value(self, data: Any) -> str:
        """Return the normalised password. Raises ValidationError."""
        text = super().to_internal_value(data)
        try:
            return read_password(text)
        except UnreadableText:
            return text


class NewPasswordField(SecretField):
    """12 to 128 characters, every one of which counts."""

    default_error_messages = {
        "control_character": TextField.default_error_messages["control_character"],
        "combining_marks": TextField.default_error_messages["combining_marks"],
    }

    def __init__(self, **kwargs: Any) -> None:
        text = "Not a common one, not digits alone, and not like username or name."
        kwargs.setdefault("help_text", text)
        super().__init__(min_length=SHORTEST, max_length=LONGEST, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the normalised password. Raises ValidationError."""
        text = super().to_internal_value(data)
        try:
            text = read_password(text)
        except UnreadableText as fault:
            self.fail(str(fault), max_length=self.max_length)
        if has_control_characters(text):
            self.fail("control_character")
        return text


class GivenUsernameField(TextField):
    """A name at log-in, trimmed as at registration; what none can be stays as it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_USERNAME, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the name. Raises ValidationError where it is blank or no text."""
        try:
            return super().run_validation(data)
        except serializers.ValidationError:
            if isinstance(data, str) and not data.isspace() and data:
                return data
            raise


class RoleField(ChoiceField):
    """`administrator` or `normal`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ROLES, **kwargs)

    def to_internal_value(self, data: Any) -> Role:
        """Return the role. Raises ValidationError."""
        return Role(super().to_internal_value(data))


class QueryBooleanField(serializers.BooleanField):
    """`true` or `false`, as a query says it."""

    def to_internal_value(self, data: Any) -> bool:
        """This function will return the boolean. Raises ValidationError."""
        if data not in ("true", "false"):
            self.fail("invalid", input=data)
        return bool(data == "true")


class NameField(TextField):
    """A user's name, in which everything can be seen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=150, **kwargs)
        self.validators.append(check_name)

    def trim(self, text: str) -> str:
        """Return the name without blanks and marks of direction at its ends."""
        return text.strip(_NOTHING_AT_THE_ENDS)


def check_name(name: str) -> None:
    """Raise ValidationError unless people can see all of the name."""
    faults = name_faults(name)
    if faults:
        raise serializers.ValidationError(
            [ErrorDetail(text, code) for code, text in faults.items()]
        )


def address_field() -> TextField:
    """This function will return the field of an address; null is none."""
    return TextField(required=False, allow_null=True, max_length=300, lines=True)
