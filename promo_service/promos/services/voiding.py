"""Voiding all promos of a holder: at once where they are few, or piece by piece.

Hold the holder's row locked: then no promo comes, and none is locked by another.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from chassis.roles import Role
from promo_service.promos.services.movements import void_promos

# As many as one transaction voids.
PIECE = 1_000


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who changed the user: only an administrator can."""

    id: UUID
    role: Role = Role.ADMINISTRATOR


class _Locked(NamedTuple):
    id: UUID
    last_entry_time: datetime
    creation_time: datetime
    books_closed_until: datetime | None


# From the newest on, as an index has them; each is locked in the order of the ids.
_LOCK_NEXT = """
SELECT id, last_entry_time, creation_time, (SELECT closed_until FROM books) FROM promo
WHERE holder_id = %(holder_id)s AND deleted_at IS NULL AND id = ANY(ARRAY(
    SELECT id FROM promo
    WHERE holder_id = %(holder_id)s AND deleted_at IS NULL
      AND (%(before)s::timestamptz IS NULL OR creation_time <= %(before)s)
    ORDER BY creation_time DESC, id DESC LIMIT %(size)s
))
ORDER BY id FOR NO KEY UPDATE
"""
_FEW = """
SELECT count(*) <= %(size)s FROM (
    SELECT FROM promo WHERE holder_id = %(holder_id)s AND deleted_at IS NULL
    LIMIT %(size)s + 1
) AS living
"""


def are_few(holder_id: UUID) -> bool:
    """Say whether one piece is enough for the holder's promos."""
    with connection.cursor() as cursor:
        cursor.execute(_FEW, {"holder_id": holder_id, "size": PIECE})
        return bool(cursor.fetchone()[0])


class Voiding:
    """Voids a holder's promos, the newest first, a piece each time it is asked.

    It remembers how far it is only to pass over what is void; nothing depends on it.
    """

    def __init__(self, holder_id: UUID, *, by: UUID) -> None:
        """Begin with the newest promo."""
        self._holder_id = holder_id
        self._by = Administrator(by)
        self._before: datetime | None = None

    def do_piece(self, *, now: datetime | None = None) -> bool:
        """Void some, in the transaction under way; return whether none is left."""
        promos = self._lock_next()
        if promos:
            void_promos(promos, holder_id=self._holder_id, by=self._by, now=now)
        began_anew = self._before is None
        is_full = len(promos) == PIECE
        self._before = min(p.creation_time for p in promos) if is_full else None
        return began_anew and not is_full

    def _lock_next(self) -> list[_Locked]:
        values: dict[str, Any] = {
            "holder_id": self._holder_id,
            "before": self._before,
            "size": PIECE,
        }
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_NEXT, values)
            return [_Locked(*row) for row in cursor.fetchall()]
