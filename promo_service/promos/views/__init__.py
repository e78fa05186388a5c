"""HTTP in and out, and nothing else."""

from promo_service.promos.views.erasures import ErasureStatus
from promo_service.promos.views.ledger import PromoLedger, PromoRevisions
from promo_service.promos.views.promos import (
    LargeBodySender,
    PromoBulk,
    PromoDetail,
    PromoList,
    PromoListMe,
)
from promo_service.promos.views.redemptions import (
    RedemptionDetail,
    RedemptionList,
    RedemptionListMe,
    RedemptionReverse,
)
from promo_service.promos.views.reports import PromoSummary, PromoTimeline
from promo_service.promos.views.resyncs import KnownVersions, ListComplete
from promo_service.promos.views.user_events import UserEvents
from promo_service.promos.views.using import MyPromosUse, PromoPoints, PromoUse

__all__ = [
    "ErasureStatus",
    "KnownVersions",
    "LargeBodySender",
    "ListComplete",
    "MyPromosUse",
    "PromoBulk",
    "PromoDetail",
    "PromoLedger",
    "PromoList",
    "PromoListMe",
    "PromoPoints",
    "PromoRevisions",
    "PromoSummary",
    "PromoTimeline",
    "PromoUse",
    "RedemptionDetail",
    "RedemptionList",
    "RedemptionListMe",
    "RedemptionReverse",
    "UserEvents",
]
