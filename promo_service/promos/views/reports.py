"""Reports: what became of all points, and what moved day by day."""

from rest_framework.request import Request

from chassis.answers import JsonAnswer
from chassis.openapi import operation
from chassis.roles import ADMINISTRATORS
from promo_service.promos import selectors
from promo_service.promos.serializers.answers import SummaryAnswer, TimelineAnswer
from promo_service.promos.serializers.presenting import add_exact, present_summary
from promo_service.promos.serializers.queries import SummaryQuery, TimelineQuery
from promo_service.promos.views.base import PromoView


class PromoSummary(PromoView):
    """What became of all points, as of a time."""

    allow = {"GET": ADMINISTRATORS}
    query_serializers = {"GET": SummaryQuery}

    @operation("Get_promo_summary", answer=SummaryAnswer)
    def get(self, request: Request) -> JsonAnswer:
        """This function will sum up all points, in all and by type of promo."""
        return JsonAnswer(present_summary(selectors.summarize(**self.query)))


class PromoTimeline(PromoView):
    """What moved day by day."""

    allow = {"GET": ADMINISTRATORS}
    query_serializers = {"GET": TimelineQuery}

    @operation("Get_promo_timeline", answer=TimelineAnswer)
    def get(self, request: Request) -> JsonAnswer:
        """This function will tell what points moved in each day."""
        days = selectors.list_days(
            first=self.query.get("from"), last=self.query.get("to")
        )
        return JsonAnswer({"days": [add_exact(figures) for figures in days]})
