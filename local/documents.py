"""The OpenAPI documents in docs/openapi: `make documents` writes what the code says.

`make check` calls this with `--check` and fails where a document says something else.
"""

import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local.console import say
from local.settings import ROOT
from local.system import SERVICES
from local.test_environment import build_test_environment

_NO_DATABASE = "postgres://nobody@127.0.0.1:1/none"


def main(arguments: list[str]) -> int:
    """Write both documents, or hold them against the code; 1 where they differ."""
    differing = 0
    for service in SERVICES:
        path = ROOT / "docs" / "openapi" / f"{service.removesuffix('_service')}.yaml"
        said = _generate(service)
        if "--check" not in arguments:
            path.write_text(said, encoding="utf-8")
        elif (kept := path.read_text(encoding="utf-8")) != said:
            differing = 1
            lines = difflib.unified_diff(
                kept.splitlines(), said.splitlines(), str(path), "the code", lineterm=""
            )
            say("\n".join(list(lines)[:40]))
            say("Write it anew with: make documents")
    return differing


def _generate(service: str) -> str:
    with tempfile.TemporaryDirectory(prefix="promo-documents-") as folder:
        command = [sys.executable, f"{service}/manage.py", "spectacular"]
        environment = build_test_environment(service, Path(folder), _NO_DATABASE)
        done = subprocess.run(
            [*command, "--validate", "--fail-on-warn"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
