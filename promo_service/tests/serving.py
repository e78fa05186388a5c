"""promo_service as the process that it is, with a line to PostgreSQL that can break."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from django.db import connection

from chassis.tests.lines import LOOPBACK, Line
from local.ports import choose_free
from promo_service.tests.conftest import KID, PRIVATE_KEY, jwk

ROOT = Path(__file__).resolve().parents[2]
THREADS = 2


class _Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # http.server's name
        answer = json.dumps({"keys": [jwk(PRIVATE_KEY, KID)]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@dataclass(frozen=True)
class Service:
    """A running promo_service."""

    line: Line
    public: int
    internal: int
    pid: int

    def kill(self) -> None:
        """End the service and its workers without a word."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        for pid in (self.pid, *map(int, children.split())):
            os.kill(pid, signal.SIGKILL)

    def ask(self, method: str, path: str, token: str, **sent: Any) -> requests.Response:
        inside = path.startswith("/internal/")
        return requests.request(
            method,
            f"http://{LOOPBACK}:{self.internal if inside else self.public}{path}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=15,
            **sent,
        )

    def health(self, path: str) -> tuple[int, float]:
        """The status, and the seconds that it took."""
        began = time.monotonic()
        address = f"http://{LOOPBACK}:{self.internal}{path}"
        status = requests.get(address, timeout=15).status_code
        return status, time.monotonic() - began


def database_url(port: int) -> str:
    database = connection.settings_dict
    login = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    return f"postgres://{login}@{LOOPBACK}:{port}/{database['NAME']}"


@contextmanager
def serve(**environment: str) -> Iterator[Service]:
    """Run promo_service with one worker of two threads; it is ready."""
    public, internal = choose_free(2)
    keys = ThreadingHTTPServer((LOOPBACK, 0), _Keys)
    threading.Thread(target=keys.serve_forever, daemon=True).start()
    with Line(int(connection.settings_dict["PORT"])) as line:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn"),
                *("--config", "promo_service/config/gunicorn.py"),
                "promo_service.config.wsgi:application",
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": database_url(line.port),
                "AUTH_SERVICE_URL": f"http://{LOOPBACK}:{keys.server_port}",
                "PUBLIC_BIND": f"{LOOPBACK}:{public}",
                "INTERNAL_BIND": f"{LOOPBACK}:{internal}",
                "WEB_WORKERS": "1",
                "WEB_THREADS": str(THREADS),
                **environment,
            },
            stderr=subprocess.DEVNULL,
        )
        try:
            service = Service(line, public, internal, process.pid)
            wait_for(lambda: _is_ready(service), 30)
            yield service
        finally:
            process.kill()
            process.wait()
            keys.shutdown()
            keys.server_close()


def wait_for(condition: Any, seconds: float = 10) -> float:
    """How long it took until it was so."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


def _is_ready(service: Service) -> bool:
    try:
        return service.health("/readyz")[0] == 200
    except requests.ConnectionError:
        return False
