"""Becomes one program of the running system: `python -m local.program SPECIFICATION`.

The specification says the command, the folder and the whole environment, so that a
program gets nothing that it has no use for. Before that it leaves a record of this
process, by which a later start recognises a leftover.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local import leftovers
from local.credentials import write_private


@dataclass(frozen=True)
class Program:
    """A program of the running system, and how supervisor treats it."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(repr=False)
    directory: str
    log: str
    stop_signal: str = "TERM"
    stop_seconds: int = 1

    @classmethod
    def load(cls, specification: Path) -> "Program":
        """Return the program that a specification describes."""
        return cls(**json.loads(specification.read_text()))

    def save(self, run: Path) -> Path:
        """Write the specification below the folder of the running system."""
        path = specification_of(run, self.name)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(path, json.dumps(asdict(self), indent=2))
        return path


def specification_of(run: Path, name: str) -> Path:
    """Return the path of a program's specification."""
    return run / "programs" / f"{name}.json"


def main() -> None:
    """Record this process and turn it into the program; does not return."""
    specification = Path(sys.argv[1])
    program = Program.load(specification)
    leftovers.end_predecessor(specification.parents[1], program.name)
    leftovers.record(specification.parents[1], program.name, program.command[0])
    os.chdir(program.directory)
    path, environment = program.command[0], program.environment
    os.execve(path, program.command, environment)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
