"""Answers as the document has them: the promo, its points, ledger and redemptions.

What makes an answer is `presenting`, which a test holds against these.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from promo_service.promos.models import EntryType, RedemptionPart, Status, standing_of

# The document's enumerations are named after these in the settings.
STATUSES = [status.value for status in Status]
ENTRY_TYPES = [kind.value for kind in EntryType]


class PromoUser(serializers.Serializer[Any]):
    """Whose promo it is."""

    id = serializers.UUIDField(source="user_id")
    username = serializers.CharField()
    name = serializers.CharField()


@extend_schema_field(serializers.ChoiceField(STATUSES))
class StatusField(serializers.ReadOnlyField):
    """What a promo is at the time it was read."""

    def __init__(self) -> None:
        super().__init__(source="*")

    def to_representation(self, value: Any) -> str:
        """This function will return the status of the promo."""
        return standing_of(value, value.read_at).value


class PromoAnswer(serializers.Serializer[Any]):
    """A promo, as of the time it was read."""

    id = serializers.UUIDField()
    user = PromoUser(source="holder")
    promo_type = serializers.CharField()
    promo_code = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    promo_amount = serializers.IntegerField()
    used_points = serializers.IntegerField()
    remaining_points = serializers.IntegerField()
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField(allow_null=True)
    is_active = serializers.BooleanField()
    status = StatusField()
    creation_time = serializers.DateTimeField()
    version = serializers.IntegerField()


class PromosAnswer(serializers.Serializer[Any]):
    """Promos that were granted together, in the order of the request."""

    results = PromoAnswer(many=True)


class PointsAnswer(serializers.Serializer[Any]):
    """What is left of a promo."""

    promo_id = serializers.UUIDField(source="id")
    promo_amount = serializers.IntegerField()
    used_points = serializers.IntegerField()
    remaining_points = serializers.IntegerField()
    status = StatusField()


class ActorAnswer(serializers.Serializer[Any]):
    """Who did it."""

    id = serializers.UUIDField(source="actor_id")
    role = serializers.CharField(source="actor_role")


class EntryAnswer(serializers.Serializer[Any]):
    """A movement of points."""

    sequence = serializers.IntegerField()
    type = serializers.ChoiceField(ENTRY_TYPES)
    points = serializers.IntegerField()
    balance = serializers.IntegerField()
    redemption_id = serializers.UUIDField(allow_null=True)
    actor = ActorAnswer(source="*")
    creation_time = serializers.DateTimeField()


class RevisionAnswer(serializers.Serializer[Any]):
    """What an administrator made of a promo."""

    version = serializers.IntegerField()
    promo_type = serializers.CharField()
    promo_code = serializers.CharField()
    description = serializers.CharField(allow_null=True)
    promo_amount = serializers.IntegerField()
    start_time = serializers.DateTimeField()
    end_time = serializers.DateTimeField(allow_null=True)
    is_active = serializers.BooleanField()
    deleted = serializers.BooleanField()
    actor = ActorAnswer(source="*")
    creation_time = serializers.DateTimeField()


class PartAnswer(serializers.Serializer[RedemptionPart]):
    """What a redemption took from one promo, and what that had left just then."""

    promo_id = serializers.UUIDField()
    points = serializers.IntegerField()
    reversed_points = serializers.IntegerField()
    remaining_points = serializers.IntegerField()


class RedemptionAnswer(serializers.Serializer[Any]):
    """A use of points."""

    id = serializers.UUIDField()
    user_id = serializers.UUIDField(source="holder_id")
    points = serializers.IntegerField()
    reversed_points = serializers.IntegerField()
    task = serializers.CharField(allow_null=True)
    creation_time = serializers.DateTimeField()
    remaining_points = serializers.IntegerField()
    parts = PartAnswer(many=True)


class MovementsAnswer(serializers.Serializer[Any]):
    """Points that moved; `adjusted` is signed, the others are not.

    A figure beyond 2^53 - 1 is in `exact` too, for readers whose numbers end there.
    """

    issued = serializers.IntegerField()
    used = serializers.IntegerField()
    reversed = serializers.IntegerField()
    adjusted = serializers.IntegerField()
    voided = serializers.IntegerField()
    exact = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="By name, the digits of each figure beyond 2^53 - 1; absent if none.",
    )


class FiguresAnswer(MovementsAnswer):
    """What became of points: issued - used + reversed + adjusted - voided is left.

    What is left is `outstanding` or, once its promo has ended, `expired`.
    """

    expired = serializers.IntegerField()
    outstanding = serializers.IntegerField()
    expiring_within_30_days = serializers.IntegerField(
        help_text="A part of `outstanding`."
    )


class TypeFiguresAnswer(FiguresAnswer):
    """The same of the promos that had one type then."""

    promo_type = serializers.CharField()


class SummaryAnswer(serializers.Serializer[Any]):
    """What became of all points, as of a time."""

    as_of = serializers.DateTimeField()
    total = FiguresAnswer()
    by_type = TypeFiguresAnswer(many=True)


class DayAnswer(MovementsAnswer):
    """What moved in a day (UTC)."""

    day = serializers.DateField()


class TimelineAnswer(serializers.Serializer[Any]):
    """Every day from the first to the last, the first one first."""

    days = DayAnswer(many=True)


def name_reversible_points(result: Any, **_: Any) -> Any:
    """Add the member that `promo_deleted` has to the OpenAPI document's problem."""
    told = "Of `promo_deleted`: how many points can still be given back."
    member = {"type": "integer", "minimum": 0, "description": told}
    properties = result["components"]["schemas"]["ProblemAnswer"]["properties"]
    properties["reversible_points"] = member
    return result
