"""Redemptions: what was used, of which promos, for what."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.roles import EVERYBODY
from promo_service.promos import selectors
from promo_service.promos.serializers.answers import (
    RedemptionAnswer,
    present_redemption,
)
from promo_service.promos.views.base import PromoView


class RedemptionDetail(PromoView):
    """One redemption, which stays readable when its promo is gone."""

    allow = {"GET": EVERYBODY}

    @extend_schema(operation_id="Get_redemption", responses=RedemptionAnswer)
    def get(self, request: Request, redemption_id: UUID) -> Response:
        """This function will show it to its owner or an administrator."""
        redemption = selectors.get_redemption(
            redemption_id=redemption_id, holder_id=selectors.visible_to(self.caller)
        )
        parts = selectors.list_parts(redemption_ids=[redemption.id])
        return Response(present_redemption(redemption, parts))
