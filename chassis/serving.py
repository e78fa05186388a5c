"""How a worker of gunicorn ends: what has come in is answered first."""

import select
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class DrainingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """One that leaves nobody waiting at its ports when it is told to stop.

    gthread lets the kernel go on taking connections while it waits for requests in
    flight, and then resets those that nobody has looked at; a gateway may not repeat a
    POST that met such a reset. Here they are taken, and the ports are closed at once,
    so that whoever comes next is refused and turns to another process.
    """

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # gunicorn's
        """This function will, once the worker stops, empty its ports and close them."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                self._take_everybody(listener)
                listener.close()

    def _take_everybody(self, listener: Any) -> None:
        waiting = select.poll()
        waiting.register(listener, select.POLLIN)
        while waiting.poll(0):
            self.accept(listener)
