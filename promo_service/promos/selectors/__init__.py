"""Reads; none of them changes anything."""

from promo_service.promos.selectors.history import list_entries, list_revisions
from promo_service.promos.selectors.points import Points, get_points
from promo_service.promos.selectors.promos import (
    PromoFilters,
    get_promo,
    list_promos,
    visible_to,
)
from promo_service.promos.selectors.redemptions import (
    get_redemption,
    list_parts,
    list_redemptions,
)
from promo_service.promos.selectors.reports import list_days, summarize

__all__ = [
    "Points",
    "PromoFilters",
    "get_points",
    "get_promo",
    "get_redemption",
    "list_days",
    "list_entries",
    "list_parts",
    "list_promos",
    "list_redemptions",
    "list_revisions",
    "summarize",
    "visible_to",
]
