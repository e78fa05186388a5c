"""What one run of a load gave, and what several say together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.loads import Load, Side


class RunFailed(Exception):
    """A run in which something went wrong measures nothing."""


@dataclass(frozen=True)
class Outcome:
    """What a load generator saw; latencies in milliseconds."""

    done: int
    seconds: float
    latency_50: float = 0.0
    latency_99: float = 0.0
    received_bytes: int = 0

    @property
    def per_second(self) -> float:
        """Return how many were done in a second."""
        return self.done / self.seconds


@dataclass(frozen=True)
class Run:
    """One side under one load in one round; of CPU milliseconds a request by program."""

    load: Load
    side: Side
    round: int
    outcome: Outcome
    cpu: Mapping[str, float] = field(default_factory=dict)
    # The share of the machine that others took meanwhile.
    foreign: float = 0.0


@dataclass(frozen=True)
class Ratio:
    """One side against another: of the medians, and the extremes of single rounds."""

    of_medians: float
    lowest: float
    highest: float


class Results:
    """All runs so far."""

    def __init__(self) -> None:
        """Begin with none."""
        self.runs: list[Run] = []

    def select(self, load: Load, side: Side) -> Sequence[Run]:
        """Return the runs of a load on one side, in order of their rounds."""
        found = [run for run in self.runs if run.load == load and run.side == side]
        return sorted(found, key=lambda run: run.round)

    def rates(self, load: Load, side: Side) -> Sequence[float]:
        """Return what was done in a second, round by round."""
        return [run.outcome.per_second for run in self.select(load, side)]

    def median_rate(self, load: Load, side: Side) -> float | None:
        """Return the median of the rounds, if there are any."""
        rates = self.rates(load, side)
        return median(rates) if rates else None

    def compare(self, load: Load, side: Side, other: Side) -> Ratio | None:
        """Return a side's rate against another's, if both ran."""
        ours, theirs = self.rates(load, side), self.rates(load, other)
        if not ours or not theirs:
            return None
        single = [a / b for a, b in zip(ours, theirs, strict=False)]
        return Ratio(median(ours) / median(theirs), min(single), max(single))
