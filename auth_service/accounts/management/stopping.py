"""Commands that run until they are told to stop."""

import signal
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """This function will return what SIGTERM or SIGINT sets, instead of ending it."""
    stop = threading.Event()

    def set_it(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_it)
    return stop
