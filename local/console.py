"""What the launcher says, and how it refuses."""

import contextlib
import sys


class Refusal(Exception):
    """Something that only the reader can mend, in one sentence that says how."""


def say(line: str = "") -> None:
    """Print a line at once; a reader who left (`| head`) is no reason to stop."""
    with contextlib.suppress(BrokenPipeError):
        print(line, flush=True)


def complain(line: str) -> None:
    """Print a line to standard error, under the same rule as `say`."""
    with contextlib.suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)


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
