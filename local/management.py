"""Runs the services' own management commands, several at once where that is faster."""

import contextlib
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.settings import ROOT
from local.supervision import ProgramFailed, read_tail


@dataclass(frozen=True)
class ManagementCommand:
    """A command of a service's manage.py, with its whole environment."""

    service: str
    arguments: Sequence[str]
    environment: dict[str, str] = field(repr=False)
    log: Path

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it out of reach of Ctrl-C; what it says goes into its log."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, f"{self.service}/manage.py", *self.arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def run_together(commands: Iterable[ManagementCommand]) -> None:
    """Run commands side by side; none outlives the call, whatever interrupts it.

    Raises ProgramFailed with the words of one that failed.
    """
    with contextlib.ExitStack() as stack:
        running = []
        for command in commands:
            process = command.start()
            stack.callback(_end, process)
            running.append((command, process))
        for command, process in running:
            if process.wait() != 0:
                name = f"{command.service}/manage.py {command.arguments[0]}"
                raise ProgramFailed(f"{name} failed:\n\n{read_tail(command.log)}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
