"""The state folder, STATE_DIR: everything that the running system writes.

Standard library only, since this runs before anything is installed. As root, the folder
itself and the copies of code and packages in it belong to root, and the ordinary user
can change neither; what the programs write belongs to that user.
"""

import os
import secrets
import shutil
from pathlib import Path

from local.account import Account
from local.console import Refusal, say

# Each of them is private to the user that the programs run as.
FOLDERS = ("cache", "gateway", "home", "logs", "postgres", "run", "secrets")
PASSWORD_FILE = "admin-password"  # noqa: S105 - a name
# Where the state really lies if the programs' user can't get to STATE_DIR.
_ELSEWHERE = Path("/var/lib/promo-system")
_BELONGS_TO = "belongs-to"
_NOT_COPIED = (
    ".*_cache",
    ".coverage*",
    ".env",
    ".git",
    ".hypothesis",
    ".local",
    ".venv",
    "__pycache__",
    "htmlcov",
    "secrets",
)


def prepare(state: Path) -> Path:
    """Make the state folder of an ordinary user; returns its real path.

    Raises Refusal where this user may not write there.
    """
    real = state.resolve()
    try:
        real.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in FOLDERS:
            (real / name).mkdir(mode=0o700, exist_ok=True)
            os.listdir(real / name)
        _try_to_write(real / "run")
    except (PermissionError, NotADirectoryError, FileExistsError, OSError) as error:
        raise Refusal(
            f"The state folder {real} can't be used ({error.strerror}). "
            "Choose another: STATE_DIR=/path/to/a/folder make run"
        ) from None
    return real


def prepare_for(account: Account, state: Path) -> Path:
    """Make the state folder, as root, for an ordinary user; returns its real path.

    Where that user can't get to STATE_DIR, it becomes a link to a folder below
    /var/lib, and no permission on the way changes. Raises Refusal where files are in
    the way.
    """
    if _is_our_link(state):
        real = state.resolve()
    elif account.can_enter(_existing_parent(state.resolve())):
        real = state.resolve()
        _make_passable(real)
    else:
        real = _make_elsewhere(account, state)
    for name in FOLDERS:
        if not (real / name).exists():
            (real / name).mkdir(mode=0o700)
            os.chown(real / name, account.uid, account.gid)
    # Made here, since the folder around it is not the user's to add to.
    if not (real / PASSWORD_FILE).exists():
        (real / PASSWORD_FILE).touch(mode=0o600)
        os.chown(real / PASSWORD_FILE, account.uid, account.gid)
    return real


def copy_code(checkout: Path, state: Path, account: Account) -> Path:
    """Bring the copy of the code in the state folder up to date; returns its path.

    Only files that differ are written, so that a running system is left in peace.
    """
    copy = state / "app"
    copy.mkdir(mode=0o750, exist_ok=True)
    os.chown(copy, 0, account.gid)
    copy.chmod(0o750)
    _mirror(checkout, copy)
    return copy


def _try_to_write(folder: Path) -> None:
    probe = folder / f".{secrets.token_hex(8)}"
    probe.touch()
    probe.unlink()


def _existing_parent(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.exists())


def _make_passable(folder: Path) -> None:
    """Make a folder that others may enter, and those above it that are missing."""
    for missing in [path for path in reversed(folder.parents) if not path.exists()]:
        missing.mkdir()
        missing.chmod(0o755)
    folder.mkdir(exist_ok=True)
    if folder.stat().st_uid == 0:
        folder.chmod(0o755)


def _is_our_link(state: Path) -> bool:
    """Tell a link made here from one that came along with a copied checkout."""
    if not state.is_symlink() or state.resolve().parent != _ELSEWHERE:
        return False
    try:
        belongs_to = (state.resolve() / _BELONGS_TO).read_text()
    except OSError:
        belongs_to = ""
    if belongs_to == str(state):
        return True
    state.unlink()
    return False


def _make_elsewhere(account: Account, state: Path) -> Path:
    try:
        if state.exists():
            state.rmdir()
    except OSError:
        raise Refusal(
            f"Everything runs as the user {account.name}, who can't get to {state}, "
            "and files are in there already. Move it away, or choose another: "
            "STATE_DIR=/var/lib/promo make run"
        ) from None
    real = _ELSEWHERE / secrets.token_hex(8)
    _make_passable(real)
    (real / _BELONGS_TO).write_text(str(state))
    state.parent.mkdir(parents=True, exist_ok=True)
    state.symlink_to(real)
    say(f"The state lies in {real}, since {account.name} can't get to {state}")
    return real


def _mirror(source: Path, copy: Path) -> None:
    ignored = shutil.ignore_patterns(*_NOT_COPIED)
    names = {entry.name for entry in source.iterdir()}
    names -= ignored(str(source), list(names))
    names = {name for name in names if not _is_state_or_link(source / name)}
    for entry in copy.iterdir():
        if entry.name not in names or entry.is_dir() != (source / entry.name).is_dir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for name in sorted(names):
        if (source / name).is_dir():
            (copy / name).mkdir(exist_ok=True)
            (copy / name).chmod(0o755)
            _mirror(source / name, copy / name)
        elif (source / name).is_file():
            _copy_file(source / name, copy / name)


def _is_state_or_link(path: Path) -> bool:
    """Tell what is no code: the state of this or another run, or a way out of here."""
    holds_state = all((path / name).is_dir() for name in FOLDERS)
    return holds_state or (path.is_symlink() and path.is_dir())


def _copy_file(source: Path, copy: Path) -> None:
    content = source.read_bytes()
    mode = 0o755 if source.stat().st_mode & 0o100 else 0o644
    if copy.exists() and copy.read_bytes() == content:
        return
    fresh = copy.with_name(f".{copy.name}.new")
    fresh.write_bytes(content)
    fresh.chmod(mode)
    fresh.replace(copy)
