"""A resync names every user; who is not among them is suspended, and nothing is voided.

auth_service's database may have been restored to a time before some users registered.
They can't log in any more, and must not use what is here until it knows them again.
"""

import time
from dataclasses import dataclass

import structlog
from django.db import connection, transaction
from django.db.models import Max, QuerySet

from promo_service.holders.models import Holder

logger = structlog.get_logger("holders")

HOLDERS_AT_ONCE = 1000
# Each request does so much of it, and auth_service asks again for the rest.
SECONDS_AT_ONCE = 2.0

_UNNAMED = """
    SELECT user_id FROM holder
    WHERE epoch < %(epoch)s AND NOT deleted AND missing_since IS NULL
    LIMIT %(most)s
"""
# Holders are locked in the order of their ids, like everywhere.
_LOCK = f"""
    SELECT user_id FROM holder
    WHERE user_id IN ({_UNNAMED})
          AND epoch < %(epoch)s AND NOT deleted AND missing_since IS NULL
    ORDER BY user_id FOR NO KEY UPDATE
"""  # noqa: S608  # the code's own text
_SUSPEND = """
    UPDATE holder SET is_active = false, missing_since = clock_timestamp()
    WHERE user_id = ANY(%(ids)s)
"""


class NotAllNamed(Exception):
    """Fewer users were told of since that resync than it says it named."""


@dataclass(frozen=True, slots=True)
class Suspended:
    """How many users were suspended now, and whether these were the last."""

    users: int
    is_complete: bool


def highest_known() -> tuple[int, int]:
    """Return the highest version and the highest epoch that were ever told."""
    highest = Holder.objects.aggregate(version=Max("version"), epoch=Max("epoch"))
    return highest["version"] or 0, highest["epoch"] or 0


def suspend_unnamed(*, epoch: int, users: int) -> Suspended:
    """Suspend the holders whom the resync of that epoch did not name, piece by piece.

    `users` is how many it named. Raises NotAllNamed; then nobody is suspended.
    """
    if Holder.objects.filter(epoch__gte=epoch).count() < users:
        raise NotAllNamed
    suspended, until = 0, time.monotonic() + SECONDS_AT_ONCE
    while piece := _suspend_some(epoch):
        suspended += piece
        if time.monotonic() > until:
            break
    if suspended:
        logger.warning("users_missing", users=suspended, epoch=epoch)
    return Suspended(suspended, is_complete=not piece)


@transaction.atomic
def _suspend_some(epoch: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"epoch": epoch, "most": HOLDERS_AT_ONCE})
        ids = [user_id for (user_id,) in cursor.fetchall()]
        if ids:
            cursor.execute(_SUSPEND, {"ids": ids})
    return len(ids)


def list_missing() -> QuerySet[Holder]:
    """Return the holders whom auth_service doesn't know, those first who came first."""
    missing = Holder.objects.filter(missing_since__isnull=False)
    return missing.order_by("missing_since", "user_id")
