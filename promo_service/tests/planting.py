"""Doing by hand what no code can: past triggers and constraints, as their owner.

Everything is taken back with the test's own transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from promo_service.promos.services.granting import Grant, create_promo
from promo_service.promos.services.idempotency import KeyedRequest
from promo_service.promos.services.modifying import delete_promo, modify_promo
from promo_service.promos.services.reversing import reverse_redemption
from promo_service.promos.services.using import use_promo_points
from promo_service.promos.services.using_all import use_my_points
from promo_service.promos.verification import verify
from promo_service.tests.conftest import Person

if TYPE_CHECKING:
    from promo_service.promos.models import Promo

ENTRY = "UPDATE ledger_entry SET {} WHERE promo_id = '<promo>' AND sequence = {}"
PROMO = "UPDATE promo SET {} WHERE id = '<promo>'"
REVISION = "UPDATE promo_revision SET {} WHERE promo_id = '<promo>' AND version = {}"
REDEMPTION = "UPDATE redemption SET {} WHERE id = '<redemption>'"
PART = "UPDATE redemption_part SET {} WHERE redemption_id = '<redemption>'"
REVERSAL = "UPDATE reversal SET {} WHERE redemption_id = '<redemption>'"
KEY = "UPDATE idempotency_key SET {} WHERE key = '{}'"

_GUARDED = ("ledger_entry", "promo_revision")


@dataclass
class History:
    """The ids of promos with entries of every type, and of who and what else is."""

    promo: UUID
    other: UUID
    deleted: UUID
    redemption: UUID
    both: UUID
    holder: UUID
    stranger: UUID

    def name(self, text: str) -> str:
        """Put the ids where their names stand in pointed brackets."""
        for name, value in vars(self).items():
            text = text.replace(f"<{name}>", str(value))
        return text


def make_history(owner: Person, administrator: Person, stranger: Person) -> History:
    """The promo's entries: grant 100, use 30, reverse 5, adjust 20, use 95.

    The last use takes 55 of the other promo too; of the deleted one 100 were voided.
    """

    def key(person: Person, name: str) -> KeyedRequest:
        return KeyedRequest(person.id, name, b"f" * 32)

    def give(code: str) -> UUID:
        kept: list[Promo] = []
        grant = Grant(
            user_id=owner.id, promo_type="gift", promo_code=code, promo_amount=100
        )
        create_promo(
            actor=administrator.caller,
            grant=grant,
            present=lambda promo: kept.append(promo) or f'{{"id": "{promo.id}"}}',  # type: ignore[func-returns-value]
            key=key(administrator, f"give-{code}"),
        )
        return kept[0].id

    promo, other, deleted = give("A"), give("B"), give("C")
    redemption = use_promo_points(
        actor=owner.caller, promo_id=promo, points=30, key=key(owner, "use")
    ).redemption.id
    reverse_redemption(
        actor=administrator.caller,
        redemption_id=redemption,
        points=5,
        present=lambda given_back, _: f'{{"id": "{given_back.id}", "parts": []}}',
        key=key(administrator, "reverse"),
    )
    modify_promo(
        actor=administrator.caller, promo_id=promo, changes={"promo_amount": 120}
    )
    delete_promo(actor=administrator.caller, promo_id=deleted)
    both = use_my_points(actor=owner.caller, points=150).redemption.id
    return History(promo, other, deleted, redemption, both, owner.id, stranger.id)


def execute(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements:
            cursor.execute(statement)


def plant(change: str, *, dropped: str | None = None) -> None:
    """Make a change that triggers or the constraint `dropped` would refuse."""
    table = change.split()[2 if change.startswith(("DELETE", "INSERT")) else 1]
    execute(
        [
            *(f"ALTER TABLE {each} DISABLE TRIGGER USER" for each in _GUARDED),
            *([f"ALTER TABLE {table} DROP CONSTRAINT {dropped}"] if dropped else []),
            change,
            *(f"ALTER TABLE {each} ENABLE TRIGGER USER" for each in _GUARDED),
        ]
    )


def find(**options: Any) -> list[str]:
    """All that verify_ledger would name, sorted."""
    found = [each for step in verify(**options) for each in step.violations]
    return sorted(str(each) for each in found)


def assert_found(expected: Iterable[str]) -> None:
    """What is found is what is expected, where `*` stands for anything."""
    found, patterns = find(), sorted(expected)
    matches = [fnmatchcase(*pair) for pair in zip(found, patterns, strict=False)]
    assert len(found) == len(patterns), "\n".join(["found:", *found])
    assert all(matches), "\n".join(["found:", *found, "expected:", *patterns])
