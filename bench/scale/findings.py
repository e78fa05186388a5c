"""The table: each target, what was measured, and whether it is met."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.findings import Finding
from bench.scale.measuring import Timings
from bench.scale.throughput import Rates

LEAST_RATE, MOST_LATENCY = 0.9, 1.3


@dataclass(frozen=True)
class Measured:
    """All that was measured of systems of several sizes."""

    sizes: Sequence[int]
    timings: Sequence[Timings]
    rates: Rates


def find(measured: Measured) -> Sequence[Finding]:
    """Return the table's lines: the targets of every size, against the smallest."""
    return [
        line
        for size in measured.sizes[1:]
        for line in (*_judge_rate(measured, size), *_judge_lists(measured, size))
    ]


def is_met(timings: Timings, size: int) -> bool | None:
    """Return whether a list is as quick as it should be; None for other works."""
    return timings.ratio(size) <= MOST_LATENCY if timings.work.is_list else None


def _judge_rate(measured: Measured, size: int) -> Iterator[Finding]:
    rates, small = measured.rates, measured.sizes[0]
    ratio = rates.ratio(size)
    yield Finding(
        f"use at {size:,} promos against {small:,}",
        f"at least {LEAST_RATE}",
        f"{ratio:.2f} ({rates.rate(size):,.0f} of {rates.rate(small):,.0f} a second; "
        f"by CPU time {rates.ratio_of_cpu(size):.2f})",
        ratio >= LEAST_RATE,
    )


def _judge_lists(measured: Measured, size: int) -> Iterator[Finding]:
    lists = [each for each in measured.timings if each.work.is_list]
    missed = [each for each in lists if not is_met(each, size)]
    worst = max(lists, key=lambda each: each.ratio(size))
    yield Finding(
        f"every list at {size:,} promos, any page, any single filter",
        f"latency at most {MOST_LATENCY} times",
        f"{len(lists) - len(missed)} of {len(lists)} lists; "
        f"the worst {worst.ratio(size):.2f}: {worst.work.name}",
        not missed,
    )
    for each in missed:
        yield Finding(
            f"  {each.work.name}",
            f"at most {MOST_LATENCY}",
            f"{each.ratio(size):.2f}: {each.median(size):.1f} ms, "
            f"was {each.median(measured.sizes[0]):.1f}",
            holds=False,
        )
