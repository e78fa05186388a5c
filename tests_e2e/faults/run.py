"""What `make test-faults` runs: clients, kills, and the comparison afterwards."""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

from local.console import Progress, Refusal, complain, say
from local.stack import Stack, StackFailed
from local.waiting import wait_until
from tests_e2e.faults.crowd import Crowd
from tests_e2e.faults.journal import Journal, Kind, tally
from tests_e2e.faults.killing import Killer
from tests_e2e.faults.log_ins import Unfair, try_a_rush
from tests_e2e.faults.persistence import PersistentClient, Person
from tests_e2e.faults.records import count_waiting_events, read_records
from tests_e2e.faults.verdict import find_wrongs
from tests_e2e.faults.world import World, populate

_OUTBOX_SECONDS = 90
_SHOWN_WRONGS = 20


class FoundWanting(Exception):
    """Something was lost, doubled or untrue."""


@dataclass
class Trial:
    """One run: its size, its chance, and what comes of it."""

    kills: int
    seed: str
    journal: Journal = field(default_factory=Journal)
    began: float = field(default_factory=time.monotonic)

    def run(self, stack: Stack) -> None:
        """Kill, compare, and print the counts. Raises StackFailed and FoundWanting."""
        chance = random.Random(self.seed)
        client = PersistentClient(stack.base_url, self.journal, chance)
        world = populate(client, Person("admin", stack.admin_password))
        crowd = Crowd(stack.base_url, self.journal, world, self.seed)
        killer = Killer(stack, random.Random(f"{self.seed} killer"))
        crowd.start()
        self._kill(killer)
        crowd.stop()
        wrongs = self._judge(stack, world)
        self._show(killer, wrongs)
        if wrongs:
            raise FoundWanting

    def _kill(self, killer: Killer) -> None:
        progress = Progress()
        for number, kill in enumerate(killer.turns(self.kills), start=1):
            killer.rest()
            began = time.monotonic()
            died = kill()
            progress.show(
                f"kill {number:3} of {self.kills}: {died}, back after "
                f"{time.monotonic() - began:.1f} s; "
                f"{self.journal.count_acknowledged():,} operations acknowledged"
            )
        progress.finish()
        killer.rest()

    def _judge(self, stack: Stack, world: World) -> list[str]:
        auth, promo = (
            stack.database_url(name) for name in ("auth_service", "promo_service")
        )
        if not wait_until(lambda: count_waiting_events(auth) == 0, _OUTBOX_SECONDS):
            self.journal.complain("the outbox does not become empty")
        self._verify_ledger(stack)
        records = read_records(auth, promo)
        return list(find_wrongs(self.journal, records, world.states))

    def _verify_ledger(self, stack: Stack) -> None:
        try:
            said = stack.manage("promo_service", "verify_ledger")
            say(f"verify_ledger: {said.rstrip().splitlines()[-1]}")
        except subprocess.CalledProcessError as error:
            self.journal.complain(f"verify_ledger says: {error.stdout}")

    def _show(self, killer: Killer, wrongs: list[str]) -> None:
        say(f"Kills (SEED={self.seed}):")
        for kind, count in sorted(killer.kills.items()):
            say(f"  {count:6,}  {kind}")
        say(f"  {killer.kills.total():6,}  in all; {killer.in_a_batch} times the relay")
        say("          died with events that it had yet to deliver")
        columns = ("acknowledged", "refused", "undecided", "retried", "replayed")
        say(f"{'Operations:':18}{''.join(f'{name:>14}' for name in columns)}")
        for kind in (*Kind, None):
            counts = tally(self.journal if kind is None else self.journal.of(kind))
            cells = "".join(f"{counts[name]:14,}" for name in columns)
            say(f"  {kind or 'in all':16}{cells}")
        for wrong in wrongs[:_SHOWN_WRONGS]:
            say(f"WRONG: {wrong}")
        minutes, seconds = divmod(round(time.monotonic() - self.began), 60)
        say(f"Wrong: {len(wrongs)}; it took {minutes} min {seconds} s")


def main() -> int:
    """Try it; returns 0 if nothing is wrong, otherwise 1."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    stack = None
    try:
        trial = Trial(_read_kills(), os.environ.get("SEED") or secrets.token_hex(4))
        say(f"Starting a system of its own; {trial.kills} kills, SEED={trial.seed}")
        with Stack() as stack:
            trial.run(stack)
        try_a_rush()
    except Refusal as error:
        complain(f"Promo System: {error}")
    except (StackFailed, FoundWanting, Unfair) as error:
        complain(f"{error}\nIts data and logs are kept in {stack and stack.state_dir}")
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    else:
        return 0
    return 1


def _read_kills() -> int:
    text = os.environ.get("KILLS") or "120"
    if text.isascii() and text.isdigit() and int(text):
        return int(text)
    raise Refusal(f"KILLS is {text!r}, and should be a number: KILLS=30")


if __name__ == "__main__":
    sys.exit(main())
