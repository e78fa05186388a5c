"""Reading promos. What a normal user may see is filtered by holder right here (I7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Subquery

from chassis.problems import NotFound
from chassis.roles import Role
from chassis.tokens import Caller
from promo_service.holders.selectors import named
from promo_service.promos.clock import clock
from promo_service.promos.models import Promo, Status
from promo_service.promos.models.promo import NEVER

NEWEST_FIRST = ("-creation_time", "-id")
SOONEST_END_FIRST = ("ends", "id")


def visible_to(caller: Caller) -> UUID | None:
    """This function will return whose rows the caller may see; None is everybody's."""
    return None if caller.role is Role.ADMINISTRATOR else caller.id


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoFilters:
    """What a list is narrowed to; what is None narrows nothing.

    `*_before` is exclusive, `*_after` inclusive; a promo without an end never ends,
    so neither filter of ends has it.
    """

    user_id: UUID | None = None
    username: str | None = None
    promo_type: str | None = None
    promo_code: str | None = None
    status: Status | None = None
    ends_before: datetime | None = None
    ends_after: datetime | None = None
    created_before: datetime | None = None
    created_after: datetime | None = None

    @property
    def order(self) -> tuple[str, ...]:
        """Newest first; soonest end first where the list is about ends."""
        about_ends = (self.status, self.ends_before, self.ends_after)
        return NEWEST_FIRST if about_ends == (None,) * 3 else SOONEST_END_FIRST


# What a list shows, in rows without a model: to make two of those for each row takes
# longer than all else together.
_COLUMNS = (
    "id",
    "holder_id",
    "username",
    "name",
    "promo_type",
    "promo_code",
    "description",
    "promo_amount",
    "remaining_points",
    "start_time",
    "end_time",
    "ends",
    "is_active",
    "creation_time",
    "version",
    "read_at",
)
_HOLDER = {"username": F("holder__username"), "name": F("holder__name")}


def list_promos(
    *,
    holder_id: UUID | None,
    filters: PromoFilters = PromoFilters(),  # frozen
    now: datetime | None = None,
) -> QuerySet[Promo, Any]:
    """This function will return undeleted promos as rows, with their holders' names.

    `read_at` is on each row: the time to derive its status for.
    """
    promos = existing_promos(holder_id).filter(_condition(filters, now))
    # The model declares `read_at`, as no field; the plugin takes it for one.
    rows = promos.annotate(**_HOLDER, read_at=clock(now))  # type: ignore[no-redef]
    return rows.values_list(*_COLUMNS, named=True)


def get_promo(
    *, promo_id: UUID, holder_id: UUID | None, now: datetime | None = None
) -> Promo:
    """This function will return the promo, of that holder unless None is given.

    Its holder is at hand, and `read_at` is the time to derive its status for. Raises
    NotFound, the same for somebody else's, a deleted one, and none at all.
    """
    promos = existing_promos(holder_id).filter(id=promo_id).select_related("holder")
    promo = promos.annotate(read_at=clock(now)).first()  # type: ignore[no-redef]
    if promo is None:
        raise NotFound
    return promo


def existing_promos(holder_id: UUID | None) -> QuerySet[Promo]:
    """This function will return undeleted promos, of that holder unless None."""
    promos = Promo.objects.filter(deleted_at__isnull=True)
    return promos if holder_id is None else promos.filter(holder_id=holder_id)


_LOOKUPS = {
    "user_id": "holder_id",
    "promo_type": "promo_type",
    "promo_code": "promo_code",
    "ends_before": "ends__lt",
    "ends_after": "ends__gte",
    "created_before": "creation_time__lt",
    "created_after": "creation_time__gte",
}


def _condition(filters: PromoFilters, now: datetime | None) -> Q:
    condition = Q()
    for name, lookup in _LOOKUPS.items():
        value = getattr(filters, name)
        if value is not None:
            condition &= Q(**{lookup: value})
    if filters.ends_after is not None:
        condition &= Q(ends__lt=NEVER)
    if filters.username is not None:
        condition &= Q(holder_id=Subquery(named(filters.username).values("pk")[:1]))
    if filters.status is not None:
        condition &= _has_status(filters.status, now)
    return condition


def _has_status(status: Status, now: datetime | None) -> Q:
    moment = clock(now)
    started = Q(is_active=True, start_time__lte=moment)
    if status == Status.EXPIRED:
        return started & Q(ends__lte=moment)
    # The flag is what the index knows; the points are what counts.
    left = Q(is_used_up=False, remaining_points__gt=0)
    return started & Q(ends__gt=moment) & left
