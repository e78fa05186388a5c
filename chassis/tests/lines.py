"""A line to a server that can go silent as networks do, and be well again."""

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

LOOPBACK = "127.0.0.1"


class Line:
    """A context manager: a port that leads to another one, until it is told not to.

    `cut_off` is an address that is gone without a word: nothing is acknowledged, a new
    connection waits for TCP. `freeze` is a server that is stopped: the kernel takes
    connections and bytes for it, and no answer ever comes.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._flows = threading.Event()
        self._accepts = threading.Event()
        self._ended = threading.Event()
        self._filling: list[socket.socket] = []
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server((LOOPBACK, 0), backlog=0)
        self.port = int(self._listener.getsockname()[1])
        self._flows.set()
        self._accepts.set()
        self._start(self._serve)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self.restore()
        self.drop()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def freeze(self) -> None:
        """Answer nothing any more, on connections that are there and on new ones."""
        self._flows.clear()

    def cut_off(self) -> None:
        """Drop what there is, and let new connections wait for TCP."""
        self._accepts.clear()
        # The one that the thread waits for, and as many as the kernel queues.
        for _ in range(3):
            filling = socket.socket()
            filling.setblocking(False)
            filling.connect_ex((LOOPBACK, self.port))
            self._filling.append(filling)
        self.drop()

    def restore(self) -> None:
        """Be as new for whoever comes now."""
        for filling in self._filling:
            filling.close()
        self._filling.clear()
        self._flows.set()
        self._accepts.set()

    def drop(self) -> None:
        """Close every connection that there is."""
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def _serve(self) -> None:
        while not self._ended.is_set():
            self._accepts.wait()
            if not select.select([self._listener], [], [], 0.05)[0]:
                continue
            if not self._accepts.is_set():
                continue
            with contextlib.suppress(OSError):
                near = self._listener.accept()[0]
                far = socket.create_connection((LOOPBACK, self._target))
                self._pairs.append((near, far))
                self._start(self._carry, near, far)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, contextlib.suppress(OSError):
            while True:
                for source in select.select([near, far], [], [])[0]:
                    data = source.recv(65536)
                    self._flows.wait()
                    if not data:
                        return
                    (far if source is near else near).sendall(data)

    def _start(self, run: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()
