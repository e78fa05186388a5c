"""How operations are sent to the real services, and what the model says to each."""

import hashlib
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from rest_framework.exceptions import ValidationError
from uuid_utils.compat import uuid7

from chassis.problems import Problem
from chassis.roles import Role
from chassis.strict_json import JsonRenderer
from chassis.tokens import Caller
from promo_service.promos.models import Promo
from promo_service.promos.serializers.presenting import (
    present_promo,
    present_redemption,
)
from promo_service.promos.services.granting import Grant, create_promo
from promo_service.promos.services.idempotency import KeyedRequest
from promo_service.promos.services.reversing import reverse_redemption
from promo_service.promos.services.using import use_promo_points
from promo_service.promos.services.using_all import use_my_points
from promo_service.tests.model.ledger_model import LedgerModel, Refused, User

HOUR = timedelta(hours=1)
# How often each operation ended how, over all examples: none may be a mere intention.
seen: Counter[tuple[str, str]] = Counter()


def as_text(answer: Any) -> str:
    return JsonRenderer().render(answer).decode()


class Comparison:
    """The services beside the model, and every operation compared."""

    def __init__(self) -> None:
        super().__init__()
        self.model = LedgerModel()
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self.admin = Caller(uuid7(), Role.ADMINISTRATOR, "admin", uuid7())
        # What auth_service says, of which the promo service hears by and by.
        self.truth: dict[UUID, User] = {}
        self.events: list[User] = []
        # (actor, key): what it stood for, and the first answer.
        self.keys: dict[tuple[UUID, str], tuple[str, Any]] = {}
        self.retries: list[Callable[[], None]] = []

    def once(self, key, actor, kind, request, operation) -> None:
        """Send it, under the key if there is one, and see that a key counts once."""
        fingerprint = repr((kind, request))
        known = self.keys.get((actor.id, key)) if key else None
        keyed = None
        if key:
            digest = hashlib.sha256(fingerprint.encode()).digest()
            keyed = KeyedRequest(actor.id, key, digest)
        before = deepcopy(self.model) if known else None
        expected, found = operation(actor, keyed, *request, known=known)
        if known is not None:
            assert before is not None
            self.model = before
            again = known[0] == fingerprint
            expected = known[1] if again else "idempotency_key_reused"
        assert found == expected
        seen[
            kind, found if isinstance(found, str) else "replay" if known else "ok"
        ] += 1
        if key and known is None and not isinstance(found, str):
            self.keys[actor.id, key] = (fingerprint, found)
            self.retries.append(lambda: self.once(key, actor, kind, request, operation))

    def send_grant(self, actor, key, holder_id, grant, *, known) -> tuple[Any, Any]:
        expected = self.expect(
            lambda: self.model.check_grant(holder_id, grant, self.now)
        )
        new = Grant(
            user_id=holder_id,
            promo_type="gift",
            promo_code=grant["code"],
            promo_amount=grant["amount"],
            start_time=grant["start"],
            end_time=grant["end"],
            is_active=grant["is_active"],
        )
        found = self.outcome(
            lambda: orjson.loads(
                create_promo(
                    actor=actor,
                    grant=new,
                    present=lambda promo: as_text(present_promo(promo)),
                    key=key,
                    now=self.now,
                ).answer
            )
        )
        if expected is None and known is None and isinstance(found, dict):
            promo_id = UUID(found["id"])
            self.model.store_grant(promo_id, holder_id, grant, actor.id, self.now)
            assert found["remaining_points"] == found["promo_amount"] == grant["amount"]
            expected = found
        return expected, found

    def send_use(self, actor, key, promo_id, points, *, known) -> tuple[Any, Any]:
        own = actor.id if actor.role is Role.NORMAL else None
        return self._redeem(
            lambda: self.model.share_of_use(promo_id, points, own, self.now),
            lambda: use_promo_points(
                actor=actor, promo_id=promo_id, points=points, key=key, now=self.now
            ),
            actor,
            known,
        )

    def send_use_all(self, actor, key, points, *, known) -> tuple[Any, Any]:
        return self._redeem(
            lambda: self.model.shares_of_all(actor.id, points, self.now),
            lambda: use_my_points(actor=actor, points=points, key=key, now=self.now),
            actor,
            known,
        )

    def _redeem(self, share_out, send, actor, known) -> tuple[Any, Any]:
        expected = self.expect(share_out)
        found = self.outcome(send)
        if isinstance(found, str):
            return expected, found
        use_id = found.redemption.id
        if isinstance(expected, list) and known is None:
            stored = self.model.store_use(use_id, expected, actor.id, self.now)
            expected = (use_id, stored.shown())
        shown = present_redemption(found.redemption, found.parts)
        return expected, (use_id, self._known_of(shown))

    def send_reverse(self, actor, key, use_id, points, *, known) -> tuple[Any, Any]:
        expected = self.expect(
            lambda: self.model.reverse(use_id, points, actor.id, self.now).shown()
        )
        found = self.outcome(
            lambda: self._known_of(
                orjson.loads(
                    reverse_redemption(
                        actor=actor,
                        redemption_id=use_id,
                        present=lambda *shown: as_text(present_redemption(*shown)),
                        points=points,
                        key=key,
                        now=self.now,
                    ).answer
                )
            )
        )
        return expected, found

    # Small things.

    def expect(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except Refused as refused:
            return str(refused)

    def outcome(self, send: Callable[[], Any]) -> Any:
        try:
            return send()
        except Problem as problem:
            return problem.code
        except ValidationError:
            return "validation_error"

    def pick(self, known: dict[UUID, Any], place: int) -> UUID:
        """One of those, or now and then one that nobody has heard of."""
        ids = list(known)
        return (
            ids[place % len(ids)] if ids and (place or known is self.truth) else uuid7()
        )

    def in_hours(self, hours: int | None) -> datetime | None:
        return None if hours is None else self.now + hours * HOUR

    def normal(self, place: int) -> Caller:
        return Caller(self.pick(self.truth, place), Role.NORMAL, "somebody", uuid7())

    def actor(self, place: int) -> Caller:
        return self.admin if place % 3 == 0 else self.normal(place)

    @staticmethod
    def shown_promo(promo: Any) -> tuple[Any, ...]:
        return (
            promo.code,
            promo.amount,
            promo.remaining,
            promo.start,
            promo.end,
            promo.is_active,
            promo.deleted,
            promo.version,
        )

    @staticmethod
    def shown_row(row: Promo) -> tuple[Any, ...]:
        return (
            row.promo_code,
            row.promo_amount,
            row.remaining_points,
            row.start_time,
            row.end_time,
            row.is_active,
            row.deleted_at is not None,
            row.version,
        )

    @staticmethod
    def _known_of(shown: dict[str, Any]) -> dict[str, Any]:
        names = ("points", "reversed_points", "remaining_points")
        parts = [
            (
                UUID(str(part["promo_id"])),
                part["points"],
                part["reversed_points"],
                part["remaining_points"],
            )
            for part in shown["parts"]
        ]
        return {**{name: shown[name] for name in names}, "parts": parts}
