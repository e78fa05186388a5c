"""`IdempotencyKey`: a caller's key takes effect once (I5; the IETF draft)."""

from django.db import models
from django.db.models import Q

from promo_service.promos.models.redemption import Redemption


class IdempotencyKey(models.Model):
    """A key with the request it stood for and the first answer; it never expires.

    The answer of a use is rebuilt from its redemption; every other one is kept, and
    names the holder whom it tells of (none where it tells of several: `AnswerHolder`).
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
    holder_id = models.UUIDField(null=True)

    class Meta:
        db_table = "idempotency_key"
        constraints = [
            models.CheckConstraint(
                name="key_has_an_answer",
                condition=Q(redemption__isnull=False) ^ Q(answer__isnull=False),
            ),
        ]
        indexes = [
            # A use names none, so it never writes to this.
            models.Index(
                fields=["holder_id", "actor_id", "key"],
                condition=Q(holder_id__isnull=False),
                name="key_of_holder",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class AnswerHolder(models.Model):
    """One of several holders of whom a kept answer tells, so that erasure finds it."""

    pk = models.CompositePrimaryKey("holder_id", "actor_id", "key")
    holder_id = models.UUIDField()
    actor_id = models.UUIDField()
    key = models.CharField(max_length=255, db_collation="C")

    class Meta:
        db_table = "answer_holder"

    def __str__(self) -> str:
        return f"{self.holder_id} in the answer for {self.key}"
