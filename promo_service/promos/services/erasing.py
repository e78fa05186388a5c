"""Erasing a person: free text about them goes, points and their history stay.

Names are the holder's row, which an event has replaced. What is left are texts: tasks,
reasons, descriptions, and first answers kept for idempotency keys, which quote them.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from promo_service.holders.models import Holder
from promo_service.promos.models import (
    IdempotencyKey,
    Promo,
    PromoRevision,
    Redemption,
    Reversal,
)

# Every answer that is kept was stored with actor and time of its effect.
_ANSWERS = """
    SELECT actor_id, key, answer FROM idempotency_key
    JOIN (
        SELECT actor_id, promo_revision.creation_time
        FROM promo_revision JOIN promo ON promo.id = promo_id
        WHERE promo.holder_id = %(holder_id)s AND promo_revision.version = 1
        UNION
        SELECT actor_id, creation_time FROM reversal WHERE holder_id = %(holder_id)s
    ) AS effect USING (actor_id, creation_time)
    WHERE answer IS NOT NULL
"""


def erase_texts(*, holder_id: UUID) -> None:
    """This function will remove every text about the holder; what it says stays true.

    Call it in the transaction that gave the holder's row its new name.
    """
    Redemption.objects.filter(holder_id=holder_id).update(task=None)
    Reversal.objects.filter(holder_id=holder_id).update(reason=None)
    Promo.objects.filter(holder_id=holder_id).update(description=None)
    PromoRevision.objects.filter(
        promo__holder_id=holder_id, description__isnull=False
    ).update(description=None)
    holder = Holder.objects.get(user_id=holder_id)
    for actor_id, key, answer in _find_answers(holder_id):
        rows = IdempotencyKey.objects.filter(actor_id=actor_id, key=key)
        rows.update(answer=_without(holder, answer))


def _find_answers(holder_id: UUID) -> list[tuple[UUID, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, {"holder_id": holder_id})
        found: list[tuple[UUID, str, str]] = cursor.fetchall()
        return found


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
