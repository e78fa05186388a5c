"""What `make bench-scale` runs: systems of several sizes, filled and compared."""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from bench.database import read_database
from bench.generators import Generator, find_generator
from bench.results import RunFailed
from bench.scale import report
from bench.scale.asking import Work
from bench.scale.burden import read_promos_wanted
from bench.scale.findings import Measured
from bench.scale.lists import list_listings
from bench.scale.measuring import Timings, measure
from bench.scale.one_user import measure_one_user
from bench.scale.plans import explain, write_plans
from bench.scale.storage import measure_cost, read_sizes
from bench.scale.throughput import measure_rates
from bench.scale.works import list_reports, list_works
from bench.scale.world import World, open_world
from local.console import Progress, Refusal, complain, say
from local.settings import ROOT
from local.stack import StackFailed

SMALLEST, USUAL = 10_000, 1_000_000
_QUICK_MILLISECONDS = 5_000
_ONE_USER = "one-user"
_BEFORE = ROOT / "docs" / "performance" / "scale.json"


def main() -> int:
    """Measure; returns 0 if all went well, whatever it showed, otherwise 1."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    began = time.monotonic()
    only = os.environ.get("ONLY") or ""
    try:
        of_one = read_promos_wanted(os.environ)
        if only == _ONE_USER:
            measure_one_user(of_one)
        else:
            _measure_sizes(only, of_one)
    except (Refusal, StackFailed, RunFailed) as error:
        complain(f"Promo System: {error}")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    say(f"Measured in {(time.monotonic() - began) / 60:.0f} minutes")
    return 0


def read_sizes_wanted(environment: Mapping[str, str]) -> Sequence[int]:
    """Return the numbers of promos, the smallest first; raises Refusal for none.

    SIZES are all of them; SIZE is one to hold against the smallest.
    """
    text = environment.get("SIZES") or f"{SMALLEST},{environment.get('SIZE') or USUAL}"
    words = text.replace("_", "").split(",")
    if not all(word.isascii() and word.isdigit() for word in words):
        raise Refusal(
            f"{text!r} are no sizes: SIZES={SMALLEST},{USUAL} make bench-scale"
        )
    sizes = sorted({int(word) for word in words})
    if len(sizes) < 2 or sizes[0] < SMALLEST:
        raise Refusal(f"At least two sizes are needed, of {SMALLEST:,} promos or more.")
    return sizes


def _measure_sizes(only: str, of_one: int) -> None:
    sizes = read_sizes_wanted(os.environ)
    generator = find_generator()
    with ExitStack() as running:
        worlds = []
        for size in sizes:
            say(f"Starting a system, and filling it with {size:,} promos")
            worlds.append(running.enter_context(open_world(size)))
        _run(worlds, generator, only, of_one)


def _run(worlds: Sequence[World], generator: Generator, only: str, of_one: int) -> None:
    works = [work for listing in list_listings() for work in listing.works()]
    works += list_works()
    works = [work for work in works if only in work.name]
    sizes = [world.promos for world in worlds]
    timings = _measure_all(works, worlds)
    say("Loading each with uses")
    rates = measure_rates(worlds, generator)
    # What follows takes long where there is much, and changes no finding.
    report.show(Measured(sizes, timings, rates))
    facts = _measure_others(worlds)
    reports = _measure_reports(worlds)
    measured = Measured(sizes, [*timings, *reports], rates)
    report.show(measured)
    folder = os.environ.get("BENCH_RESULTS")
    if folder and not only:
        report.keep(Path(folder), report.describe(measured, facts), _BEFORE)
    if of_one and not only:
        facts["one_user"] = measure_one_user(of_one).describe()
    facts["verify_ledger"] = _time_command(worlds, "verify_ledger")
    if folder and not only:
        report.keep(Path(folder), report.describe(measured, facts), _BEFORE)
        say("Explaining each statement")
        largest = worlds[-1]
        quick = [each.work for each in reports if _is_quick(each, largest.promos)]
        explained = explain(largest, [*works, *quick])
        write_plans(Path(folder) / "plans", largest.promos, explained)


def _measure_all(works: Sequence[Work], worlds: Sequence[World]) -> list[Timings]:
    progress = Progress()
    timings = []
    for number, work in enumerate(works, start=1):
        timed = measure(work, worlds)
        timings.append(timed)
        ratios = " ".join(f"{timed.ratio(each.promos):.2f}" for each in worlds[1:])
        cpu = " ".join(f"{timed.ratio_of_cpu(each.promos):.2f}" for each in worlds[1:])
        progress.show(f"{number} of {len(works)}  {ratios} (CPU {cpu})  {work.name}")
    progress.finish()
    return timings


def _measure_reports(worlds: Sequence[World]) -> list[Timings]:
    """Return how long reports take, of those sizes that they can be told of in time.

    They read everything there is, and give up where a statement takes too long. Raises
    RunFailed where the smallest system does.
    """
    return [_measure_report(work, worlds) for work in list_reports()]


def _measure_report(work: Work, worlds: Sequence[World]) -> Timings:
    try:
        return measure(work, worlds)
    except RunFailed as error:
        *smaller, largest = worlds
        if not smaller:
            raise
        say(f"{work.name}: no answer at {largest.promos:,} promos: {error}")
        return _measure_report(work, smaller)


def _is_quick(timings: Timings, size: int) -> bool:
    """Tell whether it is answered in time even while each step of it is timed."""
    return size in timings.taken and timings.median(size) < _QUICK_MILLISECONDS


def _measure_others(worlds: Sequence[World]) -> dict[str, Any]:
    say("Closing the days that are over, and counting what a write costs")
    costs = {
        work.name: {
            str(size): asdict(cost) for size, cost in measure_cost(work, worlds).items()
        }
        for work in list_works()
        if work.operation in {"Use_promo_points", "Create_promo"}
    }
    return {
        "database": read_database(worlds[0].stack.database_url("promo_service")),
        "filled_in_seconds": {
            str(world.promos): round(world.filled_in, 1) for world in worlds
        },
        "sizes_in_bytes": {str(world.promos): read_sizes(world) for world in worlds},
        "write_costs": costs,
        "close_days": _time_command(worlds, "close_days"),
    }


def _time_command(worlds: Sequence[World], command: str) -> dict[str, float]:
    """Return how many seconds a command of promo_service takes at each size.

    Raises RunFailed where it fails.
    """
    seconds = {}
    for world in worlds:
        began = time.monotonic()
        try:
            world.stack.manage("promo_service", command)
        except CalledProcessError as error:
            raise RunFailed(
                f"{command} failed: {error.stdout}{error.stderr}"
            ) from error
        seconds[str(world.promos)] = round(time.monotonic() - began, 1)
        say(f"{command} at {world.promos:,} promos: {seconds[str(world.promos)]} s")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
