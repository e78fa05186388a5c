"""Bodies of requests, read as strictly as the contract says."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chassis.faults import MOST_FAULTS_OF_A_ROW
from chassis.serializers import (
    BooleanField,
    IdField,
    IntegerField,
    ListField,
    StrictSerializer,
    TextField,
    TimeField,
)
from promo_service.promos.models.promo import LARGEST_AMOUNT, NEVER
from promo_service.promos.services.granting import Faults, end_before_start

_TYPE = r"[a-z0-9]+(?:[-_][a-z0-9]+)*"
_VISIBLE_ASCII = r"[\x21-\x7e]+"
_END = "After the start, and no longer part of the time; null is never."


def _points(**options: Any) -> IntegerField:
    return IntegerField(min_value=1, max_value=LARGEST_AMOUNT, **options)


class PatternField(TextField):
    """ASCII that matches a regular expression from its first to its last character."""

    bytes_a_character = 6

    def __init__(self, pattern: str, fault: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        text = serializers.RegexField(f"^{pattern}$", error_messages={"invalid": fault})
        self.validators.append(text.validators[-1])


class PromoTypeField(PatternField):
    """A lower-case slug."""

    def __init__(self, **kwargs: Any) -> None:
        fault = (
            "Give lower-case letters and digits, parts joined by - or _, like welcome."
        )
        super().__init__(_TYPE, fault, max_length=50, **kwargs)


class PromoCodeField(PatternField):
    """Visible ASCII, kept in upper case."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "Kept in upper case.")
        fault = "Give letters, digits and signs of ASCII, without blanks."
        super().__init__(_VISIBLE_ASCII, fault, max_length=50, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """This function will return the code in upper case. Raises ValidationError."""
        text = super().to_internal_value(data)
        return text.upper() if text.isascii() else text


class EndField(TimeField):
    """When a promo ends; the end of all time is no time, null says it."""

    def to_internal_value(self, value: Any) -> datetime:
        """This function will return the end. Raises ValidationError."""
        end = super().to_internal_value(value)
        if end >= NEVER:
            self.fail("invalid", format="null, for a promo that never ends")
        return end


class PromoRequest(StrictSerializer):
    """What requests that set a promo's attributes have in common.

    Faults between fields are found even where another field is faulty, so that every
    fault of a request is told at once.
    """

    def to_internal_value(self, data: Any) -> Any:
        """This function will return the validated fields. Raises ValidationError."""
        faults = self.find_faults_between_fields(data) if isinstance(data, dict) else {}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**faults, **error.detail}) from error  # type: ignore[dict-item]
        if faults:
            raise serializers.ValidationError(faults)
        return value

    def find_faults_between_fields(self, data: dict[str, Any]) -> Faults:
        """This function will name an end that does not lie after the start."""
        times = []
        for name in ("start_time", "end_time"):
            try:
                times.append(TimeField().to_internal_value(data.get(name)))
            except serializers.ValidationError:
                return {}
        return end_before_start(*times)


class CreatePromoRequest(PromoRequest):
    """A grant: a user by id or by name, and the promo's attributes."""

    user_id = IdField(required=False)
    username = TextField(required=False, max_length=50)
    promo_type = PromoTypeField()
    promo_code = PromoCodeField()
    promo_amount = _points()
    description = TextField(required=False, allow_null=True, max_length=500, lines=True)
    start_time = TimeField(required=False, help_text="Now, if it is absent.")
    end_time = EndField(required=False, allow_null=True, help_text=_END)
    is_active = BooleanField(required=False)
    allow_ended = BooleanField(
        required=False, help_text="Grant it even if `end_time` is over already."
    )

    def find_faults_between_fields(self, data: dict[str, Any]) -> Faults:
        """This function will see that exactly one user is named, beside the times."""
        faults = super().find_faults_between_fields(data)
        if ("user_id" in data) == ("username" in data):
            text = "Name the user by user_id or by username, not by both."
            faults["user_id"] = [serializers.ErrorDetail(text, "required")]
        return faults


def name_one_user(result: Any, **_: Any) -> Any:
    """This function will say in the OpenAPI document that it is one or the other."""
    schema = result["components"]["schemas"]["CreatePromoRequest"]
    schema["oneOf"] = [{"required": ["user_id"]}, {"required": ["username"]}]
    return result


@extend_schema_field(
    CreatePromoRequest(many=True, min_length=1, max_length=500)  # type: ignore[call-arg]
)
class _Rows(ListField):
    """Rows that are read later, one by one."""


class CreatePromosRequest(StrictSerializer):
    """Many grants; each row is read by itself, so that every fault can be named."""

    promos = _Rows(min_length=1, max_length=500)


class _RowRequest(CreatePromoRequest):
    """One of many grants."""

    most_unknown = MOST_FAULTS_OF_A_ROW


def read_rows(rows: list[Any]) -> tuple[dict[int, dict[str, Any]], dict[int, Any]]:
    """This function will return the rows that are grants, and the others' faults."""
    serializer = _RowRequest()
    grants: dict[int, dict[str, Any]] = {}
    faults: dict[int, Any] = {}
    for place, row in enumerate(rows):
        try:
            grants[place] = serializer.run_validation(row)
        except serializers.ValidationError as error:
            faults[place] = error.detail
    return grants, faults


class ModifyPromoRequest(PromoRequest):
    """The attributes to change; absent ones stay, null clears two of them."""

    promo_type = PromoTypeField(required=False)
    promo_code = PromoCodeField(required=False)
    promo_amount = _points(required=False)
    description = TextField(required=False, allow_null=True, max_length=500, lines=True)
    start_time = TimeField(required=False)
    end_time = EndField(required=False, allow_null=True, help_text=_END)
    is_active = BooleanField(required=False)


class UsePointsRequest(StrictSerializer):
    """How many points, and what for in the user's own words."""

    points = _points()
    task = TextField(required=False, max_length=140)


class ReverseRedemptionRequest(StrictSerializer):
    """How many points to give back, all that is left if absent, and why."""

    points = _points(required=False)
    reason = TextField(required=False, max_length=140)
