"""What `make check` runs: all that can be said of the code without running it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.console import Refusal, complain, say
from local.settings import ROOT, Settings
from local.system import SERVICES
from local.test_environment import build_test_environment
from local.throwaway import ThrowawayCluster

_PYTHON = sys.executable
# It has no `python -m`, and its script dies when the virtual environment is moved.
_LINT_IMPORTS = "from importlinter.cli import lint_imports_command as run; run()"
# What is no service, by the one whose models it knows, if any.
_ALSO_CHECKED_WITH = {
    "auth_service": ["local", "gateway", "k8s", "tests_e2e"],
    "promo_service": ["bench"],
}


@dataclass(frozen=True)
class Check:
    """One command, which says nothing of interest when it succeeds."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    def holds(self) -> bool:
        """Run it, show its output where it fails, and tell how it went."""
        began = time.monotonic()
        done = subprocess.run(
            self.command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        took = time.monotonic() - began
        verdict = "ok    " if done.returncode == 0 else "FAILED"
        say(f"{verdict} {took:5.1f} s  {self.name}")
        if done.returncode != 0:
            say((done.stdout + done.stderr).rstrip() + "\n")
        return done.returncode == 0


def main() -> int:
    """Run every check, whatever the others said; returns 0 if all hold, otherwise 1."""
    cache = Settings.read().state.folder / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="promo-checks-") as folder,
            ThrowawayCluster() as cluster,
        ):
            checks = list(_build_checks(cluster, Path(folder), cache))
            failed = [check.name for check in checks if not check.holds()]
    except Refusal as refusal:
        complain(f"Promo System: {refusal}")
        return 1
    if failed:
        say(f"\nFailed: {', '.join(failed)}")
        return 1
    say(f"\nAll {len(checks)} checks hold")
    return 0


def _build_checks(
    cluster: ThrowawayCluster, folder: Path, cache: Path
) -> Iterator[Check]:
    ruff = [_PYTHON, "-m", "ruff"]
    ruff_cache = {"RUFF_CACHE_DIR": str(cache / "ruff")}
    yield Check("ruff check", [*ruff, "check", "."], ruff_cache)
    yield Check("ruff format", [*ruff, "format", "--check", "."], ruff_cache)
    yield Check(
        "import-linter",
        [
            *(_PYTHON, "-c", _LINT_IMPORTS),
            *("--cache-dir", str(cache / "imports")),
        ],
    )
    # The wheel brings no module, only the program.
    hadolint = str(Path(_PYTHON).with_name("hadolint"))
    dockerfiles = [f"{folder}/Dockerfile" for folder in (*SERVICES, "gateway")]
    yield Check("hadolint", [hadolint, *dockerfiles])
    yield Check("OpenAPI documents", [_PYTHON, "-m", "local.documents", "--check"])
    yield Check("definitions of the database", [_PYTHON, "-m", "local.definitions"])
    for service in SERVICES:
        cluster.create_database(service)
        environment = build_test_environment(service, folder, cluster.url(service))
        yield from _build_service_checks(service, environment, cache)


def _build_service_checks(
    service: str, environment: Mapping[str, str], cache: Path
) -> Iterator[Check]:
    # Once a service: the plugin for Django knows one settings module at a time.
    others = _ALSO_CHECKED_WITH[service]
    mypy = [_PYTHON, "-m", "mypy", "--cache-dir", str(cache / f"mypy-{service}")]
    manage = [_PYTHON, f"{service}/manage.py"]
    yield Check(f"mypy, {service}", [*mypy, "chassis", service, *others], environment)
    yield Check(
        f"check --deploy, {service}",
        [*manage, "check", "--deploy", "--fail-level", "WARNING"],
        environment,
    )
    yield Check(
        f"makemigrations --check, {service}",
        [*manage, "makemigrations", "--check", "--dry-run"],
        environment,
    )
    yield Check(
        f"safe migrations, {service}",
        [_PYTHON, "-m", "local.lint_migrations"],
        environment,
    )


if __name__ == "__main__":
    sys.exit(main())
