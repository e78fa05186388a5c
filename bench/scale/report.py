"""What is shown at the end, and what is kept of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.report import print_table, read_machine
from bench.scale.findings import Measured, find, is_met
from bench.scale.measuring import Timings
from local.console import say

_COLUMNS = ("", "target", "measured", "verdict")


def show(measured: Measured) -> None:
    """Print what each work takes at each size, and the table of the targets."""
    sizes = measured.sizes
    say()
    print_table(
        [
            [
                "median ms (95 %)",
                *(f"{size:,} promos" for size in sizes),
                "ratio",
                "CPU",
            ],
            *(_describe_line(each, sizes) for each in measured.timings),
        ]
    )
    say()
    lines = [
        (line.work, line.target, line.measured, line.verdict) for line in find(measured)
    ]
    print_table([_COLUMNS, *lines])


def describe(measured: Measured, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return all of it for JSON."""
    rates = measured.rates
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": read_machine(),
        "sizes": list(measured.sizes),
        "findings": [asdict(line) for line in find(measured)],
        "works": [_describe_work(each, measured.sizes) for each in measured.timings],
        "uses_a_second": {
            str(size): {
                "median": round(rates.rate(size), 1),
                "rounds": [round(rate, 1) for rate in rates.rates[size]],
                "promos": rates.promos_used[size],
                "cpu_ms_a_use": {
                    program: round(rates.cpu_of(size, program), 3)
                    for program in rates.cpu[size][0]
                },
                "ratio": round(rates.ratio(size), 3),
                "ratio_by_cpu_time": round(rates.ratio_of_cpu(size), 3),
            }
            for size in measured.sizes
        },
        **facts,
    }


def keep(folder: Path, described: Mapping[str, Any], before: Path) -> None:
    """Write the JSON, with the runs of other sizes as they were told of before."""
    runs = json.loads(before.read_text())["runs"] if before.exists() else {}
    runs[str(max(described["sizes"]))] = described
    kept = {"runs": {size: runs[size] for size in sorted(runs, key=int)}}
    text = json.dumps(kept, indent=1) + "\n"
    (folder / "scale.json").write_text(text, encoding="utf-8")


def _describe_line(timings: Timings, sizes: Sequence[int]) -> list[str]:
    told = [size for size in sizes if size in timings.taken]
    taken = [
        f"{timings.median(size):,.1f} ({timings.ninety_five(size):,.1f})"
        if size in told
        else "no answer in time"
        for size in sizes
    ]
    ratios = ", ".join(f"{timings.ratio(size):.2f}" for size in told[1:])
    cpu = ", ".join(f"{timings.ratio_of_cpu(size):.2f}" for size in told[1:])
    return [timings.work.name, *taken, ratios, cpu]


def _describe_work(timings: Timings, sizes: Sequence[int]) -> dict[str, Any]:
    sizes = [size for size in sizes if size in timings.taken]
    return {
        "work": timings.work.name,
        "operation": timings.work.operation,
        "milliseconds": {
            str(size): {
                "median": round(timings.median(size), 2),
                "95": round(timings.ninety_five(size), 2),
                "cpu": round(timings.cpu[size], 2),
                "requests": len(timings.taken[size]),
            }
            for size in sizes
        },
        "ratio": {str(size): round(timings.ratio(size), 3) for size in sizes[1:]},
        "ratio_by_cpu_time": {
            str(size): round(timings.ratio_of_cpu(size), 3) for size in sizes[1:]
        },
        "holds": {str(size): is_met(timings, size) for size in sizes[1:]},
    }
