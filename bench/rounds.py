"""Runs every load on every side, in turn and several times over."""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bench.choices import Choices
from bench.loads import Load, Side
from bench.pgbench import Pgbench
from bench.processes import read_busy_seconds, read_cpu_seconds
from bench.results import Outcome, Results, Run, RunFailed
from bench.world import PROMOS, PROMOS_A_HOLDER, World, read_statements
from bench.wrk import Wrk
from local.console import say

_WARM_UP_SECONDS = 1


@dataclass
class Rounds:
    """The measuring of a world."""

    world: World
    choices: Choices
    generator: Wrk
    results: Results = field(default_factory=Results)

    def run(self) -> Results:
        """Return what was measured; raises RunFailed where a run went wrong."""
        for load in self.choices.loads:
            for side in load.sides:
                if side is not Side.DATABASE:
                    self._load(load, side, _WARM_UP_SECONDS)
        for number in range(1, self.choices.rounds + 1):
            for load in self.choices.loads:
                # Each side is first in its turn.
                turn = number % len(load.sides)
                for side in (*load.sides[turn:], *load.sides[:turn]):
                    self._measure(load, side, number)
        return self.results

    def _measure(self, load: Load, side: Side, number: int) -> None:
        before = self.world.read_cpu()
        ours, busy, began = read_cpu_seconds(os.getpid()), read_busy_seconds(), time.monotonic()
        outcome = self._load(load, side, self.choices.seconds)
        elapsed = time.monotonic() - began
        foreign = read_busy_seconds() - busy - read_cpu_seconds(os.getpid()) + ours
        cpu = {
            name: (seconds - before[name]) * 1000 / outcome.done
            for name, seconds in self.world.read_cpu().items()
        }
        share = foreign / elapsed / (os.cpu_count() or 1)
        run = Run(load, side, number, outcome, cpu, max(0.0, share))
        self.results.runs.append(run)
        say(
            f"round {number} of {self.choices.rounds}: {load.name:10} {side:9}"
            f"{outcome.per_second:9,.0f} a second, half within "
            f"{outcome.latency_50:.1f} ms; others took {share:.0%} of the machine"
        )

    def _load(self, load: Load, side: Side, seconds: int) -> Outcome:
        if side is Side.DATABASE:
            return Pgbench(
                self.world.stack.database_url("promo_service"),
                read_statements(self.world.folder)[load.script],
                PROMOS,
                PROMOS_A_HOLDER,
                self.world.folder,
            ).run(load.spread, seconds)
        base_url = self.world.base_url(side)
        try:
            return self.generator.run(
                load.script, base_url, self._variables(load, base_url), seconds=seconds
            )
        except RunFailed as error:
            raise RunFailed(f"{load.name}, {side}: {error}") from error

    def _variables(self, load: Load, base_url: str) -> Mapping[str, str]:
        return {
            "BENCH_EXPECTED": str(load.expected),
            "BENCH_RUN": secrets.token_hex(8),
            "BENCH_HOST": urlsplit(base_url).netloc,
            "BENCH_SEED": str(secrets.randbelow(1_000_000)),
            "BENCH_PEOPLE": str(self.world.people),
            "BENCH_SPREAD": str(load.spread),
        }
