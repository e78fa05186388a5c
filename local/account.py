"""As root, nothing runs as root: which ordinary user it is, and what that user reaches.

Standard library only, since this runs before anything is installed.
"""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local.console import Refusal

_PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")
_PYTHON_FOLDERS = ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin")
# What pip and the launcher need of a Python; it answers with its own path.
_PROBE = (
    "import sys, venv, ensurepip; assert sys.version_info >= (3, 11); "
    "print(sys.executable)"
)


@dataclass(frozen=True)
class Account:
    """An ordinary user, as the system knows it."""

    name: str
    uid: int
    gid: int

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command as this user, in a folder that everybody may enter.

        What the user may not start ends with a status of its own, 126 or 127.
        """
        return subprocess.run(
            ["/bin/sh", "-c", 'exec "$@"', "sh", *command],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            env={"PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def can_enter(self, folder: Path) -> bool:
        """Tell whether every folder on the way there lets this user pass."""
        return self.run("/bin/sh", "-c", 'cd "$1"', "sh", str(folder)).returncode == 0

    def become(self) -> None:
        """Turn this process into one of this user's, for good."""
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)


def choose_account(checkout: Path, state: Path) -> Account:
    """Return who was used before, or else the checkout's owner, or else `nobody`."""
    for folder in (state / "run", checkout):
        if folder.exists() and (owner := folder.stat()).st_uid != 0:
            return _account_of(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account("nobody", 65_534, 65_534)
    return Account(nobody.pw_name, nobody.pw_uid, nobody.pw_gid)


def choose_python(account: Account) -> str:
    """Return a Python that this user may start: the one that runs this, or another.

    A version manager below /root keeps its own from everybody else. Raises Refusal
    where none is found.
    """
    own = os.path.realpath(sys.executable)
    elsewhere = [f"{at}/{name}" for at in _PYTHON_FOLDERS for name in _PYTHONS]
    for candidate in (own, *elsewhere):
        if shutil.which(candidate):
            found = account.run(candidate, "-I", "-c", _PROBE)
            if found.returncode == 0:
                return candidate
    raise Refusal(
        f"As root everything runs as the user {account.name}, and there is no Python "
        f"3.11 or later with venv that this user may start ({own} does not do). "
        "Install one for everybody; on Debian and Ubuntu: apt-get install python3-venv"
    )


def _account_of(uid: int, gid: int) -> Account:
    try:
        known = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, gid)
    return Account(known.pw_name, known.pw_uid, known.pw_gid)
