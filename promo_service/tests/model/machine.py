"""Random operations in any order, each compared with the model's answer."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from uuid_utils.compat import uuid7

from promo_service.promos.models import LedgerEntry, Promo, PromoRevision
from promo_service.promos.services.following_users import UserEvent, apply_user_event
from promo_service.promos.services.modifying import delete_promo, modify_promo
from promo_service.tests.conftest import store_holder
from promo_service.tests.model.comparison import Comparison, seen
from promo_service.tests.model.ledger_model import User

PICK = st.integers(0, 50)
POINTS = st.integers(1, 60)
ON = st.sampled_from([True, True, True, False])
CODES = st.sampled_from(["A", "B", "C"])
KEYS = st.sampled_from([None, None, "k1", "k2", "k3"])
STARTS = st.sampled_from([None, None, None, None, -2, 2])
ENDS = st.sampled_from([None, None, 2, 5, 9, 30, 30, -1])
VERSIONS = st.sampled_from([None, None, {1}, {2, 3}, {1, 2, 3, 4}, set()])
MODEL_NAMES = {
    "promo_code": "code",
    "promo_amount": "amount",
    "end_time": "end",
    "start_time": "start",
    "is_active": "is_active",
}


class PromoMachine(Comparison, RuleBasedStateMachine):
    """Two users and an administrator, who do anything in any order."""

    @initialize()
    def two_users_are_known(self) -> None:
        for _ in range(2):
            user = User(uuid7())
            store_holder(user.id)
            self.model.users[user.id] = user
            self.truth[user.id] = user
        for who, points in [(0, 60), (1, 40)]:
            self.grant(who, "A", points, None, None, True, None)

    # What happens.

    @rule(minutes=st.integers(-30, 60))
    def time_passes_or_the_clock_is_set_back(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(who=PICK, code=CODES, points=POINTS, start=STARTS, end=ENDS, on=ON, key=KEYS)
    def grant(self, who, code, points, start, end, on, key) -> None:
        holder_id = self.pick(self.truth, who)
        grant = {
            "code": code,
            "amount": points,
            "start": self.in_hours(start),
            "end": self.in_hours(end),
            "is_active": on,
        }
        self.once(key, self.admin, "grant", (holder_id, grant), self.send_grant)

    @rule(promo=PICK, points=POINTS, actor=PICK, key=KEYS)
    def use(self, promo, points, actor, key) -> None:
        who = self.actor(actor)
        request = (self.pick(self.model.promos, promo), points)
        self.once(key, who, "use", request, self.send_use)

    @rule(points=POINTS, actor=PICK, key=KEYS)
    def use_all(self, points, actor, key) -> None:
        who = self.normal(actor)
        self.once(key, who, "use_all", (points,), self.send_use_all)

    @rule(use=PICK, points=st.one_of(st.none(), POINTS), key=KEYS, gone=PICK)
    def reverse(self, use, points, key, gone) -> None:
        use_id = self.pick(self.model.redemptions, use)
        if use_id in self.model.redemptions and gone % 4 == 3:
            self.delete_one(self.model.redemptions[use_id].parts[-1].promo_id, None)
        request = (use_id, points)
        self.once(key, self.admin, "reverse", request, self.send_reverse)

    @rule(
        promo=PICK,
        versions=VERSIONS,
        changes=st.fixed_dictionaries(
            {},
            optional={
                "promo_code": CODES,
                "promo_amount": POINTS,
                "end_time": ENDS,
                "start_time": st.integers(-2, 3),
                "is_active": st.booleans(),
            },
        ),
    )
    def modify(self, promo, versions, changes) -> None:
        promo_id = self.pick(self.model.promos, promo)
        changes = {
            name: self.in_hours(value) if name.endswith("_time") else value
            for name, value in changes.items()
        }
        in_model = {MODEL_NAMES[name]: value for name, value in changes.items()}
        expected = self.expect(
            lambda: self.shown_promo(
                self.model.modify(promo_id, in_model, versions, self.admin.id, self.now)
            )
        )
        found = self.outcome(
            lambda: self.shown_row(
                modify_promo(
                    actor=self.admin,
                    promo_id=promo_id,
                    changes=changes,
                    versions=versions,
                    now=self.now,
                )
            )
        )
        assert found == expected
        seen["modify", found if isinstance(found, str) else "ok"] += 1

    @rule(promo=PICK, points=st.sampled_from([1, 5, 60]))
    def change_the_amount(self, promo, points) -> None:
        self.modify(promo, None, {"promo_amount": points})

    @rule(promo=PICK, versions=VERSIONS, sure=PICK)
    def delete(self, promo, versions, sure) -> None:
        if sure % 5:
            return  # or hardly a promo would live long enough to be used
        self.delete_one(self.pick(self.model.promos, promo), versions)

    def delete_one(self, promo_id, versions) -> None:
        by = {"versions": versions, "now": self.now}
        expected = self.expect(
            lambda: self.model.delete(promo_id, actor=self.admin.id, **by)
        )
        found = self.outcome(
            lambda: delete_promo(actor=self.admin, promo_id=promo_id, **by)
        )
        assert found == expected
        seen["delete", found or "ok"] += 1

    @rule(who=PICK, what=st.sampled_from(["promote", "demote", "suspend", "delete"]))
    def auth_service_changes_a_user(self, who, what) -> None:
        user = self.truth[self.pick(self.truth, who)]
        changed = replace(user, version=user.version + 1)
        if what == "suspend":
            changed.is_active = not user.is_active
        elif what == "delete":
            changed.deleted = True
        else:
            changed.role = "administrator" if what == "promote" else "normal"
        if user.deleted or changed == replace(user, version=changed.version):
            return
        if what in ("promote", "delete"):
            changed.void_version = changed.version
        self.truth[user.id] = changed
        self.events.append(changed)

    @rule(which=PICK)
    def an_event_arrives_perhaps_again_and_in_any_order(self, which) -> None:
        if not self.events:
            return
        told = self.events[which % len(self.events)]
        event = {
            **{name: value for name, value in vars(told).items() if name != "id"},
            "id": str(uuid7()),
            "user_id": str(told.id),
            "actor_id": str(self.admin.id),
            "erased": False,
            "username": f"user-{told.id}",
            "name": "Some Body",
        }
        expected = self.model.hear(told, self.admin.id, self.now)
        assert apply_user_event(UserEvent.read(event), now=self.now) == expected
        seen["event", expected] += 1

    @rule(which=PICK)
    def somebody_tries_again(self, which) -> None:
        if self.retries:
            self.retries[which % len(self.retries)]()

    # What must be true after each of these.

    @invariant()
    def ledgers_are_the_models(self) -> None:
        rows = LedgerEntry.objects.filter(holder_id__in=self.truth)
        found: dict[UUID, list[tuple[Any, ...]]] = {}
        for row in rows.order_by("promo_id", "sequence"):
            entries = found.setdefault(row.promo_id, [])
            assert row.sequence == len(entries) + 1
            moved = (row.type, row.points, row.balance, row.redemption_id)
            entries.append((*moved, row.actor_id, row.creation_time))
        assert found == {
            promo_id: promo.entries for promo_id, promo in self.model.promos.items()
        }

    @invariant()
    def promos_are_the_models(self) -> None:
        rows = Promo.objects.filter(holder_id__in=self.truth)
        assert {row.id: self.shown_row(row) for row in rows} == {
            promo_id: self.shown_promo(promo)
            for promo_id, promo in self.model.promos.items()
        }

    @invariant()
    def every_version_has_its_revision(self) -> None:
        rows = PromoRevision.objects.filter(holder_id__in=self.truth)
        found: dict[UUID, list[bool]] = {}
        for row in rows.order_by("promo_id", "version"):
            revisions = found.setdefault(row.promo_id, [])
            revisions.append(row.deleted)
            assert row.version == len(revisions)
        assert found == {
            promo_id: [False] * (promo.version - 1) + [promo.deleted]
            for promo_id, promo in self.model.promos.items()
        }
