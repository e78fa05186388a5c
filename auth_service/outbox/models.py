"""`UserEvent`: that something about a user changed, and whether it was told.

`Resync`: that all users are told of again.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

_WAITING = Q(delivered_at__isnull=True, set_aside_at__isnull=True)
_NOT_TAKEN = Q(taken_until__isnull=True) | Q(taken_until__lte=Now())


class UserEventQuerySet(models.QuerySet["UserEvent"]):
    """Events, by where they are on their way."""

    def waiting(self) -> "UserEventQuerySet":
        """This function will leave out what was delivered or set aside."""
        return self.filter(_WAITING)

    def due(self) -> "UserEventQuerySet":
        """This function will return what is to be sent now, changes before resyncs.

        The clock is the database's: those of several relays may differ.
        """
        due = self.waiting().filter(_NOT_TAKEN, next_attempt_at__lte=Now())
        return due.order_by("is_resync", "next_attempt_at", "id")

    def undelivered(self) -> "UserEventQuerySet":
        """Return what is still to be told, set aside or not."""
        return self.filter(delivered_at__isnull=True)


class UserEvent(models.Model):
    """Something that promo_service must be told of a user.

    What is told is the user's row as it is when the event is sent: so nobody's name
    lies here, and events may come twice and in any order.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    version = models.BigIntegerField()
    # Of everybody's, told again by the thousand: a change does not queue behind them.
    is_resync = models.BooleanField(default=False, db_default=False)
    creation_time = models.DateTimeField(db_default=Now())
    # How often it failed; and how often of these while others went through.
    attempts = models.IntegerField(default=0, db_default=0)
    own_failures = models.IntegerField(default=0, db_default=0)
    last_attempt_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)
    set_aside_at = models.DateTimeField(null=True)
    # A relay has it in hand; past that moment the relay is taken for dead.
    taken_until = models.DateTimeField(null=True)
    # What came back the last time: the code, and a reason that quotes nobody.
    last_code = models.CharField(max_length=40, default="", db_default="")
    last_text = models.CharField(max_length=200, default="", db_default="")

    objects = UserEventQuerySet.as_manager()

    class Meta:
        db_table = "user_event"
        indexes = [
            models.Index(
                fields=["is_resync", "next_attempt_at", "id"],
                condition=_WAITING,
                name="user_event_waiting",
            ),
            models.Index(
                fields=["delivered_at"],
                condition=Q(delivered_at__isnull=False),
                name="user_event_delivered",
            ),
            models.Index(
                fields=["set_aside_at"],
                condition=Q(set_aside_at__isnull=False),
                name="user_event_set_aside",
            ),
            models.Index(
                fields=["user"],
                condition=Q(delivered_at__isnull=True),
                name="user_event_undelivered_of",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Resync(models.Model):
    """That all users were told of again, as of an epoch; the rows are few.

    The highest epoch is part of what is told of every user.
    """

    epoch = models.BigIntegerField(primary_key=True)
    creation_time = models.DateTimeField(db_default=Now())
    # How many it named; none while it is under way, and for good if it was broken off.
    users = models.IntegerField(null=True)
    written_at = models.DateTimeField(null=True)
    # A relay is telling the end of it.
    taken_until = models.DateTimeField(null=True)
    # Whom promo_service suspended, since this resync did not name them.
    suspended = models.IntegerField(default=0, db_default=0)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "resync"

    def __str__(self) -> str:
        return str(self.epoch)
