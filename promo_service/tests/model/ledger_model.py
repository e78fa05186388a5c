"""A small model of the promo service: plain Python, no database, no locks.

It says for every operation what the answer must be and what the ledger must hold. It is
written from the contract, not from the code; what it returns is what `machine.py`
compares with.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

Entry = tuple[str, int, int, UUID | None, UUID, datetime]
Changes = dict[str, Any]


class Refused(Exception):
    """The code of the contract that the operation is refused with."""


@dataclass
class User:
    """A user as the promo service knows them."""

    id: UUID
    version: int = 1
    void_version: int = 0
    role: str = "normal"
    is_active: bool = True
    deleted: bool = False

    @property
    def may_hold(self) -> bool:
        return self.is_active and not self.deleted and self.role == "normal"


@dataclass
class PromoModel:
    """A promo with its whole history."""

    holder_id: UUID
    code: str
    amount: int
    remaining: int
    start: datetime
    end: datetime | None
    is_active: bool
    deleted: bool = False
    version: int = 1
    entries: list[Entry] = field(default_factory=list)

    @property
    def last_time(self) -> datetime:
        return self.entries[-1][-1]

    def refusal_at(self, now: datetime) -> str | None:
        if not self.is_active:
            return "promo_inactive"
        if now < self.start:
            return "promo_not_started"
        return "promo_expired" if self.end and now >= self.end else None

    def move(
        self, kind: str, points: int, actor: UUID, now: datetime, use: UUID | None
    ) -> None:
        self.remaining += points
        self.entries.append((kind, points, self.remaining, use, actor, now))

    def retire(self, actor: UUID, now: datetime) -> None:
        if self.remaining:
            self.move("void", -self.remaining, actor, now, None)
        self.deleted = True
        self.version += 1


@dataclass
class Part:
    """A promo's share of a redemption: points, given back, balance after the use."""

    promo_id: UUID
    points: int
    balance: int
    reversed: int = 0


@dataclass
class RedemptionModel:
    """A use, and what was given back of it."""

    holder_id: UUID
    time: datetime
    parts: list[Part]

    @property
    def points(self) -> int:
        return sum(part.points for part in self.parts)

    @property
    def reversed(self) -> int:
        return sum(part.reversed for part in self.parts)

    def shown(self, *, as_used: bool = False) -> dict[str, Any]:
        """The part of the answer that the model knows."""
        back = [0 if as_used else part.reversed for part in self.parts]
        return {
            "points": self.points,
            "reversed_points": sum(back),
            "remaining_points": sum(part.balance for part in self.parts),
            "parts": [
                (part.promo_id, part.points, given, part.balance)
                for part, given in zip(self.parts, back, strict=True)
            ],
        }


class LedgerModel:
    """Everything the promo service knows of a few users."""

    def __init__(self) -> None:
        self.users: dict[UUID, User] = {}
        self.promos: dict[UUID, PromoModel] = {}
        self.redemptions: dict[UUID, RedemptionModel] = {}

    def live_promos(self, holder_id: UUID) -> dict[UUID, PromoModel]:
        """The holder's undeleted promos, the first that was made first."""
        return {
            promo_id: promo
            for promo_id, promo in self.promos.items()
            if promo.holder_id == holder_id and not promo.deleted
        }

    def existing(self, promo_id: UUID, holder_id: UUID | None = None) -> PromoModel:
        promo = self.promos.get(promo_id)
        if promo is None or promo.deleted or holder_id not in (None, promo.holder_id):
            raise Refused("not_found")
        return promo

    def check_grant(self, holder_id: UUID, grant: Changes, now: datetime) -> None:
        if grant["end"] is not None and grant["end"] <= max(grant["start"] or now, now):
            raise Refused("validation_error")
        if not self.users[holder_id].may_hold:
            raise Refused("holder_not_eligible")
        codes = [promo.code for promo in self.live_promos(holder_id).values()]
        if grant["code"] in codes:
            raise Refused("duplicate_promo_code")

    def store_grant(
        self,
        promo_id: UUID,
        holder_id: UUID,
        grant: Changes,
        actor: UUID,
        now: datetime,
    ) -> None:
        promo = PromoModel(
            holder_id=holder_id,
            code=grant["code"],
            amount=grant["amount"],
            remaining=0,
            start=grant["start"] or now,
            end=grant["end"],
            is_active=grant["is_active"],
        )
        promo.move("grant", grant["amount"], actor, now, None)
        self.promos[promo_id] = promo

    def share_of_use(
        self, promo_id: UUID, points: int, holder_id: UUID | None, now: datetime
    ) -> list[tuple[UUID, int]]:
        promo = self.existing(promo_id, holder_id)
        if not self.users[promo.holder_id].may_hold:
            raise Refused("holder_not_eligible")
        if refusal := promo.refusal_at(now):
            raise Refused(refusal)
        if promo.remaining < points:
            raise Refused("insufficient_points")
        return [(promo_id, points)]

    def shares_of_all(
        self, holder_id: UUID, points: int, now: datetime
    ) -> list[tuple[UUID, int]]:
        if not self.users[holder_id].may_hold:
            raise Refused("holder_not_eligible")
        usable = [
            (promo.end is None, promo.end or now, promo_id, promo.remaining)
            for promo_id, promo in self.live_promos(holder_id).items()
            if promo.refusal_at(now) is None and promo.remaining
        ]
        shares = []
        for _, _, promo_id, remaining in sorted(usable, key=lambda row: row[:3]):
            if points:
                shares.append((promo_id, min(points, remaining)))
                points -= shares[-1][1]
        if points:
            raise Refused("insufficient_points")
        return shares

    def store_use(
        self,
        use_id: UUID,
        shares: list[tuple[UUID, int]],
        actor: UUID,
        now: datetime,
    ) -> RedemptionModel:
        promos = [self.promos[promo_id] for promo_id, _ in shares]
        moment = max([now, *(promo.last_time for promo in promos)])
        parts = []
        for promo, (promo_id, points) in zip(promos, shares, strict=True):
            promo.move("use", -points, actor, moment, use_id)
            parts.append(Part(promo_id, points, promo.remaining))
        redemption = RedemptionModel(promos[0].holder_id, moment, parts)
        self.redemptions[use_id] = redemption
        return redemption

    def reverse(
        self, use_id: UUID, points: int | None, actor: UUID, now: datetime
    ) -> RedemptionModel:
        redemption = self.redemptions.get(use_id)
        if redemption is None:
            raise Refused("not_found")
        left = redemption.points - redemption.reversed
        if (points or 0) > left or not left:
            raise Refused("reversal_exceeds_redemption")
        living = [
            part
            for part in reversed(redemption.parts)
            if not self.promos[part.promo_id].deleted
        ]
        reversible = sum(part.points - part.reversed for part in living)
        wanted = reversible if points is None else points
        if wanted > reversible or not reversible:
            raise Refused("promo_deleted")
        shares = []
        for part in living:
            share = min(wanted, part.points - part.reversed)
            wanted -= share
            shares += [(part, share)] if share else []
        promos = [self.promos[part.promo_id] for part, _ in shares]
        moment = max([now, *(promo.last_time for promo in promos)])
        for promo, (part, share) in zip(promos, shares, strict=True):
            part.reversed += share
            promo.move("reverse", share, actor, moment, use_id)
        return redemption

    def modify(
        self,
        promo_id: UUID,
        changes: Changes,
        versions: set[int] | None,
        actor: UUID,
        now: datetime,
    ) -> PromoModel:
        promo = self.existing(promo_id)
        if versions is not None and promo.version not in versions:
            raise Refused("version_mismatch")
        changed = {n: v for n, v in changes.items() if getattr(promo, n) != v}
        start, end = changed.get("start", promo.start), changed.get("end", promo.end)
        if changed and end is not None and end <= start:
            raise Refused("validation_error")
        delta = changed.get("amount", promo.amount) - promo.amount
        if promo.remaining + delta < 0:
            raise Refused("amount_below_used")
        others = [p for p in self.live_promos(promo.holder_id).values() if p != promo]
        if changed.get("code") in [other.code for other in others]:
            raise Refused("duplicate_promo_code")
        for name, value in changed.items():
            setattr(promo, name, value)
        if delta:
            promo.move("adjust", delta, actor, max(now, promo.last_time), None)
        promo.version += bool(changed)
        return promo

    def delete(
        self, promo_id: UUID, versions: set[int] | None, actor: UUID, now: datetime
    ) -> None:
        promo = self.existing(promo_id)
        if versions is not None and promo.version not in versions:
            raise Refused("version_mismatch")
        promo.retire(actor, max(now, promo.last_time))

    def hear(self, told: User, actor: UUID, now: datetime) -> str:
        known = self.users[told.id]
        if told.version <= known.version:
            return "outdated"
        self.users[told.id] = told
        if told.void_version > known.void_version:
            live = list(self.live_promos(told.id).values())
            moment = max([now, *(promo.last_time for promo in live)])
            for promo in live:
                promo.retire(actor, moment)
        return "applied"
