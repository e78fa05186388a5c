"""Waiting for something that another process does."""

import time
from collections.abc import Callable


def wait_until(
    ready: Callable[[], bool], seconds: float, *, pause: float = 0.1
) -> bool:
    """Ask again and again; returns whether it became true in that time."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
