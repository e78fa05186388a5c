"""What is said of one user with very many promos: targets, figures, verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from bench.findings import Finding
from bench.report import print_table
from local.console import Refusal, say

USUAL = 200_000
USE_MILLISECONDS, GONE_SECONDS, KNOWN_SECONDS, GROWN_MB = 50, 60, 2, 100


@dataclass
class OneUser:
    """What was measured with so many promos of one user; times in ms or seconds."""

    promos: int
    uses: list[float] = field(default_factory=list)
    gone_after: float = 0.0
    known_after: list[float] = field(default_factory=list)
    grown_mb: float = 0.0
    verified_in: float = 0.0

    def find(self) -> Sequence[Finding]:
        """Return the table's lines."""
        middle, longest = median(self.uses), max(self.uses)
        latest = max(self.known_after)
        return [
            Finding(
                f"Use_my_points beside {self.promos:,} spent promos",
                f"under {USE_MILLISECONDS} ms",
                f"{middle:.1f} ms in the middle of {len(self.uses)}, "
                f"the longest {longest:.1f}",
                middle < USE_MILLISECONDS,
            ),
            Finding(
                f"a user of {self.promos:,} promos is deleted: none is left",
                f"within {GONE_SECONDS} s",
                f"{self.gone_after:.1f} s",
                self.gone_after <= GONE_SECONDS,
            ),
            Finding(
                "meanwhile others' changes are known",
                f"within {KNOWN_SECONDS} s each",
                f"{median(self.known_after):.2f} s in the middle of "
                f"{len(self.known_after)}, the latest {latest:.2f}",
                latest <= KNOWN_SECONDS,
            ),
            Finding(
                "meanwhile the worker that grows most grows",
                f"at most {GROWN_MB} MB",
                f"{self.grown_mb:.1f} MB (PSS)",
                self.grown_mb <= GROWN_MB,
            ),
            Finding(
                "verify_ledger afterwards",
                "no violation",
                f"none, in {self.verified_in:.1f} s",
                holds=True,
            ),
        ]

    def describe(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        return {
            "promos": self.promos,
            "findings": [asdict(line) for line in self.find()],
            "use_ms": [round(each, 2) for each in self.uses],
            "known_after_seconds": [round(each, 3) for each in self.known_after],
        }

    def show(self) -> None:
        """Print the table."""
        lines = [
            (line.work, line.target, line.measured, line.verdict)
            for line in self.find()
        ]
        say()
        print_table([("", "target", "measured", "verdict"), *lines])


def read_promos_wanted(environment: Mapping[str, str]) -> int:
    """Return how many promos the user has, 0 for no such user; raises Refusal."""
    text = (environment.get("PROMOS_OF_ONE") or str(USUAL)).replace("_", "")
    if not (text.isascii() and text.isdigit()):
        raise Refusal(
            f"{text!r} is no number: PROMOS_OF_ONE={USUAL} make bench-scale, "
            "or 0 to leave that out"
        )
    return int(text)
