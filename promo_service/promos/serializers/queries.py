"""What lists can be narrowed to, and what reports are about."""

import re
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chassis.pagination import PageQuery
from chassis.serializers import (
    ChoiceField,
    IdField,
    StrictSerializer,
    TextField,
    TimeField,
)
from promo_service.promos.models import Status
from promo_service.promos.serializers.requests import PromoCodeField, PromoTypeField

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class MyPromosQuery(PageQuery):
    """The filters of one's own promos; they combine with AND."""

    status = ChoiceField([Status.ACTIVE.value, Status.EXPIRED.value], required=False)
    promo_type = PromoTypeField(required=False)
    ends_before = TimeField(required=False)
    ends_after = TimeField(required=False)


class AllPromosQuery(MyPromosQuery):
    """The filters of everybody's promos."""

    user_id = IdField(required=False)
    username = TextField(required=False, max_length=50)
    promo_code = PromoCodeField(required=False)
    created_before = TimeField(required=False)
    created_after = TimeField(required=False)


class AllRedemptionsQuery(PageQuery):
    """The filters of everybody's redemptions."""

    user_id = IdField(required=False)
    promo_id = IdField(required=False)


@extend_schema_field(
    {
        "anyOf": [
            {"type": "string", "format": "date"},
            {"type": "string", "format": "date-time"},
        ]
    }
)
class DayField(serializers.Field[date, Any, str, Any]):
    """A day as `YYYY-MM-DD`, or an RFC 3339 time, which is taken for its day in UTC."""

    default_error_messages = {
        "invalid": "A day such as 2026-11-23 is needed, or a time with an offset."
    }

    def to_internal_value(self, data: Any) -> date:
        """This function will return the day. Raises ValidationError."""
        text = data if isinstance(data, str) else ""
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
            return TimeField().to_internal_value(text).date()
        except (ValueError, serializers.ValidationError):
            self.fail("invalid")


class SummaryQuery(StrictSerializer):
    """The time as of which everything is summed up."""

    as_of = TimeField(required=False, help_text="Now, if it is absent; not the future.")


class TimelineQuery(StrictSerializer):
    """The first and the last day; at most 366 in all."""

    to = DayField(required=False, help_text="Today (UTC), if it is absent.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """This function will return both; `from` can't be an attribute in Python."""
        text = "29 days before the last day, if it is absent."
        return {
            "from": DayField(required=False, help_text=text),
            **super().get_fields(),
        }
