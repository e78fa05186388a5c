"""`IdempotencyKey`: a caller's key takes effect once (I5; the IETF draft)."""

from django.db import models
from django.db.models import Q

from promo_service.promos.models.redemption import Redemption


class IdempotencyKey(models.Model):
    """A key with the request it stood for and the first answer; it never expires.

    The answer of a use is rebuilt from its redemption; every other one is kept.
    """

    pk = models.CompositePrimaryKey("actor_id", "key")
    actor_id = models.UUIDField()
    key = models.CharField(max_length=255, db_collation="C")
    fingerprint = models.BinaryField(max_length=32)
    status = models.SmallIntegerField()
    redemption = models.ForeignKey(
        Redemption, on_delete=models.PROTECT, null=True, db_index=False
    )
    answer = models.TextField(null=True)  # noqa: DJ001
    creation_time = models.DateTimeField()

    class Meta:
        db_table = "idempotency_key"
        constraints = [
            models.CheckConstraint(
                name="key_has_an_answer",
                condition=Q(redemption__isnull=False) ^ Q(answer__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.key
