"""Reading redemptions, which stay readable when their promos are gone."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from chassis.problems import NotFound
from promo_service.promos.models import Redemption, RedemptionPart


def list_redemptions(
    *, holder_id: UUID | None, promo_id: UUID | None = None
) -> QuerySet[Redemption]:
    """This function will return redemptions, of that holder and promo unless None."""
    redemptions = Redemption.objects.all()
    if holder_id is not None:
        redemptions = redemptions.filter(holder_id=holder_id)
    if promo_id is not None:
        of_promo = RedemptionPart.objects.filter(promo_id=promo_id)
        redemptions = redemptions.filter(id__in=of_promo.values("redemption_id"))
    return redemptions


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
    return list(parts.order_by("redemption_id", "position"))
