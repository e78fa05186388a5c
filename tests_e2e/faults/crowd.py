"""Threads of clients, busy until they are told to stop."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests_e2e.faults import world as acts
from tests_e2e.faults.journal import Journal
from tests_e2e.faults.persistence import PersistentClient, Person
from tests_e2e.faults.world import World

_USING, _CHANGING = 6, 2
_LAST_ANSWER_SECONDS = 240

Act = Callable[[PersistentClient, World], None]
# How often each happens, of a hundred; for the rest of it somebody is given a promo.
_ACTS: tuple[tuple[Act, int], ...] = (
    (acts.use, 52),
    (acts.use_all, 14),
    (acts.reverse, 14),
    (acts.grant_many, 5),
)


@dataclass
class Crowd:
    """Everybody at once, each with a client and a chance of their own."""

    base_url: str
    journal: Journal
    world: World
    seed: str
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Let them begin."""
        for number in range(_USING):
            self._begin(f"user {number}", self._use_points)
        changing = self.world.changing
        for number in range(_CHANGING):
            share = changing[number::_CHANGING]
            self._begin(f"changer {number}", self._changing(share))

    def stop(self) -> None:
        """Let each finish what they are about, and return when all have."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=_LAST_ANSWER_SECONDS)
            if thread.is_alive():
                self.journal.complain(f"{thread.name} never got an answer")

    def _begin(self, name: str, act: Callable[[PersistentClient], None]) -> None:
        chance = random.Random(f"{self.seed} {name}")
        client = PersistentClient(self.base_url, self.journal, chance)

        def be_busy() -> None:
            try:
                while not self._stop.is_set():
                    act(client)
            except Exception as error:  # noqa: BLE001 - the verdict tells of it
                self.journal.complain(f"{name} gave up: {error!r}")

        thread = threading.Thread(target=be_busy, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _use_points(self, client: PersistentClient) -> None:
        chosen = client.random.randrange(100)
        for act, weight in _ACTS:
            if chosen < weight:
                act(client, self.world)
                return
            chosen -= weight
        everybody = [*self.world.steady, *self.world.changing]
        acts.grant(client, self.world, client.random.choice(everybody))

    def _changing(self, share: list[Person]) -> Callable[[PersistentClient], None]:
        def act(client: PersistentClient) -> None:
            acts.change_user(client, self.world, share)
            self._stop.wait(client.random.uniform(0, 0.2))

        return act
