"""`manage.py verify_ledger`: is everything as it must be, in the whole database?"""

import time
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chassis.jobs import record_success, run_every
from promo_service.promos.management.progress import ProgressBar
from promo_service.promos.verification import Violation, verify

# Another status than of a run that could not finish: an answer needs no second try.
VIOLATED = 3


class Command(BaseCommand):
    """Looks up what must always hold; names what does not, and ends with status 3."""

    help = (
        "Look up every rule of docs/invariants.md in the whole database, while the "
        "system may run. Every violation is named; the status is 3 if there is any."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--limit",
            type=int,
            default=100,
            help="how many violations to print (100); all are counted",
        )
        parser.add_argument(
            "--production",
            action="store_true",
            help="the connected role may not be able to go round the guards (I4)",
        )
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="go on, and look this often"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, tell, and exit with 3 if anything is wrong; with --every go on."""
        if options["every"] is not None:
            run_every(options["every"], lambda: self._verify(options))
        elif not self._verify(options):
            raise SystemExit(VIOLATED)

    def _verify(self, options: dict[str, Any]) -> bool:
        began = time.monotonic()
        found: Counter[str] = Counter()
        looked_at: dict[str, int] = {}
        bar = ProgressBar(self.stdout)
        for step in verify(production=options["production"]):
            looked_at[step.name] = step.done
            for line in step.remarks:
                bar.print(f"Note  {line}")
            for violation in step.violations:
                self._print(bar, violation, found.total(), options["limit"])
                found[violation.rule] += 1
            bar.show(step.name, step.done, step.total)
        bar.finish()
        amounts = ", ".join(f"{count:,} {name}" for name, count in looked_at.items())
        took = f"{time.monotonic() - began:.1f} s"
        self.stdout.write(f"Verified {amounts} in {took}: {_describe(found)}")
        self.stdout.flush()
        if not found:
            record_success("verify_ledger")
        return not found

    @staticmethod
    def _print(bar: ProgressBar, violation: Violation, before: int, limit: int) -> None:
        if before < limit:
            bar.print(str(violation))
        elif before == limit:
            bar.print(f"(more than {limit}; the rest are counted alone)")


def _describe(found: Counter[str]) -> str:
    if not found:
        return "no violation"
    kinds = ", ".join(f"{name}: {count:,}" for name, count in sorted(found.items()))
    plural = "" if found.total() == 1 else "s"
    return f"{found.total():,} violation{plural} ({kinds})"
