"""Moving points: a promo's row, its ledger and its revisions change together (I2, I3).

Whoever calls holds the promos' rows, locked in the order of their ids, and says a time
that none of the promos' entries lies after.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db import connection

from chassis.roles import Role
from promo_service.promos.clock import database_time
from promo_service.promos.metrics import count_points
from promo_service.promos.models import EntryType, LedgerEntry, Promo, PromoRevision

_MOVED = ("remaining_points", "last_sequence", "last_entry_time")
_BATCH = 500


class Actor(Protocol):
    """Who does it: a caller, or whom a change of a user names."""

    @property
    def id(self) -> UUID:
        """The user's id."""

    @property
    def role(self) -> Role:
        """What the user was when they did it."""


class Timed(Protocol):
    """A promo, or what has been read of one."""

    @property
    def id(self) -> UUID:
        """Which promo it is."""

    @property
    def last_entry_time(self) -> datetime:
        """The time of the last entry in its ledger."""

    @property
    def books_closed_until(self) -> datetime | None:
        """Up to when days were closed when it was locked."""


# The time is read outside, so that it is read after waiting for the locks.
_LOCK = """
    SELECT promo.*, clock_timestamp() AS read_at,
           (SELECT closed_until FROM books) AS books_closed_until
    FROM (
        SELECT * FROM promo WHERE {condition} ORDER BY id FOR NO KEY UPDATE
    ) AS promo
    ORDER BY id
"""
_LOCK_SOME = _LOCK.format(condition="holder_id = %s AND id = ANY(%s::uuid[])")


def lock_promos(holder_id: UUID, promo_ids: Collection[UUID]) -> list[Promo]:
    """Return those promos of the holder, locked in the order of their ids.

    Deleted ones too; `read_at` is the database's time after the locks. Lock the holder
    before: whatever locks a promo does.
    """
    return list(Promo.objects.raw(_LOCK_SOME, [holder_id, list(promo_ids)]))


def time_for(promos: Iterable[Timed], now: datetime | None) -> datetime:
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


# The rows are locked before: this sees them as they are.
_VOID = """
WITH living AS MATERIALIZED (
    SELECT * FROM promo
    WHERE holder_id = %(holder_id)s AND id = ANY(%(ids)s::uuid[])
      AND deleted_at IS NULL
), gone AS (
    UPDATE promo
    SET remaining_points = 0,
        last_sequence = last_sequence + (remaining_points > 0)::int,
        last_entry_time = CASE WHEN remaining_points > 0
                               THEN %(now)s ELSE last_entry_time END,
        version = version + 1, deleted_at = %(now)s
    WHERE holder_id = %(holder_id)s AND id = ANY(%(ids)s::uuid[])
      AND deleted_at IS NULL
), revision AS (
    INSERT INTO promo_revision (promo_id, version, holder_id, promo_type, promo_code,
                                description, promo_amount, start_time, end_time,
                                is_active, deleted, actor_id, actor_role, creation_time)
    SELECT id, version + 1, holder_id, promo_type, promo_code, description,
           promo_amount, start_time, end_time, is_active, TRUE,
           %(actor_id)s, %(actor_role)s, %(now)s
    FROM living
), entry AS (
    INSERT INTO ledger_entry (promo_id, sequence, holder_id, type, points, balance,
                              actor_id, actor_role, creation_time)
    SELECT id, last_sequence + 1, holder_id, 'void', -remaining_points, 0,
           %(actor_id)s, %(actor_role)s, %(now)s
    FROM living WHERE remaining_points > 0
)
SELECT COALESCE(sum(remaining_points), 0)::bigint FROM living
"""


def void_promos(
    promos: Sequence[Timed], *, holder_id: UUID, by: Actor, now: datetime | None
) -> None:
    """Take locked promos of a holder away for good; what is left of them is voided."""
    with connection.cursor() as cursor:
        cursor.execute(
            _VOID,
            {
                "holder_id": holder_id,
                "ids": [promo.id for promo in promos],
                "actor_id": by.id,
                "actor_role": by.role.value,
                "now": time_for(promos, now),
            },
        )
        (points,) = cursor.fetchone()
    if points:
        count_points(EntryType.VOID, -points)


def _revision(promo: Promo, by: Actor, now: datetime) -> PromoRevision:
    return PromoRevision.of(promo, actor_id=by.id, actor_role=by.role, now=now)
