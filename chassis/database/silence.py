"""An end to waiting for a server that says nothing, whatever its kernel acknowledges.

TCP's own time-outs (`chassis.database.base`) end what waits for an address that is
gone. A server that is stopped, or hangs with its disk, still has a kernel that takes
what is sent and acknowledges it; and `statement_timeout` is kept by the server itself.
"""

import contextlib
import os
import socket
import threading
import time
from typing import Any

import structlog
from psycopg2 import Error, OperationalError

logger = structlog.get_logger("database")

# As soon as one is found silent, a connection that is waited for is cut.
_LOOK_SECONDS = 0.25
# So long nobody waits for an address again that didn't answer just now.
_REFUSE_SECONDS = 1.0


class Waiting:
    """Which connections are waited for, and until when; a thread cuts them then."""

    def __init__(self) -> None:
        self._until: dict[int, tuple[float, Any]] = {}
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def begin(self, wrapper: Any, seconds: float) -> None:
        """Let the wrapper's connection be cut in so many seconds."""
        self._until[id(wrapper)] = (time.monotonic() + seconds, wrapper)

    def end(self, wrapper: Any) -> None:
        """Leave the connection alone: the server has answered."""
        self._until.pop(id(wrapper), None)

    def watch(self) -> None:
        """See that the thread runs; a fork has none of its parent's."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._watch, name="database-silence", daemon=True
                )
                self._thread.start()

    def _watch(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
            for key, wait in self._until.copy().items():
                until, wrapper = wait
                # What is waited for by now may be the next answer, which has time left.
                if until < now and self._until.get(key) is wait:
                    _cut(wrapper.connection)


class Silence:
    """A server that let a connection wait in vain: others needn't try at once too.

    While its address is gone, each thread would wait for it, one request after another.
    """

    def __init__(self) -> None:
        self._until = 0.0

    def refuse(self) -> None:
        """Raise OperationalError just after a connection was waited for in vain."""
        if time.monotonic() < self._until:
            raise OperationalError("the database did not answer a moment ago")

    def note(self) -> None:
        """Keep that there was no answer."""
        self._until = time.monotonic() + _REFUSE_SECONDS


def _cut(opened: Any) -> None:
    """End a connection; the thread that waits for it hears that it was lost."""
    if opened is None:
        return
    with contextlib.suppress(Error, OSError):
        # A descriptor of our own, so that closing it closes nobody else's.
        with socket.socket(fileno=os.dup(opened.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
        logger.warning("database_silent")
