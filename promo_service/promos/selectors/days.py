"""Which days are closed: all from the first with an entry up to the last closed one."""

from datetime import UTC, date, timedelta

from django.db.models import Max, Min

from promo_service.promos.models import ClosedDay, LedgerEntry


def find_last_closed_day() -> date | None:
    """This function will return the last closed day, if any is."""
    last: date | None = ClosedDay.objects.aggregate(last=Max("day"))["last"]
    return last


def find_first_open_day() -> date | None:
    """This function will return the day to close next; None if there is no entry."""
    last = find_last_closed_day()
    if last is not None:
        return last + timedelta(days=1)
    earliest = LedgerEntry.objects.aggregate(earliest=Min("creation_time"))["earliest"]
    return None if earliest is None else earliest.astimezone(UTC).date()
