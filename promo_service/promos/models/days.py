"""Days that are over: what moved in each is kept as totals, so that reports are quick.

They say nothing that the ledger does not, and can be deleted and counted anew.
"""

from django.db import models
from django.db.models import Q


class ClosedDay(models.Model):
    """A day (UTC) to which no entry can be added any more; there are no gaps."""

    day = models.DateField(primary_key=True)
    closed_at = models.DateTimeField()

    class Meta:
        db_table = "closed_day"

    def __str__(self) -> str:
        return str(self.day)


class LedgerDay(models.Model):
    """What a closed day added to the points of a type; `used` and `voided` positive.

    A promo that changed its type in the day takes its whole past with it: the days up
    to a midnight add up to what each promo counts under at that midnight. So a day's
    figures may be negative, and only their sum over all types is what moved in it.
    """

    pk = models.CompositePrimaryKey("day_id", "promo_type")
    day = models.ForeignKey(
        ClosedDay, on_delete=models.CASCADE, db_column="day", db_index=False
    )
    promo_type = models.CharField(max_length=50)
    issued = models.BigIntegerField()
    used = models.BigIntegerField()
    reversed = models.BigIntegerField()
    adjusted = models.BigIntegerField()
    voided = models.BigIntegerField()

    class Meta:
        db_table = "ledger_day"

    def __str__(self) -> str:
        return f"{self.promo_type} on {self.day_id}"


class Books(models.Model):
    """The one row that says up to when the books are closed: a midnight, or never yet.

    Whatever writes an entry reads it, and dates no entry before it. `close_days` moves
    it on before it adds a day up, so that nothing is added to a sum afterwards.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    closed_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "books"
        constraints = [models.CheckConstraint(name="books_are_one", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"closed until {self.closed_until}"
