"""What is counted of promos: points as they move, replays, and users' events."""

from functools import partial

from django.db import transaction

from chassis.metrics import counter
from promo_service.promos.models import EntryType

POINTS = counter("points", "Points that moved, by kind of movement.", ["movement"])
REPLAYS = counter(
    "idempotent_replays", "First answers that were given again for a key."
)
USER_EVENTS = counter("user_events", "Events of users, by outcome.", ["code"])

_MOVEMENTS = {
    EntryType.GRANT: "issued",
    EntryType.USE: "used",
    EntryType.REVERSE: "reversed",
    EntryType.VOID: "voided",
}
_MOVED = {
    movement: POINTS.labels(movement)
    for movement in (*_MOVEMENTS.values(), "adjusted_up", "adjusted_down")
}


def count_points(entry_type: EntryType, points: int) -> None:
    """This function will count signed points as moved, once the transaction commits."""
    adjusted = "adjusted_up" if points > 0 else "adjusted_down"
    moved = _MOVED[_MOVEMENTS.get(entry_type, adjusted)]
    transaction.on_commit(partial(moved.inc, abs(points)))
