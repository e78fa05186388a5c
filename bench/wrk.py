"""wrk as load generator: threads of C, requests made by a script in Lua."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.results import Outcome, RunFailed

THREADS, CONNECTIONS = 2, 16
SCRIPTS = Path(__file__).parent / "scripts"
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Wrk:
    """The program `wrk` of this machine."""

    binary: str

    @classmethod
    def find(cls) -> "Wrk | None":
        """Return it if it is on the PATH."""
        binary = shutil.which("wrk")
        return cls(binary) if binary else None

    @property
    def description(self) -> str:
        """Return what it is called, and its version."""
        said = subprocess.run(
            [self.binary, "-v"], capture_output=True, text=True, check=False
        )
        return " ".join((said.stdout or said.stderr).split()[:2])

    def run(
        self,
        script: str,
        base_url: str,
        variables: Mapping[str, str],
        *,
        seconds: int,
        connections: int = CONNECTIONS,
    ) -> Outcome:
        """Load for so many seconds; raises RunFailed for any answer that is wrong."""
        command = [self.binary, "--threads", str(min(THREADS, connections))]
        command += ["--connections", str(connections), "--duration", f"{seconds}s"]
        command += ["--timeout", "30s", "--script", str(SCRIPTS / f"{script}.lua")]
        done = subprocess.run(
            [*command, base_url],
            env={**os.environ, **variables, "BENCH_SCRIPTS": str(SCRIPTS)},
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + _PATIENCE_SECONDS,
        )
        if done.returncode != 0:
            raise RunFailed(f"wrk failed:\n{done.stdout}{done.stderr}")
        return read_output(done.stdout)


def read_output(text: str) -> Outcome:
    """Return what wrk's script printed; raises RunFailed where answers were wrong."""
    lines = dict(
        line.split(" ", 1)
        for line in text.splitlines()
        if line.startswith(("RESULT ", "EXAMPLE "))
    )
    if "RESULT" not in lines:
        raise RunFailed(f"wrk said nothing of its results:\n{text}")
    result: dict[str, Any] = json.loads(lines["RESULT"])
    if result["wrong"] or result["broken"] or not result["requests"]:
        raise RunFailed(
            f"Of {result['requests']} answers {result['wrong']} were wrong, and "
            f"{result['broken']} connections broke: {lines.get('EXAMPLE', '')}"
        )
    return Outcome(
        done=result["requests"],
        seconds=result["microseconds"] / 1e6,
        latency_50=result["latency_50"] / 1e3,
        latency_99=result["latency_99"] / 1e3,
        received_bytes=result["bytes"],
    )
