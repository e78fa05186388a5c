"""Bodies, queries and answers about users."""

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from auth_service.accounts.fields import (
    LONGEST_USERNAME,
    ROLES,
    GivenUsernameField,
    MobileNumberField,
    NameField,
    NewPasswordField,
    PasswordField,
    QueryBooleanField,
    RoleField,
    UsernameField,
    address_field,
)
from auth_service.accounts.models import User
from auth_service.accounts.password_rules import (
    name_password_faults,
    read_password,
)
from chassis.pagination import PageQuery
from chassis.roles import Role
from chassis.serializers import (
    BooleanField,
    IdField,
    ListField,
    StrictSerializer,
    TextField,
)
from chassis.texts import UnreadableText

MOST_LOOKED_UP = 500


class _NewUserRequest(StrictSerializer):
    """What makes a user; faults between fields are told along with those of each."""

    username = UsernameField()
    password = NewPasswordField()
    name = NameField()
    address = address_field()

    def to_internal_value(self, data: Any) -> Any:
        """This function will return the validated fields. Raises ValidationError."""
        faults: dict[str, list[Any]] = {}
        value: Any = None
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict) or not isinstance(data, dict):
                raise
            faults = {name: list(found) for name, found in error.detail.items()}
        for name, fault in self.faults_between(data):
            faults.setdefault(name, []).append(fault)
        if faults:
            raise serializers.ValidationError(faults)
        return value

    def faults_between(self, data: dict[str, Any]) -> Iterator[tuple[str, ErrorDetail]]:
        """This function will name what is wrong with fields beside one another."""
        texts = {
            name: data[name] if isinstance(data.get(name), str) else ""
            for name in ("password", "username", "name")
        }
        try:
            password = read_password(texts.pop("password"))
        except UnreadableText:
            return
        if password:
            for fault in name_password_faults(password, **texts):
                yield "password", fault


class RegisterRequest(_NewUserRequest):
    """A new normal user, by themselves."""

    mobile_number = MobileNumberField()


class CreateUserRequest(_NewUserRequest):
    """A new user of either role, by an administrator."""

    role = RoleField()
    mobile_number = MobileNumberField(
        required=False, help_text="E.164; of normal users, who need one, alone."
    )

    def faults_between(self, data: dict[str, Any]) -> Iterator[tuple[str, ErrorDetail]]:
        """This function will also see that normal users alone have a mobile number."""
        yield from super().faults_between(data)
        given = "mobile_number" in data
        if data.get("role") == Role.NORMAL and not given:
            yield "mobile_number", ErrorDetail("A normal user needs one.", "required")
        if data.get("role") == Role.ADMINISTRATOR and given:
            text = "An administrator has no mobile number."
            yield "mobile_number", ErrorDetail(text, "not_allowed")


class ModifyMeRequest(StrictSerializer):
    """The attributes to change; absent ones stay, null clears the address alone."""

    name = NameField(required=False)
    address = address_field()
    mobile_number = MobileNumberField(required=False)


class ModifyUserRequest(ModifyMeRequest):
    """As one's own, and what administrators alone decide."""

    role = RoleField(required=False)
    is_active = BooleanField(required=False)


def tell_who_has_a_number(result: Any, **_: Any) -> Any:
    """This function will say in the OpenAPI document that normal users alone have one.

    That a user who becomes normal may need one depends on the user, and is not said.
    """
    schemas = result["components"]["schemas"]
    administrator = {"properties": {"role": {"const": Role.ADMINISTRATOR.value}}}
    condition = {
        "if": {**administrator, "required": ["role"]},
        "then": {"properties": {"mobile_number": False}},
    }
    schemas["CreateUserRequest"] |= {
        **condition,
        "else": {"required": ["mobile_number"]},
    }
    schemas["ModifyUserRequest"] |= condition
    return result


class ObtainTokenRequest(StrictSerializer):
    """Who wants to log in; what can be nobody's is not told from what is wrong."""

    username = GivenUsernameField()
    password = PasswordField()


class ChangePasswordRequest(StrictSerializer):
    """The current password and the next one."""

    current_password = PasswordField()
    new_password = NewPasswordField()


class SetPasswordRequest(StrictSerializer):
    """The next password."""

    new_password = NewPasswordField()


class UserQuery(PageQuery):
    """The filters of the list of users."""

    role = RoleField(required=False)
    is_active = QueryBooleanField(required=False)
    search = TextField(
        required=False, max_length=150, help_text="How username or name begins."
    )


class LookupRequest(StrictSerializer):
    """Which users another service wants to know, 500 at most together."""

    ids = ListField(child=IdField(), max_length=MOST_LOOKED_UP, default=list)
    usernames = ListField(
        child=TextField(allow_blank=True, max_length=LONGEST_USERNAME),
        max_length=MOST_LOOKED_UP,
        default=list,
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """This function will refuse more than 500."""
        if len(attrs["ids"]) + len(attrs["usernames"]) > MOST_LOOKED_UP:
            text = f"{MOST_LOOKED_UP} at most can be looked up at a time."
            raise serializers.ValidationError(text, code="max_length")
        return attrs


class UserAnswer(serializers.Serializer[User]):
    """A user, as administrators and the user see them."""

    id = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField(allow_null=True)
    mobile_number = serializers.CharField(allow_null=True)
    role = serializers.ChoiceField(ROLES)
    is_active = serializers.BooleanField()
    creation_time = serializers.DateTimeField()


class ToldUser(serializers.Serializer[Any]):
    """A user as told to other services."""

    user_id = serializers.UUIDField(source="id")
    version = serializers.IntegerField()
    void_version = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    is_active = serializers.BooleanField()
    deleted = serializers.SerializerMethodField()
    epoch = serializers.IntegerField()

    def get_deleted(self, user: User) -> bool:
        """This function will say whether the user was deleted."""
        return user.deleted_at is not None


class EventMessage(ToldUser):
    """A user as an event tells of them: also who did it, and whether they are erased.

    `actor_id` is who made the change that `void_version` counts, if anybody is known.
    """

    actor_id = serializers.UUIDField(allow_null=True)
    erased = serializers.SerializerMethodField()

    def get_erased(self, user: User) -> bool:
        """This function will say whether the user was erased."""
        return user.erased_at is not None
