"""What `make bench` runs: everything is started, measured, checked and reported."""

import signal
import sys

from bench.choices import Choices
from bench.loads import Side
from bench.results import RunFailed
from bench.rounds import Rounds
from bench.world import open_world
from bench.wrk import Wrk
from local.console import Refusal, complain, say
from local.stack import StackFailed


def main() -> int:
    """Measure; returns 0 if all runs were sound, whatever they showed, otherwise 1."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        choices = Choices.read()
        with open_world() as world:
            results = Rounds(world, choices, Wrk.find()).run()
            for load in choices.loads:
                for side in load.sides:
                    say(f"{load.name} {side} {results.median_rate(load, side):,.0f}/s")
                    runs = results.select(load, side)
                    for name in runs[0].cpu:
                        say(f"   {name:16} {sum(r.cpu[name] for r in runs) / len(runs):.3f} ms")
                say(f"{load.name}: {results.compare(load, Side.PRODUCT, Side.FLOOR)}, target {load.target}")
            say(world.stack.manage("promo_service", "verify_ledger"))
    except (Refusal, StackFailed, RunFailed) as error:
        complain(f"Promo System: {error}")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    sys.exit(main())
