"""What `make bench` runs: everything is started, measured, checked and reported."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import chart, report
from bench.choices import ENOUGH_ROUNDS, Choices
from bench.database import read_database
from bench.generators import find_generator
from bench.results import RunFailed
from bench.rounds import Rounds
from bench.sides import Sides
from bench.stock import count_uses
from bench.world import CAUGHT_USES, World, open_world
from local.console import Refusal, complain, say
from local.stack import StackFailed


def main() -> int:
    """Measure; returns 0 if all runs were sound, whatever they showed, otherwise 1."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    world = None
    try:
        choices = Choices.read()
        generator = find_generator(choices.generator)
        say(
            f"{choices.rounds} rounds of {choices.seconds} seconds with "
            f"{generator.description}; starting a system of its own, and its floor"
        )
        with open_world() as world:
            rounds = Rounds(Sides(world, generator), choices)
            results = rounds.run()
            facts = {
                "load_generator": generator.description,
                "database": read_database(world.stack.database_url("promo_service")),
                "books": check_books(world, rounds),
            }
        report.show(results)
        _keep(choices, report.describe(results, choices, facts), chart.draw(results))
    except (Refusal, StackFailed, RunFailed) as error:
        complain(f"Promo System: {error}")
        if world is not None:
            complain(f"Its data and logs are kept in {world.stack.state_dir}")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def check_books(world: World, rounds: Rounds) -> dict[str, Any]:
    """Hold what was acknowledged against the ledger; raises RunFailed where it differs.

    A load that ends gives up what is under way; that may have happened, or not.
    """
    told = rounds.acknowledged + CAUGHT_USES
    held = count_uses(world.stack.database_url("promo_service"))
    if not told <= held <= told + rounds.under_way:
        raise RunFailed(
            f"{told:,} uses were acknowledged, at most {rounds.under_way:,} were under "
            f"way when loads ended, and the ledger holds {held:,}"
        )
    try:
        said = world.stack.manage("promo_service", "verify_ledger")
    except subprocess.CalledProcessError as error:
        raise RunFailed(f"verify_ledger says: {error.stdout}") from error
    verified = said.rstrip().splitlines()[-1]
    say(f"{told:,} uses were acknowledged, and the ledger holds {held:,};")
    say(f"at most {rounds.under_way:,} were under way when loads ended. {verified}")
    return {
        "uses_acknowledged": told,
        "uses_in_the_ledger": held,
        "under_way_at_most": rounds.under_way,
        "verify_ledger": verified,
    }


def _keep(choices: Choices, described: dict[str, Any], drawn: str) -> None:
    """Write both files where BENCH_RESULTS says, if enough was measured for that."""
    folder = os.environ.get("BENCH_RESULTS")
    if not folder or not choices.are_complete:
        say(f"Not kept: that needs all loads, and {ENOUGH_ROUNDS} rounds.")
        return
    text = json.dumps(described, indent=2) + "\n"
    (Path(folder) / "bench.json").write_text(text, encoding="utf-8")
    (Path(folder) / "bench.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
