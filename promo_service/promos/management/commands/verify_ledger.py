"""`manage.py verify_ledger`: is everything as it must be, in the whole database?"""

import time
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from promo_service.promos.management.progress import ProgressBar
from promo_service.promos.verification import Violation, verify


class Command(BaseCommand):
    """Checks what must always hold; anything wrong is named, and the status is 1."""

    help = (
        "Check the invariants I1 to I8 over the whole database, while the system may "
        "run. Every violation is named; the exit status is 1 if there is any."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """This function will add the options."""
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

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will check, tell, and exit with 1 if anything is wrong."""
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
        if found:
            raise SystemExit(1)

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
