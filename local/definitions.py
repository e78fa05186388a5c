"""What the migrations make of the promo database, kept for `verify_ledger`.

`make definitions` writes it from a database that was just migrated; `make check` calls
this without a path and fails where the kept file says something else.
"""

import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local.console import say
from local.settings import ROOT
from local.test_environment import build_test_environment
from local.throwaway import ThrowawayCluster

_SERVICE = "promo_service"
_KEPT = ROOT / _SERVICE / "promos" / "verification" / "definitions.json"


def main(arguments: list[str]) -> int:
    """Write to the path given, or compare what is kept; 1 where that differs."""
    made = _describe()
    if arguments:
        Path(arguments[0]).write_text(made, encoding="utf-8")
        return 0
    kept = _KEPT.read_text(encoding="utf-8")
    if kept == made:
        return 0
    lines = difflib.unified_diff(
        kept.splitlines(), made.splitlines(), str(_KEPT), "the migrations", lineterm=""
    )
    say("\n".join(list(lines)[:40]))
    say("Write it anew with: make definitions")
    return 1


def _describe() -> str:
    with (
        tempfile.TemporaryDirectory(prefix="promo-definitions-") as folder,
        ThrowawayCluster() as cluster,
    ):
        cluster.create_database(_SERVICE)
        variables = build_test_environment(
            _SERVICE, Path(folder), cluster.url(_SERVICE)
        )
        environment = {**os.environ, **variables}
        _manage(environment, "migrate", "--no-input", "--verbosity", "0")
        return _manage(environment, "describe_database")


def _manage(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, f"{_SERVICE}/manage.py", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
