"""What one run of a load gave, and what several say together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.loads import Load, Side

LOAD_GENERATOR = "load generator"


class RunFailed(Exception):
    """A run in which something went wrong measures nothing."""


@dataclass(frozen=True)
class Outcome:
    """What a load generator saw; latencies in milliseconds, None where not told."""

    done: int
    seconds: float
    latency_50: float | None = None
    latency_99: float | None = None
    received_bytes: int | None = None


@dataclass(frozen=True)
class Run:
    """One side under one load in one round.

    `cpu` are CPU milliseconds a request by program, `statements` those that a request
    sent to the database, `foreign` the share of the machine that others took.
    """

    load: Load
    side: Side
    round: int
    outcome: Outcome
    cpu: Mapping[str, float] = field(default_factory=dict)
    statements: float | None = None
    foreign: float = 0.0

    @property
    def rate(self) -> float:
        """Return how many of what the load counts were done in a second."""
        return self.outcome.done * self.load.units / self.outcome.seconds


@dataclass(frozen=True)
class Ratio:
    """One side against another: of the medians, and the extremes of single rounds."""

    of_medians: float
    lowest: float
    highest: float


@dataclass
class Results:
    """All runs, and the largest PSS in MB of a worker of each service."""

    runs: list[Run] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)

    def loads(self) -> Sequence[Load]:
        """Return what was loaded, in order."""
        return list(dict.fromkeys(run.load for run in self.runs))

    def select(self, load: Load, side: Side) -> Sequence[Run]:
        """Return the runs of a load on one side, in order of their rounds."""
        found = [run for run in self.runs if run.load == load and run.side == side]
        return sorted(found, key=lambda run: run.round)

    def rate(self, load: Load, side: Side) -> float:
        """Return the median of what was done in a second."""
        return median(run.rate for run in self.select(load, side))

    def compare(self, load: Load, side: Side) -> Ratio:
        """Return the product's rate against another side's."""
        ours = [run.rate for run in self.select(load, Side.PRODUCT)]
        theirs = [run.rate for run in self.select(load, side)]
        single = [a / b for a, b in zip(ours, theirs, strict=True)]
        return Ratio(median(ours) / median(theirs), min(single), max(single))

    def cpu(self, load: Load, side: Side) -> dict[str, float]:
        """Return the median CPU milliseconds of a request, by program."""
        runs = self.select(load, side)
        return {name: median(run.cpu[name] for run in runs) for name in runs[0].cpu}

    def latency(self, load: Load, side: Side, percent: int) -> float | None:
        """Return the median of the rounds' latencies, of 50 or 99 percent."""
        outcomes = [run.outcome for run in self.select(load, side)]
        told = [
            each.latency_50 if percent == 50 else each.latency_99 for each in outcomes
        ]
        known = [each for each in told if each is not None]
        return median(known) if known else None

    def bytes_a_response(self, load: Load, side: Side) -> int | None:
        """Return the bytes of a response, its head with it."""
        outcomes = [run.outcome for run in self.select(load, side)]
        received = [each.received_bytes for each in outcomes]
        if None in received:
            return None
        return round(
            sum(map(int, filter(None, received))) / sum(o.done for o in outcomes)
        )

    def compare_cpu(self, load: Load, side: Side) -> float:
        """Return another side's CPU time of a request, against the product's.

        That is what a ratio of rates would be on a machine where nobody else runs.
        """
        return self.sum_cpu(load, side) / self.sum_cpu(load, Side.PRODUCT)

    def count_statements(self, load: Load) -> float | None:
        """Return the statements of a request to the product, where they are counted."""
        counts = [
            run.statements
            for run in self.select(load, Side.PRODUCT)
            if run.statements is not None
        ]
        return median(counts) if counts else None

    def sum_cpu(self, load: Load, side: Side) -> float:
        """Return the CPU milliseconds of a request, without the load generator's."""
        cpu = self.cpu(load, side)
        return sum(cpu.values()) - cpu.get(LOAD_GENERATOR, 0.0)

    def foreign(self) -> float:
        """Return the median share of the machine that others took."""
        return median(run.foreign for run in self.runs)
