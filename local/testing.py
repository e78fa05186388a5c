"""What `make test` runs: every suite in a pytest of its own, and one report of all.

The suites have different Django settings, hence the processes; they share one
throw-away PostgreSQL. The last line is `N passed, N failed`; nothing run is a failure.
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET  # our own pytest wrote it
from dataclasses import dataclass
from pathlib import Path

from local.console import Refusal, complain, say
from local.settings import ROOT, Settings
from local.throwaway import ThrowawayCluster

_NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Suite:
    """One folder of tests, and what it is run with."""

    folder: str
    options: tuple[str, ...] = ()
    measured: bool = True


SUITES = (
    Suite("chassis/tests"),
    Suite("auth_service/tests", ("--service=auth_service",)),
    Suite("promo_service/tests", ("--service=promo_service",)),
    Suite("local/tests", measured=False),
    Suite("tests_e2e", measured=False),
)


@dataclass
class Tally:
    """How many tests passed and failed; an error outside a test counts as a failure."""

    passed: int = 0
    failed: int = 0

    def add_report(self, report: Path) -> None:
        """Add what a JUnit report says; a missing one is a suite that broke."""
        if not report.exists():
            self.failed += 1
            return
        for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314
            outcomes = {child.tag for child in case}
            if outcomes & {"failure", "error"}:
                self.failed += 1
            elif "skipped" not in outcomes:
                self.passed += 1


def main(arguments: list[str]) -> int:
    """Run every suite with pytest's arguments; returns 0 if all passed, otherwise 1."""
    tally = Tally()
    sound = True
    cache = Settings.read().state.folder / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="promo-reports-") as folder,
            ThrowawayCluster() as cluster,
        ):
            reports = Path(folder)
            for suite in SUITES:
                say(f"\n== {suite.folder}")
                status = _run(suite, arguments, reports, cache, cluster)
                report = reports / f"{_name(suite)}.xml"
                if status != _NOTHING_COLLECTED:
                    tally.add_report(report)
                    sound = sound and status == 0
            _report_coverage(reports)
    except Refusal as refusal:
        complain(f"Promo System: {refusal}")
        return 1
    say(f"\n{tally.passed} passed, {tally.failed} failed")
    return 0 if sound and tally.passed and not tally.failed else 1


def _run(
    suite: Suite,
    arguments: list[str],
    reports: Path,
    cache: Path,
    cluster: ThrowawayCluster,
) -> int:
    name = _name(suite)
    command = [sys.executable, "-m", "pytest", "-p", "local.pytest_postgres"]
    command += [*suite.options, f"--junitxml={reports / name}.xml"]
    command += ["-o", f"cache_dir={cache / 'pytest'}"]
    if suite.measured:
        command += ["--cov", "--cov-report="]
    environment = {
        **os.environ,
        "DATABASE_URL": cluster.url(name),
        "COVERAGE_FILE": str(reports / f".coverage.{name}"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache / "hypothesis"),
    }
    return subprocess.run(
        [*command, suite.folder, *arguments], cwd=ROOT, env=environment, check=False
    ).returncode


def _report_coverage(reports: Path) -> None:
    measured = sorted(str(path) for path in reports.glob(".coverage.*"))
    if not measured:
        return
    data = f"--data-file={reports / '.coverage'}"
    coverage = [sys.executable, "-m", "coverage"]
    say("\n== coverage of chassis, auth_service and promo_service")
    subprocess.run(
        [*coverage, "combine", "--quiet", data, *measured], cwd=ROOT, check=True
    )
    subprocess.run([*coverage, "report", data], cwd=ROOT, check=False)


def _name(suite: Suite) -> str:
    return suite.folder.replace("/", "_")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
