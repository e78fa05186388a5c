"""`Redemption`: one use of points, the promos it took from, and what was given back."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from chassis.roles import Role
from promo_service.holders.models import Holder
from promo_service.promos.models.promo import Promo

_REVERSED_WITHIN_POINTS = Q(reversed_points__gte=0) & Q(
    reversed_points__lte=F("points")
)


class Redemption(models.Model):
    """One use; what was given back is never more than what was used (I8)."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    holder = models.ForeignKey(
        Holder, on_delete=models.PROTECT, related_name="redemptions", db_index=False
    )
    points = models.BigIntegerField()
    reversed_points = models.BigIntegerField(default=0)
    task = models.CharField(max_length=140, null=True)  # noqa: DJ001
    actor_id = models.UUIDField()
    actor_role = models.CharField(
        max_length=20, choices=[(r.value, r.value) for r in Role]
    )
    creation_time = models.DateTimeField()

    class Meta:
        db_table = "redemption"
        constraints = [
            models.CheckConstraint(
                name="redemption_points_positive", condition=Q(points__gte=1)
            ),
            models.CheckConstraint(
                name="redemption_reversed_within_points",
                condition=_REVERSED_WITHIN_POINTS,
            ),
        ]
        indexes = [
            models.Index(
                fields=["holder", "-creation_time", "-id"],
                name="redemption_holder_newest",
            ),
            models.Index(
                fields=["-creation_time", "-id"],
                name="redemption_newest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} points ({self.id})"


class RedemptionPart(models.Model):
    """What a redemption took from one promo, and what that promo had left then."""

    pk = models.CompositePrimaryKey("redemption_id", "promo_id")
    redemption = models.ForeignKey(
        Redemption, on_delete=models.PROTECT, related_name="parts", db_index=False
    )
    promo = models.ForeignKey(Promo, on_delete=models.PROTECT, db_index=False)
    holder_id = models.UUIDField()
    # The order in which the promos were taken from, counted from 1.
    position = models.IntegerField(default=1, db_default=1)
    points = models.BigIntegerField()
    reversed_points = models.BigIntegerField(default=0)
    remaining_points = models.BigIntegerField()

    class Meta:
        db_table = "redemption_part"
        indexes = [models.Index(fields=["promo", "-redemption"], name="part_of_promo")]
        constraints = [
            models.CheckConstraint(
                name="part_points_positive", condition=Q(points__gte=1)
            ),
            models.CheckConstraint(
                name="part_reversed_within_points", condition=_REVERSED_WITHIN_POINTS
            ),
            models.CheckConstraint(
                name="part_remaining_not_negative",
                condition=Q(remaining_points__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} points of {self.promo_id}"


class Reversal(models.Model):
    """Points of a redemption that an administrator gave back, and why."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    redemption = models.ForeignKey(
        Redemption, on_delete=models.PROTECT, related_name="reversals"
    )
    holder_id = models.UUIDField()
    points = models.BigIntegerField()
    reason = models.CharField(max_length=140, null=True)  # noqa: DJ001
    actor_id = models.UUIDField()
    actor_role = models.CharField(
        max_length=20, choices=[(r.value, r.value) for r in Role]
    )
    creation_time = models.DateTimeField()

    class Meta:
        db_table = "reversal"
        constraints = [
            models.CheckConstraint(
                name="reversal_points_positive", condition=Q(points__gte=1)
            ),
        ]
        indexes = [
            models.Index(
                fields=["holder_id"],
                condition=Q(reason__isnull=False),
                name="reversal_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} points of {self.redemption_id}"
