"""`Promo`, the brief's gift object, and what administrators made of it."""

from datetime import UTC, datetime
from uuid import UUID

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from uuid_utils.compat import uuid7

from chassis.roles import Role
from promo_service.holders.models import Holder
from promo_service.promos.models.standing import Status, standing_of

LARGEST_AMOUNT = 1_000_000_000
NEVER = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


_SWITCHED_ON = Q(deleted_at__isnull=True, is_active=True)
_USABLE = Q(deleted_at__isnull=True, is_active=True, is_used_up=False)


def _index_of_undeleted(name: str, *fields: str) -> models.Index:
    return models.Index(
        fields=list(fields), condition=Q(deleted_at__isnull=True), name=name
    )


class Promo(models.Model):
    """Points that one normal user may use; what is left is the ledger's sum (I2)."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    holder = models.ForeignKey(
        Holder, on_delete=models.PROTECT, related_name="promos", db_index=False
    )
    promo_type = models.CharField(max_length=50)
    promo_code = models.CharField(max_length=50)
    description = models.CharField(max_length=500, null=True)  # noqa: DJ001
    promo_amount = models.BigIntegerField()
    remaining_points = models.BigIntegerField()
    start_time = models.DateTimeField()
    end_time = models.DateTimeField(null=True)
    # The end, or the end of all time: lists are ordered by it without any NULL.
    ends = models.GeneratedField(
        expression=Coalesce("end_time", Value(NEVER)),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    is_active = models.BooleanField(default=True)
    creation_time = models.DateTimeField()
    version = models.BigIntegerField(default=1)
    last_sequence = models.BigIntegerField(default=1)
    # Entries are never timed before this, even if the clock is set back (I3).
    last_entry_time = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    # Whether nothing is left, for indexes alone: `remaining_points` in one would cost
    # every use, and this changes with the last one. A trigger keeps it right.
    is_used_up = models.BooleanField(default=False, db_default=False)

    read_at: datetime  # of rows that selectors read: the time to derive a status for
    books_closed_until: datetime | None  # of locked rows: no entry is dated before it

    class Meta:
        db_table = "promo"
        constraints = [
            # I1, whatever any code does: nobody can take what is not there.
            models.CheckConstraint(
                name="promo_remaining_within_amount",
                condition=Q(remaining_points__gte=0)
                & Q(remaining_points__lte=F("promo_amount")),
            ),
            models.CheckConstraint(
                name="promo_amount_within_limits",
                condition=Q(promo_amount__gte=1) & Q(promo_amount__lte=LARGEST_AMOUNT),
            ),
            models.CheckConstraint(
                name="promo_ends_after_start",
                condition=Q(end_time__isnull=True) | Q(end_time__gt=F("start_time")),
            ),
            models.CheckConstraint(
                name="promo_deleted_has_no_points",
                condition=Q(deleted_at__isnull=True) | Q(remaining_points=0),
            ),
            models.UniqueConstraint(
                fields=["holder", "promo_code"],
                condition=Q(deleted_at__isnull=True),
                name="promo_code_once_a_holder",
            ),
        ]
        indexes = [
            _index_of_undeleted("promo_newest", "-creation_time", "-id"),
            _index_of_undeleted("promo_soonest_end", "ends", "id"),
            _index_of_undeleted(
                "promo_type_newest", "promo_type", "-creation_time", "-id"
            ),
            _index_of_undeleted("promo_type_soonest_end", "promo_type", "ends", "id"),
            _index_of_undeleted(
                "promo_code_newest", "promo_code", "-creation_time", "-id"
            ),
            _index_of_undeleted(
                "promo_holder_newest", "holder", "-creation_time", "-id"
            ),
            _index_of_undeleted("promo_holder_soonest_end", "holder", "ends", "id"),
            # What status=expired and status=active list, and hardly anything else.
            models.Index(
                fields=["ends", "id"],
                condition=_SWITCHED_ON,
                name="promo_on_soonest_end",
            ),
            models.Index(
                fields=["ends", "id", "start_time"],
                condition=_USABLE,
                name="promo_usable_soonest_end",
            ),
            # A use of all of one's promos passes over what is spent without reading it.
            models.Index(
                fields=["holder", "ends", "id"],
                condition=_USABLE,
                name="promo_holder_usable",
            ),
            # Erasure finds what the one above and its like have forgotten.
            models.Index(
                fields=["holder", "id"],
                condition=Q(deleted_at__isnull=False),
                name="promo_holder_deleted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promo_code} ({self.id})"

    @property
    def used_points(self) -> int:
        """Points that were used and not given back."""
        return self.promo_amount - self.remaining_points

    def status_at(self, now: datetime) -> Status:
        """This function will say what the promo is at `now`, an aware time."""
        return standing_of(self, now)


class PromoRevision(models.Model):
    """Every editable attribute as of a version, and who set it; append-only (I4)."""

    pk = models.CompositePrimaryKey("promo_id", "version")
    promo = models.ForeignKey(
        Promo, on_delete=models.PROTECT, related_name="revisions", db_index=False
    )
    version = models.BigIntegerField()
    holder_id = models.UUIDField()
    promo_type = models.CharField(max_length=50)
    promo_code = models.CharField(max_length=50)
    description = models.CharField(max_length=500, null=True)  # noqa: DJ001
    promo_amount = models.BigIntegerField()
    start_time = models.DateTimeField()
    end_time = models.DateTimeField(null=True)
    is_active = models.BooleanField()
    deleted = models.BooleanField(default=False)
    actor_id = models.UUIDField()
    actor_role = models.CharField(
        max_length=20, choices=[(r.value, r.value) for r in Role]
    )
    creation_time = models.DateTimeField()

    class Meta:
        db_table = "promo_revision"
        indexes = [
            BrinIndex(
                fields=["creation_time"],
                name="revision_time",
                autosummarize=True,
                pages_per_range=32,
            )
        ]

    def __str__(self) -> str:
        return f"{self.promo_id} version {self.version}"

    @classmethod
    def of(
        cls, promo: Promo, *, actor_id: UUID, actor_role: Role, now: datetime
    ) -> "PromoRevision":
        """This function will return the unsaved revision of the promo as it is."""
        return cls(
            promo=promo,
            version=promo.version,
            holder_id=promo.holder_id,
            promo_type=promo.promo_type,
            promo_code=promo.promo_code,
            description=promo.description,
            promo_amount=promo.promo_amount,
            start_time=promo.start_time,
            end_time=promo.end_time,
            is_active=promo.is_active,
            deleted=promo.deleted_at is not None,
            actor_id=actor_id,
            actor_role=actor_role,
            creation_time=now,
        )
