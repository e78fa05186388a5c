"""`LedgerEntry`: every movement of points, never changed, never deleted (I2 to I4)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from chassis.roles import Role
from promo_service.promos.models.promo import Promo
from promo_service.promos.models.redemption import Redemption


class EntryType(StrEnum):
    """Why points moved."""

    GRANT = "grant"
    USE = "use"
    REVERSE = "reverse"
    ADJUST = "adjust"
    VOID = "void"


class LedgerEntry(models.Model):
    """One movement: `points` is signed, `balance` what the promo had afterwards.

    It holds no free text, so that erasing a person never touches it.
    """

    pk = models.CompositePrimaryKey("promo_id", "sequence")
    promo = models.ForeignKey(
        Promo, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    sequence = models.BigIntegerField()
    holder_id = models.UUIDField()
    type = models.CharField(
        max_length=10, choices=[(t.value, t.value) for t in EntryType]
    )
    points = models.BigIntegerField()
    balance = models.BigIntegerField()
    redemption = models.ForeignKey(
        Redemption, on_delete=models.PROTECT, null=True, db_index=False
    )
    actor_id = models.UUIDField()
    actor_role = models.CharField(
        max_length=20, choices=[(r.value, r.value) for r in Role]
    )
    creation_time = models.DateTimeField()

    class Meta:
        db_table = "ledger_entry"
        # Rows come in the order of time: a few bytes a page of them, for reports.
        indexes = [
            BrinIndex(
                fields=["creation_time"],
                name="entry_time",
                autosummarize=True,
                pages_per_range=32,
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="entry_sign_fits_type",
                condition=Q(type__in=["grant", "reverse"], points__gt=0)
                | Q(type__in=["use", "void"], points__lt=0)
                | (Q(type="adjust") & ~Q(points=0)),
            ),
            models.CheckConstraint(
                name="entry_balance_not_negative", condition=Q(balance__gte=0)
            ),
            models.CheckConstraint(
                name="entry_sequence_from_one", condition=Q(sequence__gte=1)
            ),
            models.CheckConstraint(
                name="entry_names_its_redemption",
                condition=Q(type__in=["use", "reverse"], redemption__isnull=False)
                | Q(type__in=["grant", "adjust", "void"], redemption__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.points:+d} on {self.promo_id}"

    @classmethod
    def of(
        cls,
        promo: Promo,
        entry_type: EntryType,
        points: int,
        *,
        actor_id: UUID,
        actor_role: Role,
        now: datetime,
        redemption_id: UUID | None = None,
    ) -> "LedgerEntry":
        """This function will return the unsaved entry of a movement just made."""
        return cls(
            promo=promo,
            sequence=promo.last_sequence,
            holder_id=promo.holder_id,
            type=entry_type,
            points=points,
            balance=promo.remaining_points,
            redemption_id=redemption_id,
            actor_id=actor_id,
            actor_role=actor_role,
            creation_time=now,
        )
