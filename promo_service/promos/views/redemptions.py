"""Redemptions: what was used, of which promos, for what."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from rest_framework.request import Request

from chassis.answers import JsonAnswer
from chassis.openapi import list_operation, operation
from chassis.pagination import KeysetPage, PageQuery
from chassis.roles import ADMINISTRATORS, EVERYBODY
from chassis.strict_json import JsonRenderer
from promo_service.promos import selectors
from promo_service.promos.models import Redemption, RedemptionPart
from promo_service.promos.serializers.answers import RedemptionAnswer
from promo_service.promos.serializers.presenting import present_redemption
from promo_service.promos.serializers.queries import AllRedemptionsQuery
from promo_service.promos.serializers.requests import ReverseRedemptionRequest
from promo_service.promos.services.idempotency import IdempotencyKeyReused
from promo_service.promos.services.reversing import (
    PromoDeleted,
    ReversalExceedsRedemption,
    reverse_redemption,
)
from promo_service.promos.views.base import IDEMPOTENCY_KEY, REPLAYED, PromoView

NEWEST_FIRST = ("-creation_time", "-id")


class RedemptionList(PromoView):
    """Everybody's redemptions, for administrators."""

    allow = {"GET": ADMINISTRATORS}
    query_serializers = {"GET": AllRedemptionsQuery}

    @list_operation("Get_redemption_list_all_users", RedemptionAnswer)
    def get(self, request: Request) -> JsonAnswer:
        """This function will answer with a page of redemptions, newest first."""
        filters = self.query_filters
        return _page(self, filters.get("user_id"), filters.get("promo_id"))


class RedemptionListMe(PromoView):
    """The caller's own redemptions."""

    allow = {"GET": EVERYBODY}
    query_serializers = {"GET": PageQuery}

    @list_operation("Get_redemption_list_me", RedemptionAnswer)
    def get(self, request: Request) -> JsonAnswer:
        """This function will answer with a page of one's own, newest first."""
        return _page(self, self.caller.id, None)


class RedemptionDetail(PromoView):
    """One redemption, which stays readable when its promo is gone."""

    allow = {"GET": EVERYBODY}

    @operation("Get_redemption", answer=RedemptionAnswer)
    def get(self, request: Request, redemption_id: UUID) -> JsonAnswer:
        """This function will show it to its owner or an administrator."""
        redemption = selectors.get_redemption(
            redemption_id=redemption_id, holder_id=selectors.visible_to(self.caller)
        )
        parts = selectors.list_parts(redemption_ids=[redemption.id])
        return JsonAnswer(present_redemption(redemption, parts))


class RedemptionReverse(PromoView):
    """Points of a redemption that go back to where they came from."""

    allow = {"POST": ADMINISTRATORS}
    header_parameters = {"POST": [IDEMPOTENCY_KEY]}

    @operation(
        "Reverse_redemption",
        body=ReverseRedemptionRequest,
        answer=RedemptionAnswer,
        status=201,
        refusals=[ReversalExceedsRedemption, PromoDeleted, IdempotencyKeyReused],
        headers=REPLAYED,
        examples={
            "all of it": {"reason": "The order was cancelled"},
            "a part": {"points": 10},
        },
    )
    def post(self, request: Request, redemption_id: UUID) -> JsonAnswer:
        """This function will give points back, last taken first."""
        body = self.body(ReverseRedemptionRequest)
        answered = reverse_redemption(
            actor=self.caller,
            redemption_id=redemption_id,
            present=_as_text,
            **body,
            key=self.keyed_request(body),
        )
        answer = orjson.loads(answered.answer)
        return self.answer_once(answer, replayed=answered.replayed)


def _as_text(redemption: Redemption, parts: Sequence[RedemptionPart]) -> str:
    return JsonRenderer().render(present_redemption(redemption, parts)).decode()


def _page(view: PromoView, holder_id: UUID | None, promo_id: UUID | None) -> JsonAnswer:
    redemptions = selectors.list_redemptions(holder_id=holder_id, promo_id=promo_id)
    page = KeysetPage(redemptions, keys=NEWEST_FIRST, view=view)
    return page.answer(view.request, _present_all)


def _present_all(redemptions: Sequence[Redemption]) -> list[dict[str, Any]]:
    parts = selectors.list_parts(redemption_ids=[row.id for row in redemptions])
    by_redemption = {
        redemption_id: list(group)
        for redemption_id, group in groupby(parts, key=attrgetter("redemption_id"))
    }
    return [present_redemption(row, by_redemption[row.id]) for row in redemptions]
