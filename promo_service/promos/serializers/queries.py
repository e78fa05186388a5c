"""What lists can be narrowed to."""

from rest_framework import serializers

from chassis.pagination import PageQuery
from chassis.serializers import IdField, TextField, TimeField
from promo_service.promos.models import Status
from promo_service.promos.serializers.requests import PromoCodeField, PromoTypeField


class MyPromosQuery(PageQuery):
    """The filters of one's own promos; they combine with AND."""

    status = serializers.ChoiceField(
        [Status.ACTIVE.value, Status.EXPIRED.value], required=False
    )
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
