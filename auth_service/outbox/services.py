"""Events are recorded, retried, and what was answered to them is kept."""

import random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from auth_service.outbox.models import UserEvent, UserEventQuerySet

logger = structlog.get_logger("outbox")

MOST_OWN_FAILURES = 20
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 60.0
# After an outage everything arrives within 2 seconds.
SHORT_PAUSE_SECONDS = 1.0


def record_event(*, user_id: UUID, version: int) -> None:
    """This function will make sure that the user's state is told.

    Call it in the transaction of the change: both are there, or neither.
    """
    UserEvent.objects.create(user_id=user_id, version=version)


def retry_set_aside() -> int:
    """This function will make what was set aside due again, and return how many."""
    return UserEvent.objects.filter(set_aside_at__isnull=False).update(
        set_aside_at=None,
        next_attempt_at=Now(),
        attempts=0,
        own_failures=0,
        taken_until=None,
    )


def list_delivered(*, before: datetime) -> QuerySet[UserEvent]:
    """This function will return the events that had arrived by that time."""
    return UserEvent.objects.filter(delivered_at__lt=before)


def list_users_to_tell_of(user_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the users of whom something is still to be told."""
    events = UserEvent.objects.undelivered().filter(user_id__in=user_ids)
    return set(events.values_list("user_id", flat=True))


def mark_delivered(events: Sequence[UserEvent], *, code: str) -> None:
    """Keep that the events arrived; what was set aside has been told with them."""
    _of(events).update(
        delivered_at=Now(),
        last_attempt_at=Now(),
        taken_until=None,
        set_aside_at=None,
        last_code=code,
        last_text="",
    )


def put_off(events: Sequence[UserEvent], *, code: str, text: str) -> bool:
    """Keep that a user's events failed together; return whether for good.

    Record what arrived beside it first. The events come again later and later; only
    what failed 20 times while others went through is set aside.
    """
    waiting = [event for event in events if event.set_aside_at is None]
    attempts = max(event.attempts for event in waiting) + 1
    own_failures = max(event.own_failures for event in waiting)
    own_failures += others_went_through(events)
    for_good = own_failures >= MOST_OWN_FAILURES
    pause = timedelta(seconds=_pause_seconds(attempts))
    _of(events).waiting().update(
        attempts=attempts,
        own_failures=own_failures,
        last_attempt_at=Now(),
        next_attempt_at=Now() + pause,
        set_aside_at=Now() if for_good else None,
        last_code=code,
        last_text=text,
    )
    _of(events).update(taken_until=None)
    if for_good:
        _tell_operators(events[-1], code=code, text=text)
    return for_good


def postpone(events: Sequence[UserEvent], *, code: str | None) -> None:
    """Have the events come again in about a second, without a failure of their own.

    A code marks them as what is to be tried beside the others from now on.
    """
    pause = timedelta(seconds=_jittered(SHORT_PAUSE_SECONDS))
    marks = {} if code is None else {"last_code": code}
    _of(events).update(
        last_attempt_at=Now(), next_attempt_at=Now() + pause, taken_until=None, **marks
    )


def send_alone(events: Sequence[UserEvent], *, code: str) -> None:
    """Have the events of users who were told of together come again one by one."""
    _of(events).update(taken_until=None, last_code=code)


def set_aside(events: Sequence[UserEvent], *, code: str, text: str) -> None:
    """Keep that a user's events can never be read, and say so aloud."""
    _of(events).update(
        attempts=F("attempts") + 1,
        last_attempt_at=Now(),
        set_aside_at=Now(),
        taken_until=None,
        last_code=code,
        last_text=text,
    )
    _tell_operators(events[-1], code=code, text=text)


def others_went_through(events: Sequence[UserEvent]) -> bool:
    """Say whether other users' events arrived since these were last tried."""
    since = max(event.last_attempt_at or event.creation_time for event in events)
    return UserEvent.objects.filter(delivered_at__gt=since).exists()


def _of(events: Sequence[UserEvent]) -> UserEventQuerySet:
    return UserEvent.objects.filter(id__in=[event.id for event in events])


def _pause_seconds(attempts: int) -> float:
    doublings = float(2 ** min(attempts - 1, 10))
    return _jittered(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * doublings))


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1)  # noqa: S311  # jitter is no secret


def _tell_operators(event: UserEvent, *, code: str, text: str) -> None:
    logger.error(
        "user_event_set_aside",
        event_id=str(event.id),
        about=str(event.user_id),
        version=event.version,
        code=code,
        reason=text,
    )
