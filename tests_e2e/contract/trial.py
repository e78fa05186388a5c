"""One document tried by schemathesis, in a process of its own as its hooks need it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local.settings import ROOT
from local.stack import Stack

_CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
_PHASES = "examples,coverage,fuzzing,stateful"
# The same requests at each run, but for ids; `make test-contract` can ask for others.
_MAX_EXAMPLES = os.environ.get("MAX_EXAMPLES") or "20"
_SEED = os.environ.get("SEED") or "1"
_MOST_SECONDS = 1_800


@dataclass(frozen=True)
class Trial:
    """What schemathesis said, and how often each operation answered with what."""

    found_nothing: bool
    output: str
    answers: dict[str, dict[int, int]]

    def count_successes(self) -> dict[str, int]:
        """Return the number of 2xx answers by operationId."""
        return {
            operation_id: sum(
                count for status, count in counts.items() if 200 <= status < 300
            )
            for operation_id, counts in self.answers.items()
        }


def try_document(stack: Stack, path: str, folder: Path) -> Trial:
    """Hold the running system to the document that it serves at this path."""
    answers = folder / "answers.json"
    document = requests.get(stack.base_url + path, timeout=30).json()
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color"]
    command += ["--config-file", str(_CONFIGURATION), "run", stack.base_url + path]
    command += ["--url", stack.base_url, "--phases", _PHASES]
    command += ["--max-examples", _MAX_EXAMPLES, "--seed", _SEED]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={
            **os.environ,
            "CONTRACT_BASE_URL": stack.base_url,
            "CONTRACT_ADMIN_PASSWORD": stack.admin_password,
            "CONTRACT_ANSWERS": str(answers),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_MOST_SECONDS,
        check=False,
    )
    told = json.loads(answers.read_text()) if answers.exists() else {}
    counted = {
        operation_id: {
            int(status): count for status, count in told.get(operation_id, {}).items()
        }
        for operation_id in _list_operation_ids(document)
    }
    return Trial(done.returncode == 0, done.stdout + done.stderr, counted)


def _list_operation_ids(document: dict[str, Any]) -> list[str]:
    return [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
