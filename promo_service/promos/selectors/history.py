"""Reading what happened to a promo: its ledger and its revisions."""

from uuid import UUID

from django.db.models import QuerySet

from chassis.problems import NotFound
from chassis.roles import Role
from chassis.tokens import Caller
from promo_service.promos.models import LedgerEntry, Promo, PromoRevision
from promo_service.promos.selectors.promos import existing_promos


def list_entries(*, promo_id: UUID, caller: Caller) -> QuerySet[LedgerEntry]:
    """This function will return the promo's ledger, a deleted one's to administrators.

    Raises NotFound.
    """
    if caller.role is Role.ADMINISTRATOR:
        found = Promo.objects.filter(id=promo_id).exists()
    else:
        found = existing_promos(caller.id).filter(id=promo_id).exists()
    if not found:
        raise NotFound
    return LedgerEntry.objects.filter(promo_id=promo_id)


def list_revisions(*, promo_id: UUID) -> QuerySet[PromoRevision]:
    """This function will return what administrators made of the promo, deleted or not.

    Raises NotFound.
    """
    if not Promo.objects.filter(id=promo_id).exists():
        raise NotFound
    return PromoRevision.objects.filter(promo_id=promo_id)
