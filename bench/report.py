"""What is shown at the end, and what is kept of it: text and JSON."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.choices import Choices
from bench.findings import find
from bench.loads import Load, Side
from bench.results import Results
from local.console import say

_QUIET = 0.05
_SHOWN_MS = 0.02
_COLUMNS = ("", "target", "measured", "verdict")
_NOTE = (
    "Tokens, idempotency keys, request log and metrics are on. All load comes from\n"
    "one address, so the gateway's rates were raised (TOKEN_RATE and so on). Before\n"
    "the floor stands an nginx of the same configuration. pgbench runs the product's\n"
    "statement on 8 connections, without HTTP; hasher is the password hasher alone.\n"
    "The sum of the CPU's time leaves the load generator out."
)


def show(results: Results) -> None:
    """Print the table, and where the CPU's time goes."""
    lines = [
        (line.work, line.target, line.measured, line.verdict) for line in find(results)
    ]
    say()
    print_table([_COLUMNS, *lines])
    say()
    print_table([*_describe_costs(results)])
    say(f"\n{_NOTE}")
    if results.foreign() > _QUIET:
        say(
            f"NOT QUIET: other programs took {results.foreign():.0%} of the machine. "
            "Rates are lower for it, and ratios less certain."
        )


def describe(
    results: Results, choices: Choices, facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all of it for JSON: medians, and the rounds that they are of."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "rounds": choices.rounds,
        "seconds": choices.seconds,
        "machine": read_machine(),
        **facts,
        "others_share_of_the_machine": round(results.foreign(), 3),
        "findings": [asdict(line) for line in find(results)],
        "loads": {load.name: _describe_load(results, load) for load in results.loads()},
        "worker_memory_mb": {k: round(v, 1) for k, v in results.memory.items()},
    }


def read_machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    packages = ("django", "djangorestframework", "gunicorn", "psycopg2-binary")
    return {
        "processors": os.cpu_count(),
        "processor": _read_processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def _describe_load(results: Results, load: Load) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operation": load.operation,
        "unit": load.unit,
        "connections": load.connections,
        "statements_a_request": results.count_statements(load),
        "sides": {side: _describe_side(results, load, side) for side in load.sides},
    }
    for side in load.sides[1:]:
        ratio = results.compare(load, side)
        described[f"ratio_to_{side}"] = {
            name: round(value, 3) for name, value in asdict(ratio).items()
        }
    return described


def _describe_side(results: Results, load: Load, side: Side) -> dict[str, Any]:
    runs = results.select(load, side)
    return {
        "a_second": round(results.rate(load, side), 1),
        "rounds": [round(run.rate, 1) for run in runs],
        "latency_ms": {
            "50": results.latency(load, side, 50),
            "99": results.latency(load, side, 99),
        },
        "bytes_a_response": results.bytes_a_response(load, side),
        "cpu_ms_a_request": {
            name: round(value, 3) for name, value in results.cpu(load, side).items()
        },
    }


def _describe_costs(results: Results) -> Sequence[Sequence[str]]:
    names = list(dict.fromkeys(name for run in results.runs for name in run.cpu))
    head = ("CPU ms a request", *names, "sum", "p50 ms", "p99 ms", "bytes")
    sides = [(load, side) for load in results.loads() for side in load.sides]
    return [head, *(_describe_cost(results, names, *each) for each in sides)]


def _describe_cost(
    results: Results, names: Sequence[str], load: Load, side: Side
) -> Sequence[str]:
    cpu = results.cpu(load, side)
    return (
        f"{load.name}, {side}",
        *(f"{cpu[name]:.2f}" if cpu[name] >= _SHOWN_MS else "" for name in names),
        f"{results.sum_cpu(load, side):.2f}",
        _show_if_known(results.latency(load, side, 50), ".1f"),
        _show_if_known(results.latency(load, side, 99), ".1f"),
        _show_if_known(results.bytes_a_response(load, side), ","),
    )


def _show_if_known(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns as wide as what they hold."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say("  ".join(cells).rstrip())


def _read_processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
