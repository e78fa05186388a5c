"""Points: read what is left, and use some."""

from uuid import UUID

from rest_framework.request import Request

from chassis.answers import JsonAnswer
from chassis.openapi import operation
from chassis.roles import EVERYBODY
from promo_service.holders.services import HolderNotEligible
from promo_service.promos import selectors
from promo_service.promos.serializers.answers import PointsAnswer, RedemptionAnswer
from promo_service.promos.serializers.presenting import (
    present_points,
    present_redemption,
)
from promo_service.promos.serializers.requests import UsePointsRequest
from promo_service.promos.services.idempotency import IdempotencyKeyReused
from promo_service.promos.services.using import (
    InsufficientPoints,
    PromoExpired,
    PromoInactive,
    PromoNotStarted,
    Redeemed,
    use_promo_points,
)
from promo_service.promos.services.using_all import use_my_points
from promo_service.promos.views.base import IDEMPOTENCY_KEY, REPLAYED, PromoView


class PromoPoints(PromoView):
    """What is left of a promo."""

    allow = {"GET": EVERYBODY}

    @operation("Get_promo_points", answer=PointsAnswer)
    def get(self, request: Request, promo_id: UUID) -> JsonAnswer:
        """This function will answer with the points of one's own promo."""
        holder_id = selectors.visible_to(self.caller)
        points = selectors.get_points(promo_id=promo_id, holder_id=holder_id)
        return JsonAnswer(present_points(points))


class PromoUse(PromoView):
    """The use of a promo's points."""

    allow = {"POST": EVERYBODY}
    header_parameters = {"POST": [IDEMPOTENCY_KEY]}

    @operation(
        "Use_promo_points",
        body=UsePointsRequest,
        answer=RedemptionAnswer,
        status=201,
        refusals=[
            HolderNotEligible,
            PromoInactive,
            PromoNotStarted,
            PromoExpired,
            InsufficientPoints,
            IdempotencyKeyReused,
        ],
        headers=REPLAYED,
        examples={"a coffee": {"points": 30, "task": "A coffee"}},
    )
    def post(self, request: Request, promo_id: UUID) -> JsonAnswer:
        """This function will take points off the promo, for a task of one's own."""
        body = self.body(UsePointsRequest)
        redeemed = use_promo_points(
            actor=self.caller, promo_id=promo_id, **body, key=self.keyed_request(body)
        )
        return _show(self, redeemed)


class MyPromosUse(PromoView):
    """A use that takes from all of one's promos."""

    allow = {"POST": EVERYBODY}
    header_parameters = {"POST": [IDEMPOTENCY_KEY]}

    @operation(
        "Use_my_points",
        body=UsePointsRequest,
        answer=RedemptionAnswer,
        status=201,
        refusals=[HolderNotEligible, InsufficientPoints, IdempotencyKeyReused],
        headers=REPLAYED,
        examples={"a weekend away": {"points": 300, "task": "A weekend away"}},
    )
    def post(self, request: Request) -> JsonAnswer:
        """This function will take points off one's promos, soonest end first."""
        body = self.body(UsePointsRequest)
        redeemed = use_my_points(
            actor=self.caller, **body, key=self.keyed_request(body)
        )
        return _show(self, redeemed)


def _show(view: PromoView, redeemed: Redeemed) -> JsonAnswer:
    answer = present_redemption(redeemed.redemption, redeemed.parts)
    return view.answer_once(answer, replayed=redeemed.replayed)
