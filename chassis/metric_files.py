"""The files in which gunicorn's workers count together, in prometheus-client's format.

Each worker has its own, and a scrape adds them up. What a worker leaves when it ends is
added to one file of all that ended, so that restarts neither lose counts nor fill the
folder, which in a container is memory. Needs no Django: gunicorn's master works here.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# prometheus-client reads it when it is imported, so it is set before.
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_ENDED = 0  # no process has this id
_PATIENCE_SECONDS = 1.0


def choose_folder(given: str | None) -> None:
    """This function will say where workers count: there, or in a folder of its own."""
    if VARIABLE not in os.environ:  # a reload keeps it
        os.environ[VARIABLE] = given or tempfile.mkdtemp(prefix="promo-metrics-")


def clear_folder() -> None:
    """This function will remove what an earlier run has counted."""
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in _folder().glob("*.db"):
        left.unlink()


def remove_folder() -> None:
    """This function will leave nothing behind."""
    clear_folder()
    with suppress(OSError):
        _folder().rmdir()


def collect_all_workers() -> Iterable[Any]:
    """This function will return the metrics of every worker, or of this process."""
    from prometheus_client import REGISTRY  # noqa: PLC0415  # see VARIABLE
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

    if VARIABLE not in os.environ:
        return REGISTRY.collect()
    with _lock(fcntl.LOCK_SH):
        collector = MultiProcessCollector(None)  # type: ignore[no-untyped-call]
        metrics: Iterable[Any] = list(collector.collect())  # type: ignore[no-untyped-call]
    return metrics


def keep_counts_of(pid: int) -> None:
    """This function will add a worker's counts to those of all that have ended.

    Where a scrape holds it up too long they stay where they are, and count as well.
    Raises OSError, and RuntimeError where a file can't be read.
    """
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(pid, str(_folder()))  # type: ignore[no-untyped-call]
    with _lock(fcntl.LOCK_EX) as held:
        if held:
            for kind in ("counter", "histogram"):
                _add_up(kind, pid)


def _add_up(kind: str, pid: int) -> None:
    from prometheus_client.mmap_dict import MmapedDict  # noqa: PLC0415

    left = _folder() / f"{kind}_{pid}.db"
    if not left.exists():
        return
    ended = MmapedDict(str(_folder() / f"{kind}_{_ENDED}.db"))  # type: ignore[no-untyped-call]
    for key, value, *_ in MmapedDict.read_all_values_from_file(str(left)):  # type: ignore[no-untyped-call]
        before, _ = ended.read_value(key)  # type: ignore[no-untyped-call]
        ended.write_value(key, before + value, 0.0)  # type: ignore[no-untyped-call]
    ended.close()  # type: ignore[no-untyped-call]
    left.unlink()


@contextmanager
def _lock(kind: int) -> Iterator[bool]:
    """Lock the folder between scrapes and the master, but never wait for long."""
    descriptor = os.open(_folder(), os.O_RDONLY)
    until = time.monotonic() + _PATIENCE_SECONDS
    held = False
    try:
        while not held and time.monotonic() < until:
            held = _try_to_lock(descriptor, kind)
        yield held
    finally:
        os.close(descriptor)


def _try_to_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(0.01)
        return False
    return True


def _folder() -> Path:
    return Path(os.environ[VARIABLE])
