"""Who takes part, and what each of them does all day."""

import random
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests_e2e.faults.journal import Kind, Operation
from tests_e2e.faults.persistence import PersistentClient, Person

# Some stay as they are and use their own points; the others are changed all the time.
_STEADY, _CHANGING, _ADMINISTRATORS = 12, 24, 3
_PASSWORD = "a pass phrase for all of them"
_NUMBER = "+201001234567"


@dataclass
class Change:
    """What a user should be, as of the last change that was acknowledged."""

    name: str
    role: str = "normal"
    is_active: bool = True
    deleted: bool = False
    # Whether their promos were to be voided at some time.
    voided: bool = False


@dataclass
class World:
    """The people, and what is known of their promos and redemptions."""

    administrators: list[Person]
    steady: list[Person] = field(default_factory=list)
    changing: list[Person] = field(default_factory=list)
    states: dict[str, Change] = field(default_factory=dict)
    _promos: dict[str, list[str]] = field(default_factory=dict)
    _redemptions: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_promo(self, answer: dict[str, Any]) -> None:
        """Remember a promo that was granted."""
        with self._lock:
            promos = self._promos.setdefault(answer["user"]["id"], [])
            promos.append(answer["id"])

    def add_redemption(self, answer: dict[str, Any]) -> None:
        """Remember a redemption, which may be given back."""
        with self._lock:
            self._redemptions.append(answer["id"])

    def choose_promo(self, holder: Person, rng: random.Random) -> str | None:
        """Return one of the holder's last promos, None where there are none."""
        with self._lock:
            promos = self._promos.get(holder.id, [])[-5:]
        return rng.choice(promos) if promos else None

    def choose_redemption(self, rng: random.Random) -> str | None:
        """Return one of the last redemptions, None where there are none."""
        with self._lock:
            redemptions = self._redemptions[-200:]
        return rng.choice(redemptions) if redemptions else None


def populate(client: PersistentClient, first: Person) -> World:
    """Make everybody, and give each of them a promo."""
    world = World([first])
    first.id = client.read("/api/v1/users/me", first)["id"]
    for _ in range(_ADMINISTRATORS - 1):
        world.administrators.append(make_user(client, world, "administrator"))
    world.steady = [make_user(client, world) for _ in range(_STEADY)]
    world.changing = [make_user(client, world) for _ in range(_CHANGING)]
    for holder in (*world.steady, *world.changing):
        grant(client, world, holder)
    return world


def make_user(client: PersistentClient, world: World, role: str = "normal") -> Person:
    """Return a new user, whom an administrator made."""
    username = f"{role}-{uuid.uuid4().hex[:12]}"
    body = {"username": username, "password": _PASSWORD, "name": "Some Body"}
    body["role"] = role
    if role == "normal":
        body["mobile_number"] = _NUMBER
    by = world.administrators[0]
    made = client.settle(
        Operation(
            Kind.USER,
            by.id,
            "POST",
            "/api/v1/users",
            body,
            done_before="username_taken",
        ),
        by,
    )
    person = Person(username, _PASSWORD)
    if made.status == 201:
        person.id = made.answer["id"]
    else:
        found = client.read(f"/api/v1/users?search={username}", by)
        person.id = found["results"][0]["id"]
    world.states[person.id] = Change(name="Some Body", role=role)
    return person


def grant(client: PersistentClient, world: World, holder: Person) -> None:
    """Give the holder a promo, if they may have one."""
    by = client.random.choice(world.administrators)
    body = _new_promo(holder, client.random)
    granted = client.settle(
        Operation(Kind.GRANT, by.id, "POST", "/api/v1/promos", body), by
    )
    if granted.acknowledged:
        world.add_promo(granted.answer)


def grant_many(client: PersistentClient, world: World) -> None:
    """Give promos to several holders, or to none of them."""
    by = client.random.choice(world.administrators)
    everybody = [*world.steady, *world.changing[: client.random.choice([0, 0, 2])]]
    holders = client.random.choices(everybody, k=client.random.randint(2, 12))
    body = {"promos": [_new_promo(holder, client.random) for holder in holders]}
    granted = client.settle(
        Operation(Kind.BULK, by.id, "POST", "/api/v1/promos/bulk", body), by
    )
    if granted.acknowledged:
        for promo in granted.answer["results"]:
            world.add_promo(promo)


def use(client: PersistentClient, world: World) -> None:
    """Use points of one promo: one's own, or as an administrator anybody's."""
    rng = client.random
    holder = rng.choice([*world.steady, *world.changing])
    promo = world.choose_promo(holder, rng)
    if promo is None:
        return
    own = holder in world.steady and rng.random() < 0.7
    actor = holder if own else rng.choice(world.administrators)
    body = {"points": rng.randint(1, 9), "task": "A coffee"}
    path = f"/api/v1/promos/{promo}/use"
    used = client.settle(Operation(Kind.USE, actor.id, "POST", path, body), actor)
    if used.acknowledged:
        world.add_redemption(used.answer)


def use_all(client: PersistentClient, world: World) -> None:
    """Use one's points, wherever they are."""
    holder = client.random.choice(world.steady)
    body = {"points": client.random.randint(1, 60)}
    used = client.settle(
        Operation(Kind.USE_ALL, holder.id, "POST", "/api/v1/promos/me/use", body),
        holder,
    )
    if used.acknowledged:
        world.add_redemption(used.answer)


def reverse(client: PersistentClient, world: World) -> None:
    """Give points back, some or all that are left."""
    redemption = world.choose_redemption(client.random)
    if redemption is None:
        return
    by = client.random.choice(world.administrators)
    some = {"points": client.random.randint(1, 5), "reason": "The coffee was cold"}
    body = some if client.random.random() < 0.7 else {}
    path = f"/api/v1/redemptions/{redemption}/reverse"
    client.settle(Operation(Kind.REVERSE, by.id, "POST", path, body), by)


def change_user(client: PersistentClient, world: World, of: list[Person]) -> None:
    """Change one of these users, whom nobody else changes."""
    rng = client.random
    user = rng.choice(of)
    state = world.states[user.id]
    what = rng.choices(["role", "state", "name", "delete"], [5, 5, 3, 1])[0]
    if what == "delete":
        _delete_user(client, world, user)
        of[of.index(user)] = replacement = make_user(client, world)
        world.changing[world.changing.index(user)] = replacement
        grant(client, world, replacement)
        return
    body: dict[str, Any]
    if what == "role" and state.role == "normal":
        body = {"role": "administrator"}
    elif what == "role":
        body = {"role": "normal", "mobile_number": _NUMBER}
    elif what == "state":
        body = {"is_active": not state.is_active}
    else:
        body = {"name": f"Some Body {rng.randint(1, 10**6)}"}
    if body.get("role") == "administrator":
        state.voided = True
    by = world.administrators[0]
    path = f"/api/v1/users/{user.id}"
    done = client.settle(Operation(Kind.USER, by.id, "PATCH", path, body), by)
    if not done.acknowledged:
        client.journal.complain(f"{done} was refused")
        return
    state.role = body.get("role", state.role)
    state.is_active = body.get("is_active", state.is_active)
    state.name = body.get("name", state.name)


def _delete_user(client: PersistentClient, world: World, user: Person) -> None:
    world.states[user.id].voided = True
    by = world.administrators[0]
    path = f"/api/v1/users/{user.id}"
    gone = Operation(Kind.USER, by.id, "DELETE", path, done_before="not_found")
    if not client.settle(gone, by).acknowledged:
        client.journal.complain(f"{gone} was refused")
    world.states[user.id].deleted = True


def _new_promo(holder: Person, rng: random.Random) -> dict[str, Any]:
    return {
        "user_id": holder.id,
        "promo_type": "welcome",
        "promo_code": uuid.uuid4().hex.upper(),
        "promo_amount": rng.randint(20, 200),
    }
