"""A promo's history: its ledger and its revisions."""

from uuid import UUID

from rest_framework.request import Request

from chassis.answers import JsonAnswer
from chassis.openapi import list_operation
from chassis.pagination import KeysetPage, PageQuery
from chassis.roles import ADMINISTRATORS, EVERYBODY
from promo_service.promos import selectors
from promo_service.promos.serializers.answers import EntryAnswer, RevisionAnswer
from promo_service.promos.serializers.presenting import (
    present_entries,
    present_revisions,
)
from promo_service.promos.views.base import PromoView


class PromoLedger(PromoView):
    """Every movement of a promo's points, the newest first."""

    allow = {"GET": EVERYBODY}
    query_serializers = {"GET": PageQuery}

    @list_operation("Get_promo_ledger", EntryAnswer)
    def get(self, request: Request, promo_id: UUID) -> JsonAnswer:
        """This function will answer with a page of entries."""
        entries = selectors.list_entries(promo_id=promo_id, caller=self.caller)
        page = KeysetPage(entries, keys=("-sequence",), view=self)
        return page.answer(request, present_entries)


class PromoRevisions(PromoView):
    """What administrators made of a promo, the newest first."""

    allow = {"GET": ADMINISTRATORS}
    query_serializers = {"GET": PageQuery}

    @list_operation("Get_promo_revisions", RevisionAnswer)
    def get(self, request: Request, promo_id: UUID) -> JsonAnswer:
        """This function will answer with a page of revisions."""
        revisions = selectors.list_revisions(promo_id=promo_id)
        page = KeysetPage(revisions, keys=("-version",), view=self)
        return page.answer(request, present_revisions)
