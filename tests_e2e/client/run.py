"""What `make test-client` runs: a client in another language, made from the documents.

A stock generator makes it of docs/openapi alone, tsc checks it strictly, and it goes
the way of `make demo` on a system of its own. It needs Node.js with npm, and a network
the first time; it is no part of `make test`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.console import Refusal, complain, say
from local.settings import ROOT, Settings
from local.stack import Stack, StackFailed

_SOURCES = Path(__file__).resolve().parent
_PROJECT = (
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "openapi-ts.config.ts",
)
_OLDEST_NODE = (20, 9)
_SECONDS = 300


def main() -> int:
    """Generate the client, check it and make the journey; returns 0 if all succeed."""
    try:
        npm = _find_npm()
        folder = Settings.read().state.folder / "cache" / "client"
        _lay_out(folder)
        _install(npm, folder)
        say("Generating a client from docs/openapi")
        _run(folder, npm, "run", "--silent", "generate")
        say("Checking its types")
        _run(folder, npm, "run", "--silent", "check")
        say("Starting a system of its own")
        with Stack() as stack:
            said = _run(
                folder,
                *(npm, "run", "--silent", "journey"),
                PROMO_URL=stack.base_url,
                ADMIN_USERNAME="admin",
                ADMIN_PASSWORD=stack.admin_password,
            )
    except (Refusal, StackFailed) as error:
        complain(f"Promo System: {error}")
        return 1
    say(f"{said}\nThe generated client made the journey.")
    return 0


def _find_npm() -> str:
    """Return npm's path; raises Refusal if it, or a recent Node.js, is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    oldest = ".".join(str(part) for part in _OLDEST_NODE)
    if node is None or npm is None:
        raise Refusal(f"make test-client needs Node.js {oldest} or later, and npm.")
    asked = [node, "--version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", said)
    if version is None or tuple(map(int, version.groups())) < _OLDEST_NODE:
        raise Refusal(
            f"make test-client needs Node.js {oldest} or later; {node} is "
            f"{said.strip() or 'of no use'}."
        )
    return npm


def _lay_out(folder: Path) -> None:
    """Put the project together where it can be written, and nothing older with it."""
    for stale in ("src", "out", "docs"):
        shutil.rmtree(folder / stale, ignore_errors=True)
    (folder / "src").mkdir(parents=True)
    for name in _PROJECT:
        shutil.copyfile(_SOURCES / name, folder / name)
    shutil.copyfile(_SOURCES / "journey.ts", folder / "src" / "journey.ts")
    shutil.copytree(ROOT / "docs" / "openapi", folder / "docs")


def _install(npm: str, folder: Path) -> None:
    """Install what the lock names, checked by its hashes, unless it is there."""
    record = folder / "node_modules" / ".installed.json"
    digest = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if record.exists() and json.loads(record.read_text()) == digest:
        return
    say("Installing the generator and TypeScript (the first time only)")
    _run(folder, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    record.write_text(json.dumps(digest))


def _run(folder: Path, *command: str, **environment: str) -> str:
    """Run a command in the folder and return its output; raises Refusal if it fails."""
    variables: Mapping[str, str] = {**os.environ, "NO_COLOR": "1", **environment}
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        complain((done.stdout + done.stderr).rstrip())
        raise Refusal(f"{' '.join(command[1:])} failed; above are its own words.")
    return done.stdout.rstrip()


if __name__ == "__main__":
    sys.exit(main())
