"""The clock is the database's alone: several processes, one time."""

from datetime import UTC, datetime

from django.db import connection
from django.db.models import DateTimeField, Func, Value


def database_time() -> datetime:
    """This function will return the database's time of this moment, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)


def clock(now: datetime | None = None) -> Func | Value:
    """This function will return the expression of that time, or of `now` if given.

    Of the statement's, that is: it is the same for all rows, so that an index is read
    from it on. clock_timestamp() goes on from row to row, and all would be looked at.
    """
    field = DateTimeField()
    if now is not None:
        return Value(now, output_field=field)
    return Func(function="statement_timestamp", output_field=field)
