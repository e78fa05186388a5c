"""What an earlier run left behind after `kill -9`: found by its records, then ended.

A record names a process by its id and the moment it started, counted from the machine's
own start, since clocks get set. A process that merely has the same id is never touched.
"""

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from local.credentials import write_private

SUPERVISOR = "supervisord"
_SUFFIX = ".pid"
_TOLERANCE_SECONDS = 1.0


@dataclass(frozen=True)
class Record:
    """One process as it was when it started."""

    pid: int
    started: float
    executable: str

    def find(self) -> list[psutil.Process]:
        """Return what is alive of it: itself, or what it left in its process group."""
        try:
            leader = psutil.Process(self.pid)
        except psutil.NoSuchProcess:
            return self._find_orphans()
        if _is_dead(leader):
            return self._find_orphans()
        return [leader] if self._is(leader) else []

    def _is(self, process: psutil.Process) -> bool:
        try:
            return abs(_started(process) - self.started) < _TOLERANCE_SECONDS
        except psutil.Error:
            return False

    def _find_orphans(self) -> list[psutil.Process]:
        """Return the group's other processes; nginx's workers outlive their master."""
        return [
            process
            for process in psutil.process_iter()
            if _group(process) == self.pid
            and _executable(process) == self.executable
            and _started(process) > self.started - _TOLERANCE_SECONDS
        ]


def record(run: Path, name: str, executable: str) -> None:
    """Leave a record of the calling process, under the name of a program."""
    own = Record(os.getpid(), _started(psutil.Process()), os.path.realpath(executable))
    write_private(run / (name + _SUFFIX), json.dumps(asdict(own)))


def end_leftovers(run: Path, *, patience: float = 9.0) -> list[str]:
    """End every recorded process that is alive, and return the names of those.

    supervisord goes first and gets `patience` seconds to stop the others in order;
    whatever is left then is killed.
    """
    ended = []
    paths = sorted(run.glob("*" + _SUFFIX), key=lambda path: path.stem != SUPERVISOR)
    for path in paths:
        if found := _read(path):
            ended.append(path.stem)
            stop = signal.SIGINT if path.stem == "postgres" else signal.SIGTERM
            _end(found, stop, patience)
        path.unlink()
    return ended


def end_predecessor(run: Path, name: str) -> None:
    """Kill what a program that died left in its process group.

    Workers of nginx and gunicorn outlive a killed master and keep its port.
    """
    found = _read(run / (name + _SUFFIX))
    _end(found, signal.SIGKILL, 5.0)


def end_processes_in(directory: Path, executable: str) -> None:
    """Kill every process of that program that works in the directory."""
    for process in psutil.process_iter():
        if _executable(process) == executable and _directory(process) == str(directory):
            _end([process], signal.SIGKILL, 5.0)


def _read(path: Path) -> list[psutil.Process]:
    try:
        return Record(**json.loads(path.read_text())).find()
    except (OSError, ValueError, TypeError):
        return []


def _end(
    processes: list[psutil.Process], stop: signal.Signals, patience: float
) -> None:
    groups = {_group(process) for process in processes} - {os.getpgrp(), None}
    for process in processes:
        _send(process, stop)
    psutil.wait_procs(processes, timeout=patience)
    deadline = time.monotonic() + 5
    for group in groups:
        while (members := _members(group)) and time.monotonic() < deadline:
            for member in members:
                _send(member, signal.SIGKILL)
            psutil.wait_procs(members, timeout=1)


def _members(group: int | None) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter()
        if _group(process) == group and not _is_dead(process)
    ]


def _send(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _started(process: psutil.Process) -> float:
    return process.create_time() - psutil.boot_time()


def _is_dead(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return None


def _executable(process: psutil.Process) -> str | None:
    try:
        return os.path.realpath(process.exe())
    except (psutil.Error, OSError):
        return None


def _directory(process: psutil.Process) -> str | None:
    try:
        return process.cwd()
    except (psutil.Error, OSError):
        return None
