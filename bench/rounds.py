"""Runs every load on every side, in turn and several times over."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from bench.choices import Choices
from bench.counting import count_statements
from bench.loads import Load, Side
from bench.processes import MemoryWatch, read_busy_seconds, read_cpu_seconds
from bench.results import Outcome, Results, Run
from bench.sides import Sides
from local.console import Progress

_WARM_UP_SECONDS = 1


@dataclass
class Rounds:
    """The measuring of all sides."""

    sides: Sides
    choices: Choices
    results: Results = field(default_factory=Results)
    # Of the loads' uses, those that were answered 201, and those that may be under way
    # when a load ends.
    acknowledged: int = 0
    under_way: int = 0

    def run(self) -> Results:
        """Return what was measured; raises RunFailed where a run went wrong."""
        progress = Progress()
        self._warm_up(progress)
        for number in range(1, self.choices.rounds + 1):
            for load in self.choices.loads:
                # Each side is the first in its turn.
                turn = number % len(load.sides)
                for side in (*load.sides[turn:], *load.sides[:turn]):
                    run = self._measure(load, side, number)
                    self.results.runs.append(run)
                    progress.show(_describe(run, self.choices.rounds))
        progress.finish()
        return self.results

    def _warm_up(self, progress: Progress) -> None:
        for load in self.choices.loads:
            for side in load.sides:
                if side in {Side.PRODUCT, Side.FLOOR}:
                    progress.show(f"warming up: {load.name}, {side}")
                    self.sides.world.people.prepare(load.people)
                    self._load(load, side, _WARM_UP_SECONDS * load.lasting)

    def _measure(self, load: Load, side: Side, number: int) -> Run:
        world = self.sides.world
        world.people.prepare(load.people)
        statements = None
        with contextlib.ExitStack() as watched:
            if side is Side.PRODUCT:
                statements = watched.enter_context(
                    count_statements(world.stack, load.service)
                )
                watched.enter_context(MemoryWatch(world.servers(), self.results.memory))
            before = world.read_cpu()
            foreign = watched.enter_context(_watch_others())
            outcome = self._load(load, side, self.choices.seconds * load.lasting)
            cpu = world.read_cpu()
        return Run(
            load,
            side,
            number,
            outcome,
            {name: (cpu[name] - before[name]) * 1000 / outcome.done for name in cpu},
            statements.a_request() if statements else None,
            foreign[0],
        )

    def _load(self, load: Load, side: Side, seconds: int) -> Outcome:
        outcome = self.sides.load(load, side, seconds)
        if load.script == "use":
            self.acknowledged += outcome.done
            waits = side is Side.DATABASE or self.sides.generator.waits
            self.under_way += 0 if waits else load.connections
        return outcome


@contextlib.contextmanager
def _watch_others() -> Iterator[list[float]]:
    """Give a list that will hold the share of the machine that others took."""
    share = [0.0]
    ours, busy = read_cpu_seconds(os.getpid()), read_busy_seconds()
    began = time.monotonic()
    yield share
    elapsed = (time.monotonic() - began) * (os.cpu_count() or 1)
    others = read_busy_seconds() - busy - read_cpu_seconds(os.getpid()) + ours
    share[0] = min(1.0, max(0.0, others / elapsed))


def _describe(run: Run, rounds: int) -> str:
    return (
        f"round {run.round} of {rounds}: {run.load.name}, {run.side}: "
        f"{run.rate:,.0f} {run.load.unit} a second; "
        f"others took {run.foreign:.0%} of the machine"
    )
