"""What the launcher says, and how it refuses."""

import os
import sys
from typing import TextIO


class Refusal(Exception):
    """Something that only the reader can mend, in one sentence that says how."""


def say(line: str = "") -> None:
    """Print a line at once. A reader who left (`| head`) is no reason to stop."""
    _print(line, sys.stdout)


def complain(line: str) -> None:
    """Print a line to standard error, under the same rule as `say`."""
    _print(line, sys.stderr)


def _print(line: str, stream: TextIO) -> None:
    try:
        print(line, file=stream, flush=True)
    except OSError:  # a closed pipe, or a terminal that is gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Progress:
    """One line that is rewritten on a terminal, and a line each step elsewhere."""

    def __init__(self) -> None:
        """Find out whether somebody is looking at a terminal."""
        self._rewrites = sys.stdout.isatty()

    def show(self, line: str) -> None:
        """Replace the line shown before, or add one where lines can't be replaced."""
        if self._rewrites:
            print(f"\r\033[K{line[:100]}", end="", flush=True)
        else:
            say(line)

    def finish(self) -> None:
        """Leave the cursor at the start of an empty line."""
        if self._rewrites:
            print("\r\033[K", end="", flush=True)
