"""`Session`: what began with a log-in; refresh tokens stand for it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7


class Session(models.Model):
    """A log-in, for 30 days at most. No token is stored, only the ids of two.

    Exactly the token of `current_jti` refreshes it. The one before it gets that one
    again just after it was spent; any older one, and that one later, is a theft.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions"
    )
    current_jti = models.UUIDField()
    previous_jti = models.UUIDField(null=True)
    started_at = models.DateTimeField()
    # When the previous token was spent, and the present one issued.
    rotated_at = models.DateTimeField(null=True)
    # Of no use; the version before this one writes it while it is being replaced.
    rotated_before_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "session"
        constraints = [
            models.CheckConstraint(
                name="session_ends_after_start",
                condition=Q(ends_at__gt=F("started_at")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
