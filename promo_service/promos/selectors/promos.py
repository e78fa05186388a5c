"""Reading promos. What a normal user may see is filtered by holder right here (I7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from chassis.problems import NotFound
from chassis.roles import Role
from chassis.selection import Selection
from chassis.tokens import Caller
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


_LISTED = """
SELECT promo.id, holder_id, username, name, promo_type, promo_code, description,
       promo_amount, remaining_points, start_time, end_time, ends, promo.is_active,
       creation_time, promo.version, COALESCE(%(now)s, statement_timestamp()) AS read_at
FROM promo JOIN holder ON user_id = holder_id
"""
# The flag is what the index knows; the points are what counts.
_ACTIVE = (
    "promo.is_active AND start_time <= {now} AND ends > {now} "
    "AND NOT is_used_up AND remaining_points > 0"
)
_EXPIRED = "promo.is_active AND start_time <= {now} AND ends <= {now}"
_CONDITIONS = {
    "user_id": "holder_id = %(user_id)s",
    # None is found where it is not certain whose name it is (holders.selectors).
    "username": "holder_id = (SELECT CASE WHEN count(*) = 1"
    " AND bool_and(NOT deleted AND missing_since IS NULL)"
    " THEN (array_agg(user_id))[1] END FROM holder"
    " WHERE lower(username) = lower(%(username)s))",
    "promo_type": "promo_type = %(promo_type)s",
    "promo_code": "promo_code = %(promo_code)s",
    "ends_before": "ends < %(ends_before)s",
    "ends_after": f"ends >= %(ends_after)s AND ends < '{NEVER}'",
    "created_before": "creation_time < %(created_before)s",
    "created_after": "creation_time >= %(created_after)s",
}


def list_promos(
    *,
    holder_id: UUID | None,
    filters: PromoFilters = PromoFilters(),  # frozen
    now: datetime | None = None,
) -> Selection:
    """This function will select undeleted promos, with their holders' names.

    `read_at` is on each row: the time to derive its status for.
    """
    values: dict[str, Any] = {"holder_id": holder_id, "now": now}
    conditions = ["deleted_at IS NULL"]
    if holder_id is not None:
        conditions.append("holder_id = %(holder_id)s")
    for name, condition in _CONDITIONS.items():
        value = values[name] = getattr(filters, name)
        if value is not None:
            conditions.append(condition)
    if filters.status is not None:
        # A time that is the same for all rows, so that an index is read from it on.
        moment = "%(now)s" if now else "statement_timestamp()"
        status = _ACTIVE if filters.status == Status.ACTIVE else _EXPIRED
        conditions.append(status.format(now=moment))
    return Selection(
        select=_LISTED, table="promo", conditions=conditions, values=values
    )


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
