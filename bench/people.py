"""Who asks: holders with tokens, an administrator, users who log in, and sessions."""

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bench.filling import holder_id
from bench.results import RunFailed
from bench.stock import HOLDERS, username
from bench.tokens import LIFETIME_SECONDS, TokenSigner
from local.ports import LOOPBACK
from local.stack import Stack

_USERS = 64
# A token is not used in the second half of its life.
_GOOD_SECONDS = LIFETIME_SECONDS / 2


@dataclass
class People:
    """Writes down for the load generators what they send for whom."""

    stack: Stack
    folder: Path
    signer: TokenSigner
    _http: requests.Session = field(default_factory=requests.Session)
    _users: list[tuple[str, str]] = field(default_factory=list)
    _admin_token: str = ""
    _signed_at: float = float("-inf")
    _logged_in_at: float = float("-inf")

    def prepare(self, kind: str) -> None:
        """Let people of that kind be ready for a load; raises RunFailed."""
        if kind == "holders" and _is_old(self._signed_at):
            self._signed_at = time.monotonic()
            self._write("holders", map(self._sign, range(1, HOLDERS + 1)))
        if kind == "administrator" and _is_old(self._logged_in_at):
            self._logged_in_at = time.monotonic()
            pair = self._log_in("admin", self.stack.admin_password)
            self._admin_token = pair["access"]
        if kind in {"users", "sessions"} and not self._users:
            self._users = [self._register() for _ in range(_USERS)]
            self._write("users", self._users)
        if kind == "sessions":
            pairs = [self._log_in(*user) for user in self._users]
            self._write("sessions", ((pair["refresh"],) for pair in pairs))

    def describe(self, kind: str) -> dict[str, str]:
        """Return the variables of a script that asks for people of that kind."""
        if kind == "administrator":
            return {"BENCH_ADMINISTRATOR": self._admin_token}
        return {f"BENCH_{kind.upper()}": str(self.folder / kind)}

    def _write(self, kind: str, lines: Iterable[Sequence[str]]) -> None:
        text = "".join(" ".join(line) + "\n" for line in lines)
        (self.folder / kind).write_text(text)

    def _sign(self, number: int) -> tuple[str, str]:
        holder = holder_id(number)
        return str(holder), self.signer.sign(holder, username(number))

    def _register(self) -> tuple[str, str]:
        name, password = f"user-{secrets.token_hex(6)}", secrets.token_urlsafe(16)
        self._post(
            "/api/v1/auth/register",
            {
                "username": name,
                "password": password,
                "name": "Mona Hassan",
                "mobile_number": "+201001234567",
            },
            201,
        )
        return name, password

    def _log_in(self, name: str, password: str) -> Any:
        body = {"username": name, "password": password}
        return self._post("/api/v1/auth/token", body, 200)

    def _post(self, path: str, body: dict[str, str], expected: int) -> Any:
        url = f"http://{LOOPBACK}:{self.stack.gateway_port}{path}"
        answer = self._http.post(url, json=body, timeout=30)
        if answer.status_code != expected:
            raise RunFailed(f"{path}: {answer.status_code} {answer.text}")
        return answer.json()


def _is_old(moment: float) -> bool:
    return time.monotonic() - moment > _GOOD_SECONDS
