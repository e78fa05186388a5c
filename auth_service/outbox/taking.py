"""What a relay takes in hand: whole users, each of them by one relay at a time.

Taking is a short transaction of its own, and none is open while promo_service is asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from auth_service.outbox.models import UserEvent, UserEventQuerySet

# So many due events are looked through for users; one user may have many.
MOST_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Lane:
    """Events that have senders of their own, so that no others wait for them.

    `users_at_once` is how many users one request may tell of.
    """

    name: str
    which: Q
    senders: int
    users_at_once: int
    read_seconds: float

    @property
    def held_for(self) -> timedelta:
        """How long what is taken is held: sending and recording, and no longer."""
        return timedelta(seconds=self.read_seconds + 3)


# promo_service answers in milliseconds. What takes longer once, or fails, is tried
# again beside the others: it is known by what came of its last attempt.
QUICK = Lane("quick", Q(is_resync=False, last_code=""), 6, 1, 1.0)
PATIENT = Lane("patient", ~Q(last_code=""), 2, 1, 5.0)
# The state of all users, told again by the thousand.
RESYNC = Lane("resync", Q(is_resync=True, last_code=""), 1, 25, 5.0)
LANES = (QUICK, PATIENT, RESYNC)

EventsOfUsers = dict[UUID, list[UserEvent]]


@transaction.atomic
def take(lane: Lane, most_users: int) -> EventsOfUsers:
    """Return up to so many users with due events, each with all that is undelivered.

    Until `held_for` is over no other relay takes any of these users.
    """
    due = UserEvent.objects.due().filter(lane.which)
    found = due.select_for_update(skip_locked=True)[:MOST_LOOKED_AT]
    users = list(dict.fromkeys(event.user_id for event in found))[:most_users]
    taken = _only_free(_undelivered_of(users))
    ids = [event.id for events in taken.values() for event in events]
    if ids:
        UserEvent.objects.filter(id__in=ids).update(taken_until=Now() + lane.held_for)
    return {user_id: taken[user_id] for user_id in users if user_id in taken}


def give_back(events: Iterable[UserEvent]) -> None:
    """Make the events due again that were not sent after all."""
    ids = [event.id for event in events]
    UserEvent.objects.filter(id__in=ids).update(taken_until=None)


def _undelivered_of(users: list[UUID]) -> UserEventQuerySet:
    return UserEvent.objects.undelivered().filter(user_id__in=users)


def _only_free(rows: UserEventQuerySet) -> EventsOfUsers:
    """Lock the rows, and leave out users of whom another relay has any.

    The second statement sees what was committed before the locks were had.
    """
    locked = {event.id: event for event in rows.select_for_update(skip_locked=True)}
    is_held = ExpressionWrapper(Q(taken_until__gt=Now()), BooleanField())
    taken: EventsOfUsers = {}
    anothers = set()
    seen = rows.annotate(is_held=is_held).order_by("id")
    for event_id, user_id, held in seen.values_list("id", "user_id", "is_held"):
        if held or event_id not in locked:
            anothers.add(user_id)
        else:
            taken.setdefault(user_id, []).append(locked[event_id])
    return {user: events for user, events in taken.items() if user not in anothers}
