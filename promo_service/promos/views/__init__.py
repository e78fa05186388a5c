"""HTTP in and out, and nothing else."""

from promo_service.promos.views.ledger import PromoLedger
from promo_service.promos.views.promos import PromoDetail, PromoList, PromoListMe
from promo_service.promos.views.redemptions import RedemptionDetail
from promo_service.promos.views.using import PromoPoints, PromoUse

__all__ = [
    "PromoDetail",
    "PromoLedger",
    "PromoList",
    "PromoListMe",
    "PromoPoints",
    "PromoUse",
    "RedemptionDetail",
]
