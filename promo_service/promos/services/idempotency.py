"""A key takes effect once (I5), as the IETF Idempotency-Key draft describes.

The key is committed in the transaction of its effect; a refused request stores none.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import IntegrityError
from rest_framework.exceptions import APIException

from chassis.problems import Problem
from promo_service.promos.models import AnswerHolder, IdempotencyKey

A = TypeVar("A")


class IdempotencyKeyReused(Problem):
    """The key stands for another request of the same caller."""

    status_code = 422
    code: ClassVar[str] = "idempotency_key_reused"
    title: ClassVar[str] = "This key was used for another request"


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A caller's key and the request that it stands for."""

    actor_id: UUID
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as JSON text, and whether it was given before."""

    answer: str
    replayed: bool = False


def find_effect(request: KeyedRequest) -> IdempotencyKey | None:
    """This function will return what the key has stored, if it took effect.

    Raises IdempotencyKeyReused.
    """
    stored = (
        IdempotencyKey.objects.select_related("redemption")
        .filter(actor_id=request.actor_id, key=request.key)
        .first()
    )
    if stored is not None and bytes(stored.fingerprint) != request.fingerprint:
        raise IdempotencyKeyReused
    return stored


def store_answer(
    request: KeyedRequest, *, answer: str, of: AbstractSet[UUID], now: datetime
) -> None:
    """Store a 201 and its JSON, in the transaction of the effect.

    `of` are the holders whom it tells of: erasing one of them erases it here. Raises
    IntegrityError if the key has taken effect meanwhile.
    """
    one = next(iter(of)) if len(of) == 1 else None
    _store(request, now, answer=answer, holder_id=one)
    if one is None:
        AnswerHolder.objects.bulk_create(
            AnswerHolder(
                holder_id=holder_id, actor_id=request.actor_id, key=request.key
            )
            for holder_id in sorted(of)
        )


def store_redemption(
    request: KeyedRequest, *, redemption_id: UUID, now: datetime
) -> None:
    """Store a 201 that is rebuilt from a use when it is asked for.

    Raises IntegrityError if the key has taken effect meanwhile.
    """
    _store(request, now, redemption_id=redemption_id)


def _store(request: KeyedRequest, now: datetime, **columns: Any) -> None:
    IdempotencyKey.objects.create(
        actor_id=request.actor_id,
        key=request.key,
        fingerprint=request.fingerprint,
        status=201,
        creation_time=now,
        **columns,
    )


def take_effect_once(
    request: KeyedRequest | None,
    *,
    effect: Callable[[], A],
    replay: Callable[[IdempotencyKey], A],
) -> A:
    """This function will return the effect's answer, or the first one again.

    Whatever stops the effect, the key comes first: the same request may have taken
    effect in the meantime, and is then the very thing that stood in the way.
    """
    try:
        return effect()
    except (IntegrityError, APIException):
        stored = find_effect(request) if request else None
        if stored is None:
            raise
        return replay(stored)


def answer_once(
    request: KeyedRequest | None, effect: Callable[[], Answered]
) -> Answered:
    """This function will answer as the effect does, or with the stored answer again.

    It looks at the key first: a retry is answered whatever has changed since, and
    without asking auth_service who a user is.
    """
    stored = find_effect(request) if request else None
    if stored is not None:
        return _replay(stored)
    return take_effect_once(request, effect=effect, replay=_replay)


def _replay(stored: IdempotencyKey) -> Answered:
    return Answered(stored.answer or "", replayed=True)
