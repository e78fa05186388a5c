"""How many uses a second systems of several sizes take, round by round in turns."""

import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from bench.generators import Generator
from bench.loads import Load
from bench.processes import read_cpu_seconds
from bench.results import Outcome
from bench.scale.world import World

# Many and short: what else the machine does is soon another size's trouble.
ROUNDS = 16
_WARM_UP_ROUNDS = 3
_SECONDS = 3
# Holders who use points: as many at every size, so that their tokens cost the same.
_HOLDERS = 450
# Of each promo that is used: far more than it is used.
_POINTS = 200
_USE = Load(
    name="use",
    operation="Use_promo_points, spread over promos",
    script="use_listed",
    expected=201,
)


@dataclass
class Rates:
    """Uses a second and CPU milliseconds a use, of each round of each size."""

    promos_used: dict[int, int] = field(default_factory=dict)
    rates: dict[int, list[float]] = field(default_factory=dict)
    cpu: dict[int, list[dict[str, float]]] = field(default_factory=dict)

    def rate(self, size: int) -> float:
        """Return the median of the rounds."""
        return median(self.rates[size])

    def cpu_of(self, size: int, program: str) -> float:
        """Return the median of the CPU milliseconds that a use takes of a program."""
        return median(each[program] for each in self.cpu[size])

    def ratio(self, size: int) -> float:
        """Return the rate against that of the smallest system.

        It is the median of the rounds' ratios.
        """
        pairs = zip(self.rates[size], self.rates[min(self.rates)], strict=True)
        return median(large / small for large, small in pairs)

    def ratio_of_cpu(self, size: int) -> float:
        """Return the smallest system's CPU time of a use against this one's.

        That is what the ratio of rates would be where nobody else used the machine.
        """
        pairs = zip(self.cpu[size], self.cpu[min(self.cpu)], strict=True)
        return median(
            sum(small.values()) / sum(large.values()) for large, small in pairs
        )


def measure_rates(worlds: Sequence[World], generator: Generator) -> Rates:
    """Load each system in turn, after rounds that don't count; raises RunFailed."""
    rates = Rates()
    with tempfile.TemporaryDirectory(prefix="promo-scale-") as folder:
        listed = {}
        for world in worlds:
            size = world.promos
            promos = world.choose_usable_of(_HOLDERS, points=_POINTS)
            lines = (f"{promo} {world.token_of(holder)}\n" for promo, holder in promos)
            listed[size] = Path(folder) / str(size)
            listed[size].write_text("".join(lines))
            rates.promos_used[size] = len(promos)
            rates.rates[size], rates.cpu[size] = [], []
        for number in range(-_WARM_UP_ROUNDS, ROUNDS):
            for world in worlds if number % 2 else worlds[::-1]:
                cpu = _read_cpu(world)
                outcome = _load(world, generator, listed[world.promos])
                if number >= 0:
                    _keep(rates, world, outcome, cpu)
    return rates


def _load(world: World, generator: Generator, listed: Path) -> Outcome:
    base_url = world.stack.base_url.replace("localhost", "127.0.0.1")
    variables = {
        "BENCH_HOST": urlsplit(base_url).netloc,
        "BENCH_EXPECTED": str(_USE.expected),
        "BENCH_SPREAD": "0",
        "BENCH_UNITS": "1",
        "BENCH_PROMOS_A_HOLDER": "0",
        "BENCH_LISTED": str(listed),
        "BENCH_RUN": secrets.token_hex(8),
        "BENCH_SEED": str(secrets.randbelow(1_000_000)),
    }
    return generator.run(_USE, base_url, variables, _SECONDS)


def _read_cpu(world: World) -> dict[str, float]:
    return {name: read_cpu_seconds(pid) for name, pid in world.pids().items()}


def _keep(
    rates: Rates, world: World, outcome: Outcome, before: dict[str, float]
) -> None:
    after = _read_cpu(world)
    rates.rates[world.promos].append(outcome.done / outcome.seconds)
    rates.cpu[world.promos].append(
        {name: (after[name] - before[name]) * 1000 / outcome.done for name in after}
    )
