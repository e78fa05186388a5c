"""Moving points: a promo's row, its ledger and its revisions change together (I2, I3).

Whoever calls holds the promos' rows, locked in the order of their ids, and says a time
that none of the promos' entries lies after.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from chassis.roles import Role
from promo_service.promos.clock import database_time
from promo_service.promos.metrics import count_points
from promo_service.promos.models import EntryType, LedgerEntry, Promo, PromoRevision

_MOVED = ("remaining_points", "last_sequence", "last_entry_time")
_RETIRED = (*_MOVED, "version", "deleted_at")
_BATCH = 500


class Actor(Protocol):
    """Who does it: a caller, or whom a change of a user names."""

    @property
    def id(self) -> UUID:
        """The user's id."""

    @property
    def role(self) -> Role:
        """What the user was when they did it."""


# The time is read outside, so that it is read after waiting for the locks.
_LOCK = """
    SELECT promo.*, clock_timestamp() AS read_at,
           (SELECT closed_until FROM books) AS books_closed_until
    FROM (
        SELECT * FROM promo WHERE {condition} ORDER BY id FOR NO KEY UPDATE
    ) AS promo
    ORDER BY id
"""
_LOCK_SOME = _LOCK.format(condition="id = ANY(%s::uuid[])")
_LOCK_LIVE = _LOCK.format(condition="holder_id = %s AND deleted_at IS NULL")


def lock_promos(promo_ids: Collection[UUID]) -> list[Promo]:
    """This function will return those promos, locked in the order of their ids.

    Deleted ones too; `read_at` is the database's time after the locks.
    """
    return list(Promo.objects.raw(_LOCK_SOME, [list(promo_ids)]))


def lock_live_promos(holder_id: UUID) -> list[Promo]:
    """This function will return the holder's undeleted promos, locked as above.

    Hold the holder's row too, or another may be made meanwhile.
    """
    return list(Promo.objects.raw(_LOCK_LIVE, [holder_id]))


def time_for(promos: Iterable[Promo], now: datetime | None) -> datetime:
    """Return a time for entries of all these locked promos.

    It is `now` or the database's, but never before an entry that is there already, nor
    in a day that is closed: a clock may be set back, a ledger's times may not.
    """
    moment = now or database_time()
    for promo in promos:
        moment = max(moment, promo.last_entry_time, promo.books_closed_until or moment)
    return moment


def add_points(
    promo: Promo,
    entry_type: EntryType,
    points: int,
    *,
    by: Actor,
    now: datetime,
    redemption_id: UUID | None = None,
) -> LedgerEntry:
    """This function will add signed points to the promo in memory alone.

    The entry that it returns is to be saved together with the promo, in the
    transaction that is under way: its commit counts the points as moved.
    """
    count_points(entry_type, points)
    promo.remaining_points += points
    promo.last_sequence += 1
    promo.last_entry_time = now
    return LedgerEntry.of(
        promo,
        entry_type,
        points,
        actor_id=by.id,
        actor_role=by.role,
        now=now,
        redemption_id=redemption_id,
    )


def move_points(
    movements: Sequence[tuple[Promo, int]],
    entry_type: EntryType,
    *,
    by: Actor,
    now: datetime,
    redemption_id: UUID | None = None,
) -> None:
    """This function will add signed points to locked promos, an entry for each."""
    entries = [
        add_points(
            promo, entry_type, points, by=by, now=now, redemption_id=redemption_id
        )
        for promo, points in movements
    ]
    promos = [promo for promo, _ in movements]
    Promo.objects.bulk_update(promos, _MOVED, batch_size=_BATCH)
    LedgerEntry.objects.bulk_create(entries, batch_size=_BATCH)


def save_version(promo: Promo, *, by: Actor, now: datetime) -> None:
    """This function will save a locked promo that an administrator changed."""
    promo.version += 1
    promo.save(force_update=True)
    _revision(promo, by, now).save(force_insert=True)


def retire_promos(promos: Sequence[Promo], *, by: Actor, now: datetime) -> None:
    """This function will take locked promos away for good; what is left is voided."""
    entries = [
        add_points(promo, EntryType.VOID, -promo.remaining_points, by=by, now=now)
        for promo in promos
        if promo.remaining_points
    ]
    for promo in promos:
        promo.deleted_at = now
        promo.version += 1
    Promo.objects.bulk_update(promos, _RETIRED, batch_size=_BATCH)
    LedgerEntry.objects.bulk_create(entries, batch_size=_BATCH)
    revisions = [_revision(promo, by, now) for promo in promos]
    PromoRevision.objects.bulk_create(revisions, batch_size=_BATCH)


def _revision(promo: Promo, by: Actor, now: datetime) -> PromoRevision:
    return PromoRevision.of(promo, actor_id=by.id, actor_role=by.role, now=now)
