"""A resync of all users: when it began, and whether promo_service has heard its end.

Its epoch is part of all that is told from then on. When every one of its events has
arrived, promo_service is told that the list is complete; it suspends whom it has not
been told of since: this database was restored to a time before they registered.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Now
from django.utils import timezone

from auth_service.outbox.models import Resync, UserEvent
from auth_service.outbox.sending import NotReached, NotTaken, ask

logger = structlog.get_logger("relay")

PATH_OF_KNOWN = "/internal/v1/user-events/known"
PATH_OF_COMPLETE = "/internal/v1/user-events/complete"
# One request, and some time to record its answer.
HELD_FOR = timedelta(seconds=8)
# Fewer users arrived than were named: it must be done again, or a relay of an older
# version delivered them.
NOT_AGAIN_FOR = timedelta(seconds=60)


def begin_resync(*, past: int = 0) -> int:
    """Return the epoch of a new resync: higher than `past` and any before.

    It is taken of the clock, in microseconds, since a restored database may have
    forgotten the last one. Call it outside a transaction: all that is told has it then.
    """
    latest = Resync.objects.aggregate(latest=Max("epoch"))["latest"] or 0
    epoch = max(int(timezone.now().timestamp() * 1_000_000), latest + 1, past + 1)
    Resync.objects.create(epoch=epoch)
    return epoch


def record_resync(users: Iterable[tuple[UUID, int]]) -> None:
    """Make sure that those users' states are told, beside changes.

    Each comes as id and version.
    """
    UserEvent.objects.bulk_create(
        UserEvent(user_id=user_id, version=version, is_resync=True)
        for user_id, version in users
    )


def end_resync(epoch: int, *, users: int) -> None:
    """Keep that so many users were named, and no more will be."""
    Resync.objects.filter(epoch=epoch).update(users=users, written_at=Now())


def ask_for_known() -> int | None:
    """Return what promo_service knows at most, version or epoch; None if it is away."""
    try:
        answer = ask(PATH_OF_KNOWN, {})
        return max(int(answer["version"]), int(answer["epoch"]))
    except (NotReached, NotTaken, LookupError, TypeError, ValueError):
        return None


@transaction.atomic
def take_complete() -> Resync | None:
    """Return the latest resync if all of it arrived and its end is to be told.

    One that was broken off has no end, nor has one behind which another began.
    """
    latest = Resync.objects.aggregate(latest=Max("epoch"))["latest"]
    free = Q(taken_until__isnull=True) | Q(taken_until__lte=Now())
    ended = Resync.objects.filter(
        free, epoch=latest, written_at__isnull=False, completed_at__isnull=True
    )
    resync = ended.select_for_update(skip_locked=True).first()
    if (
        resync is None
        or UserEvent.objects.undelivered().filter(is_resync=True).exists()
    ):
        return None
    Resync.objects.filter(epoch=resync.epoch).update(taken_until=Now() + HELD_FOR)
    return resync


def tell_complete(resync: Resync) -> tuple[str, int]:
    """Tell promo_service the end of it; return its code and how many it suspended.

    Raises what `sending.ask` raises.
    """
    said = {"epoch": resync.epoch, "users": resync.users}
    answer = ask(PATH_OF_COMPLETE, said)
    try:
        return str(answer["code"]), int(answer["suspended"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotTaken("an answer that can't be read") from error


def keep_complete(resync: Resync, code: str, suspended: int) -> None:
    """Keep what was answered: `complete`, `more` or `incomplete`."""
    row = Resync.objects.filter(epoch=resync.epoch)
    if code == "complete":
        row.update(completed_at=Now(), suspended=F("suspended") + suspended)
    elif code == "more":
        row.update(taken_until=None, suspended=F("suspended") + suspended)
    else:
        row.update(taken_until=Now() + NOT_AGAIN_FOR)
    level = logger.info if code in {"complete", "more"} else logger.error
    level("resync_told", code=code, suspended=suspended, users=resync.users)
