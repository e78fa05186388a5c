"""Administrators and users as clients of the gateway see them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests

# What changes is known within 2 seconds (test_user_events.py holds that); any one
# change may be late where other work has the cores.
PATIENCE_SECONDS = 15


@dataclass
class Client:
    """Somebody with a browser of their own and perhaps a token."""

    base_url: str
    username: str = ""
    password: str = ""
    access: str = ""
    refresh: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def __call__(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.access:
            sent.setdefault("Authorization", f"Bearer {self.access}")
        return self.session.request(
            method,
            path if path.startswith("http") else self.base_url + path,
            json=body,
            headers=sent,
            timeout=30,
        )

    def log_in(self) -> "Client":
        answer = self(
            "POST",
            "/api/v1/auth/token",
            {"username": self.username, "password": self.password},
        )
        assert answer.status_code == 200, answer.text
        self.access = answer.json()["access"]
        self.refresh = answer.json()["refresh"]
        return self

    @property
    def id(self) -> str:
        user_id: str = self("GET", "/api/v1/users/me").json()["id"]
        return user_id


def register(base_url: str, **changes: Any) -> Client:
    """A fresh normal user, logged in."""
    unique = uuid4().hex[:12]
    body = {
        "username": f"user-{unique}",
        "password": f"correct horse {unique}",
        "name": "Nora Normal",
        "mobile_number": "+201001234567",
        **changes,
    }
    client = Client(base_url, body["username"], body["password"])
    answer = client("POST", "/api/v1/auth/register", body)
    assert answer.status_code == 201, answer.text
    return client.log_in()


def grant(administrator: Client, user: Client, points: int, **changes: Any) -> str:
    """A promo for the user; its path."""
    body = {
        "username": user.username,
        "promo_type": "welcome",
        "promo_code": uuid4().hex,
        "promo_amount": points,
        **changes,
    }
    answer = administrator("POST", "/api/v1/promos", body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def soon(answer: Callable[[], requests.Response], status: int) -> requests.Response:
    """The first answer of that status, which a change that was made will bring."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (came := answer()).status_code != status:
        assert time.monotonic() < deadline, came.text
        time.sleep(0.05)
    return came


def refused(answer: requests.Response, status: int, code: str) -> dict[str, Any]:
    """The problem that the answer is, with everything that every problem has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert problem["type"] == "/problems/" + code.replace("_", "-")
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert problem["title"]
    assert problem["detail"]
    return problem
