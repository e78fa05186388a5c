"""Rows as answers show them, member by member: `answers` tells the document the same.

DRF's serializers would make the same of them, in many times the time.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from promo_service.holders.models import Holder
from promo_service.promos.models import (
    LedgerEntry,
    Promo,
    PromoRevision,
    Redemption,
    RedemptionPart,
    standing_of,
)
from promo_service.promos.selectors import Points
from promo_service.promos.selectors.reports import Summary
from promo_service.promos.services.using import Taken, TakenPart

Json = dict[str, Any]

# Beyond this a JavaScript number is not every integer.
LARGEST_SAFE_INTEGER = 2**53 - 1


def present_promo(promo: Promo) -> Json:
    """This function will show a promo as of `read_at`, with its holder."""
    return _promo(promo, promo.holder)


def present_listed(promos: Iterable[Any]) -> list[Json]:
    """This function will show the rows of a list of promos, holders' names included."""
    return [_promo(row, row) for row in promos]


def _promo(promo: Any, holder: Holder | Any) -> Json:
    return {
        "id": promo.id,
        "user": {
            "id": promo.holder_id,
            "username": holder.username,
            "name": holder.name,
        },
        "promo_type": promo.promo_type,
        "promo_code": promo.promo_code,
        "description": promo.description,
        "promo_amount": promo.promo_amount,
        "used_points": promo.promo_amount - promo.remaining_points,
        "remaining_points": promo.remaining_points,
        "start_time": promo.start_time,
        "end_time": promo.end_time,
        "is_active": promo.is_active,
        "status": standing_of(promo, promo.read_at),
        "creation_time": promo.creation_time,
        "version": promo.version,
    }


def present_points(points: Points) -> Json:
    """This function will show what is left of a promo."""
    return {
        "promo_id": points.promo_id,
        "promo_amount": points.promo_amount,
        "used_points": points.promo_amount - points.remaining_points,
        "remaining_points": points.remaining_points,
        "status": standing_of(points, points.read_at),
    }


def present_entries(entries: Iterable[LedgerEntry]) -> list[Json]:
    """This function will show movements of points."""
    return [
        {
            "sequence": entry.sequence,
            "type": entry.type,
            "points": entry.points,
            "balance": entry.balance,
            "redemption_id": entry.redemption_id,
            "actor": _actor(entry),
            "creation_time": entry.creation_time,
        }
        for entry in entries
    ]


def present_revisions(revisions: Iterable[PromoRevision]) -> list[Json]:
    """This function will show what administrators made of a promo."""
    return [
        {
            "version": revision.version,
            "promo_type": revision.promo_type,
            "promo_code": revision.promo_code,
            "description": revision.description,
            "promo_amount": revision.promo_amount,
            "start_time": revision.start_time,
            "end_time": revision.end_time,
            "is_active": revision.is_active,
            "deleted": revision.deleted,
            "actor": _actor(revision),
            "creation_time": revision.creation_time,
        }
        for revision in revisions
    ]


def _actor(row: LedgerEntry | PromoRevision) -> Json:
    return {"id": row.actor_id, "role": row.actor_role}


def present_redemption(
    redemption: Redemption | Taken, parts: Sequence[RedemptionPart | TakenPart]
) -> Json:
    """This function will show a redemption with what it took from each promo."""
    return {
        "id": redemption.id,
        "user_id": redemption.holder_id,
        "points": redemption.points,
        "reversed_points": redemption.reversed_points,
        "task": redemption.task,
        "creation_time": redemption.creation_time,
        "remaining_points": sum(part.remaining_points for part in parts),
        "parts": [
            {
                "promo_id": part.promo_id,
                "points": part.points,
                "reversed_points": part.reversed_points,
                "remaining_points": part.remaining_points,
            }
            for part in parts
        ],
    }


def present_summary(summary: Summary) -> Json:
    """Show what became of all points."""
    return {
        "as_of": summary.as_of,
        "total": add_exact(summary.total),
        "by_type": [add_exact(figures) for figures in summary.by_type],
    }


def add_exact(figures: Json) -> Json:
    """Return the figures with the digits of those that a double would round."""
    exact = {
        name: str(figure)
        for name, figure in figures.items()
        if isinstance(figure, int) and abs(figure) > LARGEST_SAFE_INTEGER
    }
    return {**figures, "exact": exact} if exact else figures
