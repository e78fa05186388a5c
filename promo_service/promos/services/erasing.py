"""Erasing a person: free text about them goes, points and their history stay.

Names are the holder's row, which an event has replaced. What is left are texts: tasks,
reasons, descriptions, and first answers kept for idempotency keys, which quote them.
Erasing again what is erased changes nothing, so it may be begun anew at any time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from promo_service.holders.models import Holder
from promo_service.promos.models import IdempotencyKey

# As many rows as one transaction looks at, and answers, of which one may be long.
PIECE = 1_000
ANSWERS = 50

# Each returns the last row that it looked at, if there may be more behind it.
_TASKS = """
WITH looked_at AS MATERIALIZED (
    SELECT creation_time, id FROM redemption
    WHERE holder_id = %(holder_id)s
      AND (%(after)s::uuid IS NULL OR (creation_time, id) < (
          SELECT creation_time, id FROM redemption WHERE id = %(after)s))
    ORDER BY creation_time DESC, id DESC LIMIT %(size)s
), erased AS (
    UPDATE redemption SET task = NULL FROM looked_at
    WHERE redemption.id = looked_at.id AND task IS NOT NULL
)
SELECT id FROM looked_at
ORDER BY creation_time, id LIMIT (SELECT (count(*) = %(size)s)::int FROM looked_at)
"""
_REASONS = """
WITH looked_at AS MATERIALIZED (
    SELECT id FROM reversal
    WHERE holder_id = %(holder_id)s AND reason IS NOT NULL LIMIT %(size)s
), erased AS (
    UPDATE reversal SET reason = NULL FROM looked_at WHERE reversal.id = looked_at.id
)
SELECT id FROM looked_at LIMIT (SELECT (count(*) = %(size)s)::int FROM looked_at)
"""
_DESCRIPTIONS = """
WITH looked_at AS MATERIALIZED (
    SELECT id FROM promo
    WHERE holder_id = %(holder_id)s AND deleted_at IS NOT NULL
      AND (%(after)s::uuid IS NULL OR id > %(after)s)
    ORDER BY id LIMIT %(size)s
), erased AS (
    UPDATE promo SET description = NULL FROM looked_at
    WHERE promo.id = looked_at.id AND description IS NOT NULL
), revision AS (
    UPDATE promo_revision SET description = NULL FROM looked_at
    WHERE promo_id = looked_at.id AND description IS NOT NULL
)
SELECT id FROM looked_at
ORDER BY id DESC LIMIT (SELECT (count(*) = %(size)s)::int FROM looked_at)
"""
_KEYS = """
SELECT actor_id, key FROM {table}
WHERE holder_id = %(holder_id)s
  AND (%(actor_id)s::uuid IS NULL OR (actor_id, key) > (%(actor_id)s, %(key)s))
ORDER BY actor_id, key LIMIT %(size)s
"""

_Step = Callable[[Holder, Any], Any]


def _erase_rows(statement: str) -> _Step:
    def erase(holder: Holder, after: Any) -> Any:
        values = {"holder_id": holder.user_id, "after": after, "size": PIECE}
        rows = _read(statement, values)
        return rows[0][0] if rows else None

    return erase


def _erase_answers(table: str) -> _Step:
    statement = _KEYS.format(table=table)

    def erase(holder: Holder, after: Any) -> Any:
        actor_id, key = after or (None, None)
        values = {
            "holder_id": holder.user_id,
            "actor_id": actor_id,
            "key": key,
            "size": ANSWERS,
        }
        names = _read(statement, values)
        for name in names:
            _erase_answer(holder, *name)
        return names[-1] if len(names) == ANSWERS else None

    return erase


def _erase_answer(holder: Holder, actor_id: UUID, key: str) -> None:
    rows = IdempotencyKey.objects.filter(actor_id=actor_id, key=key)
    # Of two people of one bulk, erased at once, the second sees what the first wrote.
    locked: Any = rows.select_for_update(no_key=True)
    for answer in locked.values_list("answer", flat=True):
        if answer is not None:
            rows.update(answer=_without(holder, answer))


_STEPS: tuple[_Step, ...] = (
    _erase_rows(_TASKS),
    _erase_rows(_REASONS),
    _erase_rows(_DESCRIPTIONS),
    _erase_answers("idempotency_key"),
    _erase_answers("answer_holder"),
)


@dataclass(slots=True)
class Erasing:
    """Removes the texts about a holder whose promos are void, a piece at a time."""

    _step: int = 0
    _after: Any = None

    def do_piece(self, holder: Holder) -> bool:
        """Remove some, in the transaction under way; return whether none is left."""
        self._after = _STEPS[self._step](holder, self._after)
        if self._after is None:
            self._step += 1
        return self._step == len(_STEPS)


def erase_if_few(holder: Holder) -> bool:
    """Remove every text about the holder if there are few; return whether there were.

    Call it in the transaction that gave the holder's row its new name.
    """
    return all(step(holder, None) is None for step in _STEPS)


def _read(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _without(holder: Holder, answer: str) -> str:
    content = orjson.loads(answer)
    own_id = str(holder.user_id)
    for shown in _objects_of(content):
        if shown.get("user_id") == own_id:
            shown["task"] = None
        elif shown.get("user", {}).get("id") == own_id:
            shown["description"] = None
            shown["user"] |= {"username": holder.username, "name": holder.name}
    return orjson.dumps(content).decode()


def _objects_of(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the promo or redemption that was answered, or each of several."""
    yield from content.get("results", [content])
