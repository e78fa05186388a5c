"""Makes the virtual environment from a lock, and leaves it alone while it is current.

Standard library only, since this runs before anything is installed. Every package is
checked against the hashes of the lock; nothing is built here, only wheels are taken.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from local.console import Progress, Refusal, complain, say

_PIN = re.compile(r"^[A-Za-z0-9][\w.\-]*(\[[^\]]*\])?==", re.MULTILINE)
_RECORD = ".installed.json"
_UNFINISHED = ".install-unfinished"
_LOCKS = (".install.lock", ".in-use.lock")
# What a lock brings along, because it was compiled with the other one in it.
_INCLUDES = {"requirements-dev.txt": ("requirements-local.txt",)}


def ensure_installed(venv: Path, lock: Path, python: str) -> Path:
    """Return the virtual environment's python, with exactly the lock's packages in it.

    Nothing is done, and no network needed, where the lock was installed before. An
    install that was interrupted starts afresh. Raises Refusal where it can't be done.
    """
    venv.mkdir(parents=True, exist_ok=True)
    with _exclusive(venv / _LOCKS[0]):
        if not _is_current(venv, lock, python):
            _install(venv, lock, python)
    return venv / "bin" / "python"


def hold(venv: Path) -> None:
    """Mark the environment as in use until this process, whatever it becomes, ends."""
    handle = os.open(venv / _LOCKS[1], os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(handle, fcntl.LOCK_SH)
    os.set_inheritable(handle, True)


def _is_current(venv: Path, lock: Path, python: str) -> bool:
    record = _read_record(venv)
    return (
        not (venv / _UNFINISHED).exists()
        and os.access(venv / "bin" / "python", os.X_OK)
        and record.get("python") == _identity(python)
        and record.get(lock.name) == _digest(lock)
    )


def _install(venv: Path, lock: Path, python: str) -> None:
    identity = _identity(python)
    record = _read_record(venv)
    if (venv / _UNFINISHED).exists() or record.get("python", identity) != identity:
        _clear(venv)
        record = {}
    if not os.access(venv / "bin" / "python", os.X_OK):
        _clear(venv)
        (venv / _UNFINISHED).touch()
        _create(venv, python)
    (venv / _UNFINISHED).touch()
    _install_packages(venv, lock)
    record["python"] = identity
    for name in (lock.name, *_INCLUDES.get(lock.name, ())):
        record[name] = _digest(lock.with_name(name))
    (venv / _RECORD).write_text(json.dumps(record, indent=2))
    (venv / _UNFINISHED).unlink()


def _create(venv: Path, python: str) -> None:
    say(f"Making a virtual environment in {venv}")
    made = subprocess.run(
        [python, "-m", "venv", str(venv)],
        capture_output=True,
        text=True,
        check=False,
        close_fds=False,
    )
    if made.returncode != 0:
        complain((made.stdout + made.stderr).strip())
        raise Refusal(
            f"{python} could not make a virtual environment. On Debian and Ubuntu its "
            "module comes with: apt-get install python3-venv"
        )


def _install_packages(venv: Path, lock: Path) -> None:
    command = [str(venv / "bin" / "python"), "-m", "pip", "install"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
    command += ["--progress-bar", "off", "--no-input", "--disable-pip-version-check"]
    total = len(_PIN.findall(lock.read_text()))
    say(f"Installing up to {total} packages from {lock.name} (the first start only)")
    last_words: deque[str] = deque(maxlen=15)
    progress = Progress()
    with subprocess.Popen(
        [*command, "--requirement", str(lock)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        close_fds=False,
    ) as pip:
        _follow(pip.stdout or (), total, progress, last_words)
    progress.finish()
    if pip.returncode != 0:
        complain("".join(last_words).rstrip())
        raise Refusal(
            f"The packages of {lock.name} could not be installed; above are pip's own "
            "words. It needs a network the first time; then run the command again."
        )


def _follow(
    output: Iterable[str], total: int, progress: Progress, last_words: deque[str]
) -> None:
    seen = 0
    for line in output:
        last_words.append(line)
        words = line.split()
        if line.startswith("Ignoring "):
            total -= 1
        elif line.startswith(("Collecting ", "Requirement already satisfied: ")):
            seen += 1
            package = words[1] if words[0] == "Collecting" else words[3]
            progress.show(f"  {seen:2}/{total} {package.replace('==', ' ')}")
        elif line.startswith("Installing collected packages"):
            progress.show(f"  {total}/{total} fetched and checked; unpacking them")


def _clear(venv: Path) -> None:
    """Empty the folder but for its locks, on which somebody may wait."""
    with _in_use_by_nobody(venv):
        for entry in venv.iterdir():
            if entry.name in _LOCKS:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()


@contextlib.contextmanager
def _in_use_by_nobody(venv: Path) -> Iterator[None]:
    with (venv / _LOCKS[1]).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(
                f"The virtual environment {venv} has to be made again, and a running "
                "Promo System uses it: stop that first."
            ) from None
        yield


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("a") as handle:
        # Held by pip too: if this process is killed, pip may still be writing.
        os.set_inheritable(handle.fileno(), True)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another install into the same virtual environment")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _read_record(venv: Path) -> dict[str, str]:
    try:
        record = json.loads((venv / _RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _identity(python: str) -> str:
    """Return which Python this is: an environment made by another one is no use."""
    if python == sys.executable:
        return f"{sys.base_prefix} {sys.version}"
    asked = [python, "-c", "import sys; print(sys.base_prefix, sys.version)"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()
