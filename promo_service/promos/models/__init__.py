"""The tables of the promo database, beside `Holder`."""

from promo_service.promos.models.days import Books, ClosedDay, LedgerDay
from promo_service.promos.models.idempotency import AnswerHolder, IdempotencyKey
from promo_service.promos.models.jobs import Job
from promo_service.promos.models.ledger import EntryType, LedgerEntry
from promo_service.promos.models.promo import Promo, PromoRevision
from promo_service.promos.models.redemption import (
    Redemption,
    RedemptionPart,
    Reversal,
)
from promo_service.promos.models.standing import Status, standing_of

__all__ = [
    "AnswerHolder",
    "Books",
    "ClosedDay",
    "EntryType",
    "IdempotencyKey",
    "Job",
    "LedgerDay",
    "LedgerEntry",
    "Promo",
    "PromoRevision",
    "Redemption",
    "RedemptionPart",
    "Reversal",
    "Status",
    "standing_of",
]
