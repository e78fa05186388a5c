"""What is of no use any more is removed, a little at a time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from auth_service.accounts.lockout import list_expired
from auth_service.outbox.services import list_delivered
from auth_service.tokens.services import list_useless_sessions

ROWS_AT_ONCE = 1000


def purge(*, now: datetime) -> Iterator[tuple[str, int]]:
    """This function will remove what may go, and yield of what how many rows went.

    Sessions outlive their use by some time, in which access tokens of theirs expire
    and clocks may differ.
    """
    sessions = list_useless_sessions(before=now - settings.PURGE_SESSIONS_AFTER)
    yield "sessions", _remove(sessions)
    yield "failed log-ins", _remove(list_expired(now=now))
    delivered = list_delivered(before=now - settings.PURGE_EVENTS_AFTER)
    yield "delivered events", _remove(delivered)


def _remove(rows: QuerySet[Any]) -> int:
    """Go through the table by its key, so that no statement looks at much of it."""
    in_order = rows.model.objects.order_by("pk").values_list("pk", flat=True)
    removed = 0
    keys = list(in_order[:ROWS_AT_ONCE])
    while keys:
        removed += rows.filter(pk__in=keys).delete()[0]
        keys = list(in_order.filter(pk__gt=keys[-1])[:ROWS_AT_ONCE])
    return removed
