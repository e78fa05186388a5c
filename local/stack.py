"""The whole real system for tests and measurements, started as `make run` starts it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from local import state_folder
from local.credentials import read_password
from local.ports import choose_free
from local.program import Program, specification_of
from local.readiness import says_ready
from local.settings import ROOT, State
from local.supervision import Supervisor, read_tail
from local.system import SERVICES
from local.waiting import wait_until

_START_SECONDS = 120
_STOP_SECONDS = 20


class StackFailed(Exception):
    """The system did not start, or a program of it does not do as it is told."""


class Stack:
    """A context manager: a system on free ports, with a state folder of its own.

    Programs are named postgres, auth_service, promo_service, gateway, and as in
    `local.system.COMMANDS`. The files are removed at the end, unless something failed;
    the system also ends when this process is killed.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Choose port and folder; `environment` is added to that of `make run`."""
        self.gateway_port = choose_free(1)[0]
        self.state_dir = Path(tempfile.mkdtemp(prefix="promo-stack-"))
        self._state = State(self.state_dir)
        self._more = dict(environment or {})
        self._launcher: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and return when it is ready; raises StackFailed with its output."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it, and remove its files unless the block failed."""
        self.stop()
        if error is None:
            shutil.rmtree(self.state_dir)

    def start(self) -> None:
        """Start the system; its data are there again after a stop."""
        state_folder.prepare(self.state_dir)
        with self._output.open("wb") as output:
            self._launcher = subprocess.Popen(
                [sys.executable, "-m", "local.tied", sys.executable, "-m", "local.run"],
                cwd=ROOT,
                env=self._build_environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self._is_ready_or_gone, _START_SECONDS)
        if not self._is_ready():
            said = read_tail(self._output, 60)
            self.stop()
            raise StackFailed(f"The system did not start:\n{said}")

    def stop(self) -> int | None:
        """Stop the system as Ctrl-C does; returns its exit status."""
        if self._launcher is None:
            return None
        if self._launcher.stdin is not None:
            self._launcher.stdin.close()
        try:
            return self._launcher.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._launcher.kill()
            raise StackFailed(f"It did not stop:\n{read_tail(self._output)}") from None
        finally:
            self._launcher = None

    @property
    def base_url(self) -> str:
        """Return the address of the gateway, without a slash at the end."""
        return f"http://localhost:{self.gateway_port}"

    @property
    def admin_password(self) -> str:
        """Return the password of the administrator `admin`."""
        return read_password(self._state.admin_password) or ""

    def stop_program(self, name: str) -> None:
        """Stop one program and return when it has ended; nothing restarts it."""
        self._supervisor.stop(name)

    def start_program(self, name: str) -> None:
        """Start one program again and return when it is of use.

        A service is when its internal port says so. Raises StackFailed if it is not
        within 30 seconds.
        """
        self._supervisor.start(name)
        if not wait_until(lambda: self.is_of_use(name), 30):
            raise StackFailed(f"{name} did not start:\n{self.log(name)}")

    def await_restart(self, name: str, dead: int, seconds: float) -> None:
        """Return when a program that died is of use again, as another process.

        Of PostgreSQL's use the services tell. Raises StackFailed after `seconds`.
        """
        users = SERVICES if name == "postgres" else (name,)

        def is_back() -> bool:
            return self.pid(name) not in {0, dead} and all(map(self.is_of_use, users))

        if not wait_until(is_back, seconds):
            raise StackFailed(f"{name} did not come back:\n{self.log(name)}")

    def is_of_use(self, name: str) -> bool:
        """Tell whether a program runs for good; a service says so itself."""
        if self._supervisor.states()[name] != "RUNNING":
            return False
        if not _has_become_itself(self.pid(name)):
            return False
        return name not in SERVICES or says_ready(self.internal_url(name))

    def pid(self, name: str) -> int:
        """Return a program's process id, 0 while it is stopped."""
        return self._supervisor.pid(name)

    @property
    def launcher_pid(self) -> int:
        """Return the process id of what `make run` is."""
        return int(json.loads(self._state.launch.read_text())["pid"])

    def environment(self, name: str) -> dict[str, str]:
        """Return the whole environment a program was started with."""
        return Program.load(specification_of(self._state.run, name)).environment

    def internal_url(self, service: str) -> str:
        """Return the address of a service's internal port."""
        return f"http://{self.environment(service)['INTERNAL_BIND']}"

    def database_url(self, service: str) -> str:
        """Return the DATABASE_URL of a service."""
        return self.environment(service)["DATABASE_URL"]

    def log(self, name: str, lines: int = 60) -> str:
        """Return the last lines that a program wrote."""
        return read_tail(self._state.logs / f"{name}.log", lines)

    def whole_log(self, name: str) -> str:
        """Return everything that a program wrote since it was started first."""
        return (self._state.logs / f"{name}.log").read_text(encoding="utf-8")

    def manage(self, service: str, *arguments: str) -> str:
        """Run a management command of a service; returns its output.

        Raises subprocess.CalledProcessError if it fails.
        """
        return subprocess.run(
            [sys.executable, f"{service}/manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(service),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    @property
    def _output(self) -> Path:
        return self._state.logs / "launcher.log"

    @property
    def _supervisor(self) -> Supervisor:
        return Supervisor.of(self._state)

    def _build_environment(self) -> dict[str, str]:
        ours = ("ADMIN_USERNAME", "ADMIN_PASSWORD", "STATE_DIR_SHOWN", "PUBLIC_ORIGINS")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        return {
            **kept,
            "GATEWAY_PORT": str(self.gateway_port),
            "STATE_DIR": str(self.state_dir),
            # Whatever a test or a measurement sends comes from one address.
            "CONNECTIONS_PER_ADDRESS": "5000",
            **self._more,
        }

    def _is_ready(self) -> bool:
        return "Promo System is ready: " in read_tail(self._output)

    def _is_ready_or_gone(self) -> bool:
        gone = self._launcher is None or self._launcher.poll() is not None
        return gone or self._is_ready()


def _has_become_itself(pid: int) -> bool:
    """Tell a program from local.program, which ends its predecessor first.

    On a busy machine that takes longer than supervisord waits to call it running.
    """
    try:
        return "local.program" not in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
