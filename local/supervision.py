"""supervisord, which starts, restarts and stops the programs, and how to talk to it.

It listens on loopback with a password. Each program is started through local.program,
so nothing of a program's environment stands in supervisord's configuration.
"""

import configparser
import http.client
import io
import json
import secrets
import shlex
import sys
import xmlrpc.client
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local.console import Refusal
from local.credentials import write_private
from local.leftovers import SUPERVISOR
from local.ports import LOOPBACK
from local.program import Program
from local.settings import ROOT, State
from local.waiting import wait_until

_LOG_BYTES, _LOG_BACKUPS = "10MB", "3"
_ALREADY_STARTED, _NOT_RUNNING = 60, 70
# States of a program that should run and does not; FATAL: it was tried often enough.
DOWN = ("BACKOFF", "EXITED", "FATAL", "STOPPED", "UNKNOWN")
_ENDED = ("EXITED", "FATAL", "STOPPED")


_UNREACHABLE = (OSError, http.client.HTTPException, xmlrpc.client.Error)


class ProgramFailed(Exception):
    """A program that does not stay up; its log says why."""


class SupervisorSilent(ProgramFailed):
    """supervisord itself, which does not take an order."""


@dataclass(frozen=True)
class Supervisor:
    """A running supervisord's control interface."""

    port: int
    password: str = field(repr=False)

    @classmethod
    def of(cls, state: State) -> "Supervisor":
        """Return the one that runs from a state folder; raises Refusal without one."""
        try:
            return cls(**json.loads(state.control.read_text()))
        except FileNotFoundError:
            raise Refusal(
                "No Promo System runs from this state folder: make run"
            ) from None

    def answers(self) -> bool:
        """Tell whether supervisord takes orders."""
        try:
            self._call("getState")
        except SupervisorSilent:
            return False
        return True

    def start(self, name: str) -> None:
        """Start a program, without waiting for it to be of use."""
        self._call("startProcess", name, False, harmless=_ALREADY_STARTED)

    def stop(self, name: str) -> None:
        """Stop a program and wait until it has ended."""
        self._call("stopProcess", name, True, harmless=_NOT_RUNNING)

    def stop_together(self, names: Sequence[str], seconds: float) -> None:
        """Stop programs side by side, and wait that long for their end."""
        for name in names:
            self._call("stopProcess", name, False, harmless=_NOT_RUNNING)
        wait_until(lambda: self._have_ended(names), seconds, pause=0.05)

    def shut_down(self) -> None:
        """Make supervisord stop whatever runs, and end."""
        self._call("shutdown")

    def states(self) -> dict[str, str]:
        """Return the state of each program: RUNNING, BACKOFF and so on."""
        programs = self._call("getAllProcessInfo")
        return {each["name"]: each["statename"] for each in programs}

    def pid(self, name: str) -> int:
        """Return a program's process id, 0 where it is down."""
        return int(self._call("getProcessInfo", name)["pid"])

    def _have_ended(self, names: Sequence[str]) -> bool:
        states = self.states()
        return all(states[name] in _ENDED for name in names)

    def _call(self, method: str, *arguments: Any, harmless: int | None = None) -> Any:
        url = f"http://launcher:{self.password}@{LOOPBACK}:{self.port}/RPC2"
        with xmlrpc.client.ServerProxy(url, transport=_Transport()) as server:
            try:
                return getattr(server.supervisor, method)(*arguments)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != harmless:
                    raise SupervisorSilent(f"supervisord refused: {fault}") from fault
            except _UNREACHABLE as error:
                raise SupervisorSilent("supervisord does not answer.") from error
        return None


class _Transport(xmlrpc.client.Transport):
    """One that gives up: a stuck supervisord must not keep us from stopping."""

    def make_connection(self, host: Any) -> Any:
        connection = super().make_connection(host)
        connection.timeout = 10
        return connection


def configure(
    state: State, supervisor: Supervisor, programs: Sequence[Program]
) -> Program:
    """Write supervisord's configuration; returns it as a program of its own."""
    configuration = state.run / "supervisord.conf"
    text = io.StringIO()
    parser = configparser.RawConfigParser()
    parser["supervisord"] = {
        "nodaemon": "true",
        "silent": "true",
        "logfile": str(state.logs / "supervisord.log"),
        "logfile_maxbytes": _LOG_BYTES,
        "logfile_backups": _LOG_BACKUPS,
        "pidfile": str(state.run / "supervisord.own"),
        "childlogdir": str(state.logs),
        "umask": "077",
    }
    parser["inet_http_server"] = {
        "port": f"{LOOPBACK}:{supervisor.port}",
        "username": "launcher",
        "password": supervisor.password,
    }
    parser["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": (
            "supervisor.rpcinterface:make_main_rpcinterface"
        )
    }
    for priority, program in enumerate(programs, start=1):
        parser[f"program:{program.name}"] = _section(state, program, priority)
    parser.write(text)
    write_private(configuration, text.getvalue())
    write_private(state.control, json.dumps(asdict(supervisor)))
    return Program(
        name=SUPERVISOR,
        command=[
            sys.executable,
            "-m",
            "supervisor.supervisord",
            "-c",
            str(configuration),
        ],
        environment={**programs[0].environment, "PYTHONPATH": str(ROOT)},
        directory=str(ROOT),
        log=str(state.logs / "supervisord.log"),
    )


def generate_supervisor_password() -> str:
    """Return a password for one run."""
    return secrets.token_hex(32)


def build_start_command(specification: Path) -> list[str]:
    """Return the command that turns into the program of a specification."""
    return [sys.executable, "-m", "local.program", str(specification)]


def read_tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log, empty where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 20_000))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _section(state: State, program: Program, priority: int) -> dict[str, str]:
    command = build_start_command(program.save(state.run))
    return {
        "command": shlex.join(command),
        "directory": str(ROOT),
        "priority": str(priority),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "1",
        "startretries": "5",
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_seconds),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": program.log,
        "stdout_logfile_maxbytes": _LOG_BYTES,
        "stdout_logfile_backups": _LOG_BACKUPS,
    }
