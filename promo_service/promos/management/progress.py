"""How far a command has come: a bar on a terminal, a line now and then elsewhere."""

import time
from typing import Any

_WIDTH = 30
_PAUSE = 0.1  # seconds between two drawings of the bar
_LINE_EVERY = 10.0  # seconds, where nobody watches


class ProgressBar:
    """One line that is rewritten, or a line each stage and every ten seconds."""

    def __init__(self, out: Any) -> None:
        """Find out whether somebody is looking at a terminal."""
        self._out = out
        self._rewrites = out.isatty()
        self._shown_at = float("-inf")

    def show(self, stage: str, done: int, total: int) -> None:
        """This function will show a stage's progress, complete if all is done."""
        now = time.monotonic()
        pause = _PAUSE if self._rewrites else _LINE_EVERY
        if done < total and now - self._shown_at < pause:
            return
        self._shown_at = now
        share = done / total if total else 1.0
        counts = f"{done:,} of {'' if done == total else 'about '}{total:,} {stage}"
        if not self._rewrites:
            self._out.write(f"{share:4.0%}  {counts}")
            return
        bar = ("#" * round(_WIDTH * share)).ljust(_WIDTH, ".")
        self._out.write(f"\r\033[K[{bar}] {share:4.0%}  {counts}", ending="")
        self._out.flush()

    def print(self, line: str) -> None:
        """This function will print a line, and leave the bar below it."""
        self.finish()
        self._out.write(line)
        self._shown_at = float("-inf")

    def finish(self) -> None:
        """This function will remove the bar."""
        if self._rewrites:
            self._out.write("\r\033[K", ending="")
