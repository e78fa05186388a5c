"""What `make test` runs: every suite in a pytest of its own, and one report of all.

The suites have different Django settings, hence the processes; they share one
throw-away PostgreSQL. The last line is `N passed, N failed`; nothing run is a failure.
"""

import os
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET  # our own pytest wrote it
from dataclasses import dataclass
from pathlib import Path

from local.console import Refusal, complain, say
from local.settings import ROOT, Settings
from local.throwaway import ThrowawayCluster

# pytest's exit statuses: passed, failed, and nothing to run.
_USUAL = (0, 1)
_NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Suite:
    """One folder of tests, and what it is run with."""

    folder: str
    options: tuple[str, ...] = ()
    measured: bool = True
    # Needs more than a bare machine has: run only where its folder is asked for.
    on_request: bool = False

    def holds(self, path: str) -> bool:
        """Tell whether a path that was asked for lies here."""
        inside = (f"{self.folder}/", f"{self.folder}::")
        return path == self.folder or path.startswith(inside)

    def choose(self, paths: list[str]) -> list[str]:
        """Return what pytest is to collect here, of the paths that were asked for."""
        return [path for path in paths if _suite_of(path) is self]


SUITES = (
    Suite("chassis/tests"),
    Suite("auth_service/tests", ("--service=auth_service",)),
    Suite("promo_service/tests", ("--service=promo_service",)),
    Suite("local/tests", measured=False),
    Suite("bench/tests", ("--service=promo_service",), measured=False),
    Suite("tests_e2e", ("--ignore=tests_e2e/console",), measured=False),
    Suite("tests_e2e/console", measured=False, on_request=True),
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


@dataclass(frozen=True)
class Session:
    """One `make test`: what the suites share."""

    arguments: list[str]
    cluster: ThrowawayCluster
    reports: Path
    cache: Path

    def run(self, suite: Suite) -> int:
        """Run one suite, and return pytest's status."""
        name = _name(suite)
        command = [sys.executable, "-m", "pytest", "-p", "local.pytest_postgres"]
        command += [*suite.options, f"--junitxml={self.report_of(suite)}"]
        command += ["-o", f"cache_dir={self.cache / 'pytest'}"]
        if suite.measured:
            command += ["--cov", "--cov-report="]
        paths = [path for path in self.arguments if _suite_of(path)]
        options = [each for each in self.arguments if each not in paths]
        unasked = [] if suite.on_request else [suite.folder]
        chosen = suite.choose(paths) if paths else unasked
        if not chosen:
            return _NOTHING_COLLECTED
        say(f"\n== {suite.folder}")
        environment = {
            **os.environ,
            "DATABASE_URL": self.cluster.url(name),
            "COVERAGE_FILE": str(self.reports / f".coverage.{name}"),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.cache / "hypothesis"),
        }
        return subprocess.run(
            [*command, *options, *chosen], cwd=ROOT, env=environment, check=False
        ).returncode

    def report_of(self, suite: Suite) -> Path:
        """Return where a suite's results are written."""
        return self.reports / f"{_name(suite)}.xml"

    def show_coverage(self) -> None:
        """Print what the measured suites reached, all of them together."""
        measured = sorted(str(path) for path in self.reports.glob(".coverage.*"))
        if not measured:
            return
        data = f"--data-file={self.reports / '.coverage'}"
        coverage = [sys.executable, "-m", "coverage"]
        combine = [*coverage, "combine", "--quiet", data, *measured]
        say("\n== coverage of chassis, auth_service and promo_service")
        subprocess.run(combine, cwd=ROOT, check=True)
        subprocess.run([*coverage, "report", data], cwd=ROOT, check=False)


def main(arguments: list[str]) -> int:
    """Run every suite with pytest's arguments; returns 0 if all passed, otherwise 1."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    cache = Settings.read().state.folder / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="promo-reports-") as reports,
            ThrowawayCluster() as cluster,
        ):
            return _run_all(Session(arguments, cluster, Path(reports), cache))
    except Refusal as refusal:
        complain(f"Promo System: {refusal}")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _run_all(session: Session) -> int:
    tally = Tally()
    broken = []
    for suite in SUITES:
        status = session.run(suite)
        if status == _NOTHING_COLLECTED:
            continue
        tally.add_report(session.report_of(suite))
        if status not in _USUAL:
            broken.append(suite.folder)
    session.show_coverage()
    if broken:
        say(f"\npytest itself failed in: {', '.join(broken)}")
    say(f"\n{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.passed and not tally.failed and not broken else 1


def _suite_of(argument: str) -> Suite | None:
    """Return the suite of the innermost folder that a path lies in."""
    holding = [suite for suite in SUITES if suite.holds(argument)]
    return max(holding, key=lambda suite: len(suite.folder), default=None)


def _name(suite: Suite) -> str:
    return suite.folder.replace("/", "_")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
