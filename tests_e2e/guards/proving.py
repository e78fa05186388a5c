"""Copies of the code, and pytest run in them, with one guard taken out or none."""

import os
import shutil
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET  # our own pytest wrote it
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from local.settings import ROOT
from local.throwaway import ThrowawayCluster
from tests_e2e.guards.guard import STILL_WORKS, Guard, suite_of

_CODE = (
    "auth_service",
    "chassis",
    "docs",
    "gateway",
    "local",
    "promo_service",
    "tests_e2e",
    "pyproject.toml",
)
_SECONDS = 300
_BEFORE_A_TEST_BEGAN = ("failed on setup", "collection failure")


@dataclass(frozen=True)
class Report:
    """What pytest made of some tests: which failed, which passed, which never began."""

    failed: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> "Report":
        """Return what a JUnit report says; a missing one is a pytest that broke.

        A fault of a fixture before the test, or of an import, is no test that fails;
        one afterwards is: there it is looked whether a refusal changed anything.
        """
        if not path.exists():
            return cls(broken=("pytest itself",))
        found: dict[str, list[str]] = {"failed": [], "passed": [], "broken": []}
        for case in ET.parse(path).getroot().iter("testcase"):  # noqa: S314
            name = f"{case.get('classname')}.{case.get('name')}"
            found[_verdict(case)].append(name)
        return cls(**{kind: tuple(dict.fromkeys(x)) for kind, x in found.items()})


def _verdict(case: ET.Element) -> str:
    if case.find("failure") is not None:
        return "failed"
    error = case.find("error")
    if error is None:
        return "passed" if case.find("skipped") is None else "broken"
    before = str(error.get("message", "")).startswith(_BEFORE_A_TEST_BEGAN)
    return "broken" if before else "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one guard."""

    guard: Guard
    caught_by: tuple[str, ...]
    trouble: str
    seconds: float

    @property
    def is_proven(self) -> bool:
        """Whether a test failed without it, and nothing else was wrong."""
        return bool(self.caught_by) and not self.trouble


@dataclass
class Workshop:
    """A context manager: a folder for copies of the code, and one PostgreSQL for all.

    No pytest outlives it.
    """

    folder: Path
    cluster: ThrowawayCluster
    _running: "set[subprocess.Popen[bytes]]" = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _made: int = 0

    def __enter__(self) -> Self:
        """Copy the code as it is."""
        self.original = self.folder / "original"
        for name in _CODE:
            _copy(ROOT / name, self.original / name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End whatever runs still."""
        with self._lock:
            for process in self._running:
                if process.stdin is not None:
                    process.stdin.close()  # see local.tied

    def run_unedited(self, suite: str, ids: Iterable[str]) -> Report:
        """Run tests with every guard in its place.

        What was compiled meanwhile comes along with every copy made later.
        """
        wanted = dict.fromkeys([*_still_works(suite), *ids])
        return self._run(self.original, suite, list(wanted))

    def prove(self, guard: Guard) -> Outcome:
        """Take the guard out of a fresh copy, and see whether its tests miss it."""
        began = time.monotonic()
        copy = self._copy_original()
        for edit in guard.edits:
            edit.apply(copy)
        usual = _still_works(guard.suite)
        report = self._run(copy, guard.suite, list(dict.fromkeys([*usual, *guard.ids])))
        shutil.rmtree(copy)
        named = {_as_reported(test) for test in guard.ids}
        lost = {_as_reported(test) for test in usual} - named
        caught = [test for test in report.failed if _plain(test) in named]
        trouble = [test for test in report.failed if _plain(test) in lost]
        return Outcome(
            guard,
            tuple(dict.fromkeys(_plain(test).rpartition(".")[2] for test in caught)),
            ", ".join([*trouble, *report.broken]),
            time.monotonic() - began,
        )

    def _copy_original(self) -> Path:
        with self._lock:
            self._made += 1
            copy = self.folder / f"copy-{self._made}"
        shutil.copytree(self.original, copy)
        return copy

    def _run(self, code: Path, suite: str, ids: Sequence[str]) -> Report:
        report = code / "report.xml"
        command = [sys.executable, "-m", "local.tied", sys.executable, "-m", "pytest"]
        for plugin in ("pytest_django.plugin", "local.pytest_postgres"):
            command += ["-p", plugin]
        command += ["-p", "no:cacheprovider", "-q"]
        command += [*suite_of(suite).options, f"--junitxml={report}", *ids]
        environment = {
            **os.environ,
            "DATABASE_URL": self.cluster.url(code.name),
            # Most take longer to load than a guard's tests take to run.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        with (code / "output").open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=code,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        with self._lock:
            self._running.add(process)
        try:
            process.wait(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
            return Report(broken=(f"no end within {_SECONDS} seconds",))
        finally:
            with self._lock:
                self._running.discard(process)
        return Report.read(report)


def _copy(source: Path, copy: Path) -> None:
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__", ".*", "node_modules")
        shutil.copytree(source, copy, ignore=ignored)
    else:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)


def _still_works(suite: str) -> list[str]:
    return [f"{suite}/{test}" for test in STILL_WORKS[suite]]


def _as_reported(test: str) -> str:
    return _plain(test).replace(".py", "").replace("/", ".").replace("::", ".")


def _plain(test: str) -> str:
    """Return the name of a test without the parameters of a case."""
    return test.partition("[")[0]
