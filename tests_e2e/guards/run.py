"""What `make prove-guards` runs: the table of guards, each taken out once."""

import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from local.console import Refusal, complain, say
from local.settings import ROOT
from local.throwaway import ThrowawayCluster
from tests_e2e.guards.catalogue import GUARDS
from tests_e2e.guards.guard import Guard, Misplaced
from tests_e2e.guards.proving import Outcome, Workshop

# The tests of locks are about who waits for whom: more at once only slow each other.
_AT_ONCE = 2


def main(arguments: list[str]) -> int:
    """Prove every guard, or those that `-k` names; returns 0 if all are caught."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        guards = _choose(arguments)
        for guard in guards:
            for edit in guard.edits:
                edit.check(ROOT)
        with (
            tempfile.TemporaryDirectory(prefix="promo-guards-") as folder,
            ThrowawayCluster() as cluster,
            Workshop(Path(folder), cluster) as workshop,
        ):
            return _prove_all(guards, workshop)
    except (Refusal, Misplaced) as error:
        complain(f"Promo System: {error}")
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 1


def _choose(arguments: list[str]) -> list[Guard]:
    match arguments:
        case []:
            return list(GUARDS)
        case ["-k", *words] if words:
            wanted = " ".join(words).split(" or ")
            chosen = [g for g in GUARDS if any(part in g.name for part in wanted)]
            if chosen:
                return chosen
            raise Refusal(f"No guard's name holds {' or '.join(wanted)}.")
        case _:
            raise Refusal("usage: make prove-guards ARGS='-k \"part or another\"'")


def _prove_all(guards: Sequence[Guard], workshop: Workshop) -> int:
    began = time.monotonic()
    if not _unedited_passes(guards, workshop):
        return 1
    outcomes: dict[str, Outcome] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            running = [pool.submit(workshop.prove, guard) for guard in guards]
            for done in as_completed(running):
                outcome = done.result()
                outcomes[outcome.guard.name] = outcome
                _show_progress(outcome, len(outcomes), len(guards))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            workshop.__exit__(None, None, None)
            raise
    _show_table([outcomes[guard.name] for guard in guards])
    missed = [each for each in outcomes.values() if not each.is_proven]
    say(
        f"\n{len(guards) - len(missed)} of {len(guards)} guards are caught when they "
        f"are removed ({time.monotonic() - began:.0f} seconds)"
    )
    return 1 if missed else 0


def _unedited_passes(guards: Sequence[Guard], workshop: Workshop) -> bool:
    """Run every named test once with all guards in place; that is what they are for."""
    passes = True
    by_suite = sorted(guards, key=attrgetter("suite"))
    for suite, group in groupby(by_suite, key=attrgetter("suite")):
        ids = [test for guard in group for test in guard.ids]
        report = workshop.run_unedited(suite, ids)
        say(f"{suite}: {len(report.passed)} tests pass with every guard in its place")
        for test in (*report.failed, *report.broken):
            passes = False
            complain(f"{suite}: {test} does not pass even so")
    return passes


def _show_progress(outcome: Outcome, count: int, of: int) -> None:
    verdict = "caught" if outcome.is_proven else "NOT CAUGHT"
    say(f"{count:3} of {of}  {outcome.seconds:5.1f} s  {verdict}: {outcome.guard.name}")
    if outcome.trouble:
        say(f"{'':12}besides, without it: {outcome.trouble}")


def _show_table(outcomes: Sequence[Outcome]) -> None:
    rows = [("guard", "serves", "removed from", "caught by", "seconds")]
    for outcome in outcomes:
        guard = outcome.guard
        caught = outcome.caught_by[:1] if outcome.is_proven else ("NOT CAUGHT",)
        more = len(outcome.caught_by) - 1
        rows.append(
            (
                guard.name,
                guard.serves,
                guard.edits[0].file,
                caught[0] + (f" and {more} more" if more > 0 else ""),
                f"{outcome.seconds:.1f}",
            )
        )
    say()
    for number, row in enumerate(rows):
        say(f"| {' | '.join(row)} |")
        if number == 0:
            say("|---|---|---|---|---|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
