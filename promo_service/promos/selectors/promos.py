"""Reads. Whatever a normal user may see is filtered by holder right here (I7)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from chassis.problems import NotFound
from chassis.roles import Role
from chassis.tokens import Caller
from promo_service.promos.clock import clock
from promo_service.promos.models import LedgerEntry, Promo, Redemption, RedemptionPart


def visible_to(caller: Caller) -> UUID | None:
    """This function will return whose rows the caller may see; None is everybody's."""
    return None if caller.role is Role.ADMINISTRATOR else caller.id


def list_promos(
    *, holder_id: UUID | None, now: datetime | None = None
) -> QuerySet[Promo]:
    """This function will return undeleted promos with their holders, as of a time.

    `read_at` is on each row: the time to derive its status for.
    """
    promos = _existing(holder_id)
    return promos.select_related("holder").annotate(read_at=clock(now))


def get_promo(
    *, promo_id: UUID, holder_id: UUID | None, now: datetime | None = None
) -> Promo:
    """This function will return the promo, of that holder unless None is given.

    Raises NotFound, the same for somebody else's, a deleted one, and none at all.
    """
    promo = list_promos(holder_id=holder_id, now=now).filter(id=promo_id).first()
    if promo is None:
        raise NotFound
    return promo


def list_entries(*, promo_id: UUID, caller: Caller) -> QuerySet[LedgerEntry]:
    """This function will return the promo's ledger, a deleted one's to administrators.

    Raises NotFound.
    """
    if caller.role is Role.ADMINISTRATOR:
        found = Promo.objects.filter(id=promo_id).exists()
    else:
        found = _existing(caller.id).filter(id=promo_id).exists()
    if not found:
        raise NotFound
    return LedgerEntry.objects.filter(promo_id=promo_id)


def get_redemption(*, redemption_id: UUID, holder_id: UUID | None) -> Redemption:
    """This function will return the redemption, of that holder unless None is given.

    Raises NotFound.
    """
    redemptions = Redemption.objects.filter(id=redemption_id)
    if holder_id is not None:
        redemptions = redemptions.filter(holder_id=holder_id)
    redemption = redemptions.first()
    if redemption is None:
        raise NotFound
    return redemption


def list_parts(*, redemption_ids: Collection[UUID]) -> list[RedemptionPart]:
    """This function will return what those redemptions took from each promo.

    Each redemption's parts come in the order in which they were taken.
    """
    parts = RedemptionPart.objects.filter(redemption_id__in=redemption_ids)
    return list(parts.order_by("redemption_id", "promo_id"))


def _existing(holder_id: UUID | None) -> QuerySet[Promo]:
    promos = Promo.objects.filter(deleted_at__isnull=True)
    return promos if holder_id is None else promos.filter(holder_id=holder_id)
