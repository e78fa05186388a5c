"""What programs cost: CPU time, and the memory that is theirs."""

import contextlib
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

_MEGABYTE = 1_000_000


def read_cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, its children, and those that have ended."""
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
                total += times.children_user + times.children_system
    return total


def read_own_cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process without its children."""
    with contextlib.suppress(psutil.NoSuchProcess):
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    return 0.0


def read_busy_seconds() -> float:
    """Return the CPU time that the whole machine has spent on anything."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    return float(sum(times[:8]) - idle)


def read_pss(pid: int) -> float | None:
    """Return a process's proportional set size in MB; None where it can't be known."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / _MEGABYTE
    return None


class MemoryWatch:
    """A context manager: looks at the workers of servers until it ends.

    `largest` gets the largest PSS of any worker in MB, by server; `workers` has that of
    each worker, by its process id.
    """

    def __init__(self, servers: Mapping[str, int], largest: dict[str, float]) -> None:
        """Watch the children of these processes."""
        self._servers = servers
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._largest = largest
        self.workers: dict[int, float] = {}

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        is_over = False
        while not is_over:
            # Once more at the end, so that even the shortest time is looked at.
            is_over = self._ended.wait(1.0)
            for name, pid in self._servers.items():
                with contextlib.suppress(psutil.NoSuchProcess):
                    self._look(name, psutil.Process(pid))

    def _look(self, name: str, server: psutil.Process) -> None:
        for worker in server.children():
            found = read_pss(worker.pid)
            if found is not None:
                before = self.workers.get(worker.pid, 0.0)
                self.workers[worker.pid] = max(found, before)
                self._largest[name] = max(found, self._largest.get(name, 0.0))
