"""Doing by hand what no code can: past triggers and constraints, as their owner."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from uuid import UUID

from django.db import connection

from chassis.strict_json import JsonRenderer
from promo_service.promos.clock import database_time
from promo_service.promos.models import Promo
from promo_service.promos.serializers.presenting import (
    present_promo,
    present_redemption,
)
from promo_service.promos.services.bulk_granting import create_promos
from promo_service.promos.services.closing import close_days
from promo_service.promos.services.granting import Grant, create_promo
from promo_service.promos.services.idempotency import KeyedRequest
from promo_service.promos.services.modifying import delete_promo, modify_promo
from promo_service.promos.services.reversing import reverse_redemption
from promo_service.promos.services.using import use_promo_points
from promo_service.promos.services.using_all import use_my_points
from promo_service.promos.verification import definitions, verify
from promo_service.tests.conftest import Person

_MINUTE = timedelta(minutes=1)


@dataclass
class History:
    """The ids of promos with entries of every type, and of who and what else is."""

    promo: UUID
    other: UUID
    deleted: UUID
    empty: UUID
    bulk: UUID
    redemption: UUID
    both: UUID
    helped: UUID
    holder: UUID
    stranger: UUID
    administrator: UUID

    def name(self, text: str) -> str:
        """Put the ids where their names stand in pointed brackets."""
        for name, value in vars(self).items():
            text = text.replace(f"<{name}>", str(value))
        return text


class _Maker:
    """What happens one after the other, a minute apart, three days ago."""

    def __init__(self, owner: Person, administrator: Person) -> None:
        self.owner = owner.caller
        self.administrator = administrator.caller
        started = database_time() - timedelta(days=3)
        self._now = started.replace(hour=10)

    def now(self) -> datetime:
        self._now += _MINUTE
        return self._now

    def key(self, actor: Any, name: str) -> KeyedRequest:
        return KeyedRequest(actor.id, name, b"f" * 32)

    def give(self, code: str, **attributes: Any) -> UUID:
        create_promo(
            actor=self.administrator,
            grant=self.grant_of(code, **attributes),
            present=lambda promo: _text(present_promo(promo)),
            key=self.key(self.administrator, f"give-{code}"),
            now=self.now(),
        )
        return Promo.objects.get(promo_code=code).id

    def grant_of(self, code: str, **attributes: Any) -> Grant:
        return Grant(
            user_id=self.owner.id,
            promo_type="gift",
            promo_code=code,
            promo_amount=100,
            **attributes,
        )

    def give_back(self, redemption: UUID, points: int, key: str | None = None) -> None:
        reverse_redemption(
            actor=self.administrator,
            redemption_id=redemption,
            points=points,
            present=lambda given, parts: _text(present_redemption(given, parts)),
            key=self.key(self.administrator, key) if key else None,
            now=self.now(),
        )


def _text(shown: Any) -> str:
    return JsonRenderer().render(shown).decode()


def make_history(owner: Person, administrator: Person, stranger: Person) -> History:
    """Let something of every kind happen, and close the days.

    The promo's entries: grant 100, use 30, reverse 5, reverse 6, adjust 20, use 91, and
    two reverses of 3 and 4. The last use takes 59 of the other promo too. Of the
    deleted promo 100 were voided, of the empty one, used up and deleted, nothing.
    """
    make = _Maker(owner, administrator)
    end = make.now() + timedelta(days=90)
    promo = make.give("A", end_time=end, description="of a person")
    other = make.give("B", end_time=end + timedelta(days=1))
    deleted = make.give("C")
    empty = make.give("D", end_time=end - timedelta(days=9))
    create_promos(
        actor=make.administrator,
        grants={0: make.grant_of("E"), 1: make.grant_of("F", is_active=False)},
        faults={},
        present=lambda found: _text({"results": [present_promo(p) for p in found]}),
        key=make.key(make.administrator, "bulk"),
        now=make.now(),
    )
    used = use_promo_points(
        actor=make.owner,
        promo_id=promo,
        points=30,
        key=make.key(make.owner, "use"),
        now=make.now(),
    ).redemption.id
    make.give_back(used, 5, "reverse")
    make.give_back(used, 6, "again")
    for changes in ({"promo_amount": 120}, {"description": "changed"}):
        modify_promo(
            actor=make.administrator, promo_id=promo, changes=changes, now=make.now()
        )
    delete_promo(actor=make.administrator, promo_id=deleted, now=make.now())
    helped = use_promo_points(
        actor=make.administrator, promo_id=empty, points=100, now=make.now()
    ).redemption.id
    delete_promo(actor=make.administrator, promo_id=empty, now=make.now())
    both = use_my_points(
        actor=make.owner, points=160, key=make.key(make.owner, "both"), now=make.now()
    ).redemption.id
    make.give_back(both, 62)
    make.give_back(both, 4, "both-back")
    list(close_days())
    bulk = Promo.objects.get(promo_code="E").id
    return History(
        *(promo, other, deleted, empty, bulk, used, both, helped),
        *(owner.id, stranger.id, administrator.id),
    )


def execute(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements:
            cursor.execute(statement)


def lift_guards() -> None:
    """Take every trigger, foreign key, CHECK and NOT NULL away, as an owner can."""
    for name, parts in definitions.read_kept()["objects"].items():
        kind, table, short = name.split(" ", 2)
        if kind == "trigger":
            execute([f"DROP TRIGGER {short} ON {table}"])
        elif kind == "constraint" and not parts["definition"].startswith("PRIMARY"):
            execute([f"ALTER TABLE {table} DROP CONSTRAINT {short}"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class ON "
            "pg_class.oid = attrelid WHERE relname = ANY(%s) AND attnotnull AND "
            "attnum > 0 AND attname NOT IN (SELECT attname FROM pg_index JOIN "
            "pg_attribute AS key ON key.attrelid = indrelid AND key.attnum = "
            "ANY(indkey) WHERE indisprimary AND indrelid = pg_attribute.attrelid "
            "AND key.attname = pg_attribute.attname)",
            [definitions.list_tables()],
        )
        columns = cursor.fetchall()
    execute(
        f"ALTER TABLE {table} ALTER {column} DROP NOT NULL" for table, column in columns
    )
    execute(["DROP INDEX promo_code_once_a_holder"])


def plant(change: str) -> None:
    """Make a change that triggers would refuse, and set them up again."""
    guarded = ("ledger_entry", "promo_revision", "promo")
    execute(
        [
            *(f"ALTER TABLE {each} DISABLE TRIGGER USER" for each in guarded),
            change,
            *(f"ALTER TABLE {each} ENABLE TRIGGER USER" for each in guarded),
        ]
    )


def find(**options: Any) -> list[str]:
    """All that verify_ledger would name, sorted."""
    found = [each for step in verify(**options) for each in step.violations]
    return sorted(str(each) for each in found)


def assert_found(expected: Iterable[str], **options: Any) -> None:
    """What is found is what is expected, where `*` stands for anything."""
    given = options.pop("found", None)
    found = find(**options) if given is None else sorted(map(str, given))
    patterns = sorted(expected)
    matches = [fnmatchcase(*pair) for pair in zip(found, patterns, strict=False)]
    assert len(found) == len(patterns), "\n".join(["found:", *found])
    assert all(matches), "\n".join(["found:", *found, "expected:", *patterns])
