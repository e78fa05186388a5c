"""The table: each target, what was measured, and whether it is met."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.loads import Load, Side
from bench.results import Results

MEMORY_TARGET = 110


@dataclass(frozen=True)
class Finding:
    """A line of the table; where there is no target there is no verdict."""

    work: str
    target: str
    measured: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """Return the verdict as a word."""
        return {True: "met", False: "MISSED", None: ""}[self.holds]


def find(results: Results) -> Sequence[Finding]:
    """Return the table's lines, in the order of the loads."""
    rates = [line for load in results.loads() for line in _judge_rate(results, load)]
    statements = [
        line for load in results.loads() for line in _judge_statements(results, load)
    ]
    return [*rates, *statements, *_judge_memory(results)]


def _judge_rate(results: Results, load: Load) -> Iterator[Finding]:
    rate = results.rate(load, Side.PRODUCT)
    said = f"{rate:,.0f} {load.unit} a second"
    if load.yardstick is not None and load.share is not None:
        yield _judge_share(results, load, load.yardstick, load.share)
    elif load.rate is not None:
        target = f"at least {load.rate:,} {load.unit} a second"
        yield Finding(load.operation, target, said, rate >= load.rate)
    else:
        yield Finding(load.operation, "", said, None)


def _judge_share(results: Results, load: Load, other: Side, share: float) -> Finding:
    ratio = results.compare(load, other)
    ours, theirs = results.rate(load, Side.PRODUCT), results.rate(load, other)
    by_cpu = ""
    if other is Side.FLOOR:
        by_cpu = f"; {results.compare_cpu(load, other):.2f} by CPU time"
    return Finding(
        load.operation,
        f"at least {share} of the {other}",
        f"{ratio.of_medians:.2f} ({ratio.lowest:.2f} to {ratio.highest:.2f} in single "
        f"rounds{by_cpu}): {ours:,.0f} of {theirs:,.0f} a second",
        ratio.of_medians >= share,
    )


def _judge_statements(results: Results, load: Load) -> Iterator[Finding]:
    counted = results.count_statements(load)
    if load.statements is not None and counted is not None:
        yield Finding(
            f"Statements, {load.name}",
            f"at most {load.statements}",
            f"{counted:.2f}",
            # Of thousands of requests a few are of somebody else (a probe).
            round(counted, 1) <= load.statements,
        )


def _judge_memory(results: Results) -> Iterator[Finding]:
    for service, largest in sorted(results.memory.items()):
        yield Finding(
            f"Memory of a worker, {service}",
            f"at most {MEMORY_TARGET} MB",
            f"{largest:.0f} MB (PSS)",
            largest <= MEMORY_TARGET,
        )
