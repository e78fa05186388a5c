"""Events are recorded, retried, and what was answered to them is kept."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from auth_service.outbox.models import UserEvent

logger = structlog.get_logger("outbox")

MOST_OWN_FAILURES = 20
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 60.0


def record_event(*, user_id: UUID, version: int) -> None:
    """This function will make sure that the user's state is told.

    Call it in the transaction of the change: both are there, or neither.
    """
    UserEvent.objects.create(user_id=user_id, version=version)


def record_resync(users: Iterable[tuple[UUID, int]]) -> None:
    """This function will make sure that those users' states are told, after changes.

    Each comes as id and version.
    """
    UserEvent.objects.bulk_create(
        UserEvent(user_id=user_id, version=version, is_resync=True)
        for user_id, version in users
    )


def retry_set_aside() -> int:
    """This function will make what was set aside due again, and return how many."""
    return UserEvent.objects.filter(set_aside_at__isnull=False).update(
        set_aside_at=None, next_attempt_at=Now(), attempts=0, own_failures=0
    )


def list_delivered(*, before: datetime) -> QuerySet[UserEvent]:
    """This function will return the events that had arrived by that time."""
    return UserEvent.objects.filter(delivered_at__lt=before)


def mark_delivered(events: Sequence[UserEvent], *, code: str) -> None:
    """This function will keep that the events arrived."""
    _of(events).update(
        delivered_at=Now(), last_attempt_at=Now(), last_code=code, last_text=""
    )


def put_off(event: UserEvent, *, code: str, text: str) -> bool:
    """This function will keep that the event failed; it returns whether for good.

    Record what arrived beside it first. The event comes again later and later; only
    one that failed 20 times while others went through is set aside.
    """
    event.attempts += 1
    event.own_failures += _others_went_through(event)
    for_good = event.own_failures >= MOST_OWN_FAILURES
    pause = timedelta(seconds=_pause_seconds(event.attempts))
    _of([event]).update(
        attempts=event.attempts,
        own_failures=event.own_failures,
        last_attempt_at=Now(),
        next_attempt_at=Now() + pause,
        set_aside_at=Now() if for_good else None,
        last_code=code,
        last_text=text,
    )
    if for_good:
        _tell_operators(event, code=code, text=text)
    return for_good


def set_aside(event: UserEvent, *, code: str, text: str) -> None:
    """This function will keep that the event can never be read, and say so aloud."""
    _of([event]).update(
        attempts=F("attempts") + 1,
        last_attempt_at=Now(),
        set_aside_at=Now(),
        last_code=code,
        last_text=text,
    )
    _tell_operators(event, code=code, text=text)


def _of(events: Sequence[UserEvent]) -> QuerySet[UserEvent]:
    return UserEvent.objects.filter(id__in=[event.id for event in events])


def _others_went_through(event: UserEvent) -> bool:
    since = event.last_attempt_at or event.creation_time
    return UserEvent.objects.filter(delivered_at__gt=since).exists()


def _pause_seconds(attempts: int) -> float:
    doublings = float(2 ** min(attempts - 1, 10))
    full = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * doublings)
    return full * random.uniform(0.5, 1)  # noqa: S311  # jitter is no secret


def _tell_operators(event: UserEvent, *, code: str, text: str) -> None:
    logger.error(
        "user_event_set_aside",
        event_id=str(event.id),
        about=str(event.user_id),
        version=event.version,
        code=code,
        reason=text,
    )
