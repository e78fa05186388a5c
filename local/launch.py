"""Prepares the ground for one command of the Makefile and becomes that command.

Standard library only, since this runs before anything is installed: the environment is
checked, packages are installed, and as root the way leads to an ordinary user first.
"""

import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from local import install, ports, state_folder
from local.account import Account, choose_account, choose_python
from local.console import Refusal, complain, say

_CHECKOUT = Path(__file__).resolve().parent.parent
_RUNTIME, _DEVELOPMENT = "requirements-local.txt", "requirements-dev.txt"


@dataclass(frozen=True)
class Command:
    """A command of the Makefile: the module behind it, and the lock it may need."""

    module: str
    lock: str | None
    on_the_checkout: bool = False


_COMMANDS = {
    "run": Command("local.run", _RUNTIME),
    "demo": Command("local.demo", _RUNTIME),
    "test": Command("local.testing", _DEVELOPMENT),
    "test-client": Command("tests_e2e.client.run", _RUNTIME),
    "test-rolling": Command("tests_e2e.rolling.run", _RUNTIME),
    "secrets": Command("local.secret_files", None),
    "test-compose": Command(
        "tests_e2e.compose.run", _DEVELOPMENT, on_the_checkout=True
    ),
    "rolling-compose": Command(
        "tests_e2e.rolling.run_composed", _RUNTIME, on_the_checkout=True
    ),
    "test-cluster": Command("tests_e2e.cluster.run", None),
    "prove-guards": Command("tests_e2e.guards.run", _DEVELOPMENT),
    "test-faults": Command("tests_e2e.faults.run", _RUNTIME),
    "bench": Command("bench.run", _DEVELOPMENT),
    "bench-scale": Command("bench.scale.run", _DEVELOPMENT),
    "check": Command("local.checks", _DEVELOPMENT),
    "audit": Command("local.audit", _DEVELOPMENT),
    "check-k8s": Command("k8s.check", _DEVELOPMENT),
    "format": Command("local.formatting", _DEVELOPMENT, on_the_checkout=True),
    "definitions": Command("local.definitions", _DEVELOPMENT),
    "documents": Command("local.documents", _DEVELOPMENT, on_the_checkout=True),
}


@dataclass(frozen=True)
class Ground:
    """Where a command runs, and as whom (None: as whoever started it)."""

    root: Path
    state: Path
    python: str
    venv: Path
    account: Account | None


def main(arguments: list[str]) -> int:
    """Become the command named first; returns a status only where that is refused."""
    name, *rest = arguments or [""]
    if name not in _COMMANDS:
        complain(f"usage: bootstrap.py {'|'.join(_COMMANDS)} [arguments]")
        return 2
    try:
        _become(name, rest)
    except Refusal as refusal:
        complain(f"Promo System: {refusal}")
    except KeyboardInterrupt:
        complain("Interrupted. The next start goes on from here.")
        return 130
    return 1


def _become(name: str, arguments: list[str]) -> None:
    command = _COMMANDS[name]
    if command.lock is None:
        os.chdir(_CHECKOUT)
        os.execv(sys.executable, [sys.executable, "-m", command.module])  # noqa: S606 - no shell is wanted
    shown = os.environ.get("STATE_DIR") or ".local"
    state = _CHECKOUT / Path(shown).expanduser()
    state = Path(os.path.normpath(state.parent.resolve() / state.name))
    if name == "demo" and not (state / "run").is_dir():
        # Said before anything is installed, for whoever forgot a variable.
        raise Refusal(
            f"No Promo System runs from the state folder {shown}. Start it with make "
            "run, and give make demo the same STATE_DIR."
        )
    ground = _as_root(state) if os.geteuid() == 0 else _as_ordinary_user(state)
    if name == "run" and not any((ground.state / "run").glob("*.json")):
        # Later, leftovers of this very state folder may hold the port: see local.run.
        ports.require_free(ports.read_port(os.environ.get("GATEWAY_PORT") or "8080"))
    python = install.ensure_installed(
        ground.venv, _CHECKOUT / command.lock, ground.python
    )
    install.hold(ground.venv)
    environment = _environment(ground, shown)
    if command.on_the_checkout:
        os.chdir(_CHECKOUT)
    else:
        os.chdir(ground.root)
        if ground.account is not None:
            ground.account.become()
    sys.stdout.flush()
    command_line = [str(python), "-m", command.module, *arguments]
    os.execve(python, command_line, environment)  # noqa: S606 - no shell is wanted


def _as_ordinary_user(state: Path) -> Ground:
    real = state_folder.prepare(state)
    venv = _CHECKOUT / ".venv"
    if not os.access(venv if venv.exists() else _CHECKOUT, os.W_OK):
        venv = real / "venv"
    if importlib.util.find_spec("ensurepip") is None and not venv.exists():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Refusal(
            f"{sys.executable} can't make virtual environments: its modules venv and "
            "ensurepip are missing. On Debian and Ubuntu: "
            f"apt-get install python3-venv (or python{version}-venv)"
        )
    return Ground(_CHECKOUT, real, sys.executable, venv, None)


def _as_root(state: Path) -> Ground:
    os.umask(0o022)  # what root makes here is read by somebody else
    account = choose_account(_CHECKOUT, state)
    python = choose_python(account)
    real = state_folder.prepare_for(account, state)
    root = state_folder.copy_code(_CHECKOUT, real, account)
    if Path(python) != Path(os.path.realpath(sys.executable)):
        say(f"Using {python}, since {account.name} may not start {sys.executable}")
    return Ground(root, real, python, real / "venv", account)


def _environment(ground: Ground, shown: str) -> dict[str, str]:
    """Return this environment, with nothing in it that leads back to another Python."""
    foreign = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "VIRTUAL_ENV", "CDPATH")
    environment = {k: v for k, v in os.environ.items() if k not in foreign}
    environment["STATE_DIR"] = str(ground.state)
    environment["STATE_DIR_SHOWN"] = shown
    if ground.account is not None:
        for name in [name for name in environment if name.startswith("XDG_")]:
            del environment[name]
        environment.pop("TMPDIR", None)
        environment["HOME"] = str(ground.state / "home")
        environment["USER"] = environment["LOGNAME"] = ground.account.name
    return environment
