"""Steady uses of points from a pod of the cluster, through the gateway's Service.

It runs in promo_service's image, with what that image has. Each second it prints how
many uses were answered and why others failed, in sum, as a line of JSON. On SIGTERM it
asks once more about each use that had no answer, by its key, and compares the ledger.
"""

import json
import os
import secrets
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

GATEWAY = "http://gateway"
POINTS = 1_000_000
USERS = 4
PAUSE_SECONDS = 0.2
TOKEN_SECONDS = 120
PATIENCE_SECONDS = 180
ANSWER_SECONDS = 35


class Client:
    """A caller of the gateway; its connection is kept alive as long as it can be."""

    def __init__(self, host: str) -> None:
        self._session = requests.Session()
        self._session.headers["Host"] = host
        self.token = ""

    def send(
        self, method: str, path: str, body: Any = None, key: str | None = None
    ) -> requests.Response:
        """Return the answer to one request, which is sent once."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self._session.request(
            method, GATEWAY + path, json=body, headers=headers, timeout=ANSWER_SECONDS
        )

    def insist(
        self,
        status: int,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = None,
    ) -> requests.Response:
        """Return the answer of that status; ask again until it comes."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            said = "no answer"
            try:
                answer = self.send(method, path, body, key)
                if answer.status_code == status:
                    return answer
                said = f"{answer.status_code} {answer.text}"
            except requests.RequestException as error:
                said = type(error).__name__
            if time.monotonic() > deadline:
                raise SystemExit(f"{method} {path}: {said}")
            time.sleep(1)

    def log_in(self, username: str, password: str) -> None:
        """Take a new token."""
        body = {"username": username, "password": password}
        answer = Client(str(self._session.headers["Host"])).insist(
            200, "POST", "/api/v1/auth/token", body
        )
        self.token = answer.json()["access"]


@dataclass
class User:
    """A user with one promo, and what became of each of their uses."""

    client: Client
    username: str
    password: str
    promo: str = ""
    answered: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def go_on(self, stop: threading.Event) -> None:
        """Use one point again and again until it is told to stop."""
        logged_in_at = time.monotonic()
        while not stop.wait(PAUSE_SECONDS):
            if time.monotonic() - logged_in_at > TOKEN_SECONDS:
                self.client.log_in(self.username, self.password)
                logged_in_at = time.monotonic()
            key = secrets.token_hex(16)
            try:
                answer = self.client.send(
                    "POST", f"{self.promo}/use", {"points": 1}, key
                )
            except requests.RequestException as error:
                self.failed[key] = type(error).__name__
                continue
            if answer.status_code == 201:
                self.answered.append(answer.json()["id"])
            else:
                self.failed[key] = f"{answer.status_code} {answer.text[:120]}"

    def repeat_failed(self) -> None:
        """Ask again, by its key, for each use that was not acknowledged."""
        self.client.log_in(self.username, self.password)
        for key in self.failed:
            path = f"{self.promo}/use"
            answer = self.client.insist(201, "POST", path, {"points": 1}, key)
            self.answered.append(answer.json()["id"])

    def find_fault(self) -> str | None:
        """Return how the ledger differs from what was acknowledged, if it does."""
        points = self.client.insist(200, "GET", f"{self.promo}/points").json()
        if len(set(self.answered)) != len(self.answered):
            return f"{self.username}: a redemption was acknowledged twice"
        if points["used_points"] != len(self.answered):
            used, told = points["used_points"], len(self.answered)
            return f"{self.username}: {used} points used, {told} acknowledged"
        return None


def register_user(administrator: Client, host: str) -> User:
    """Return a new user who has a promo."""
    username, password = f"trial-{secrets.token_hex(6)}", secrets.token_hex(12)
    client = Client(host)
    body = {
        "username": username,
        "password": password,
        "name": "Tara Trial",
        "mobile_number": "+201001234567",
    }
    client.insist(201, "POST", "/api/v1/auth/register", body)
    client.log_in(username, password)
    grant = {
        "username": username,
        "promo_type": "trial",
        "promo_code": "TRIAL",
        "promo_amount": POINTS,
    }
    granted = administrator.insist(201, "POST", "/api/v1/promos", grant)
    user = User(client, username, password)
    user.promo = urlsplit(granted.headers["Location"]).path
    return user


def tour(administrator: Client, user: User, stranger: User) -> None:
    """Call the seven APIs and what surrounds them once, refusals too."""
    promo, owner = user.promo, user.client
    answer = owner.insist(201, "POST", f"{promo}/use", {"points": 30}, "tour")
    again = owner.insist(201, "POST", f"{promo}/use", {"points": 30}, "tour")
    assert again.json() == answer.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    owner.insist(422, "POST", f"{promo}/use", {"points": 31}, "tour")
    owner.insist(409, "POST", f"{promo}/use", {"points": POINTS})
    owner.insist(201, "POST", "/api/v1/promos/me/use", {"points": 5})
    redemption = f"/api/v1/redemptions/{answer.json()['id']}"
    administrator.insist(201, "POST", f"{redemption}/reverse", {"points": 30})
    administrator.insist(409, "POST", f"{redemption}/reverse", {"points": 1})
    stranger.client.insist(404, "GET", promo)
    owner.insist(403, "GET", "/api/v1/promos")
    owner.insist(200, "GET", "/api/v1/promos/me")
    administrator.insist(200, "GET", "/api/v1/promos")
    administrator.insist(200, "PATCH", promo, {"description": "for the trial"})
    left = owner.insist(200, "GET", f"{promo}/points").json()["remaining_points"]
    assert left == POINTS - 5, left
    administrator.insist(204, "DELETE", promo)
    owner.insist(404, "GET", promo)


def report(users: list[User]) -> None:
    """Print how many uses were answered so far, and why others were not."""
    why = Counter(reason for user in users for reason in list(user.failed.values()))
    answered = sum(len(user.answered) for user in users)
    print(json.dumps({"answered": answered, "failed": why}), flush=True)


def main() -> int:
    """Tour, use points until SIGTERM, then hold the ledger against what was told."""
    host = os.environ["TRIAL_HOST"]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    administrator = Client(host)
    administrator.log_in(os.environ["ADMIN_USERNAME"], os.environ["ADMIN_PASSWORD"])
    users = [register_user(administrator, host) for _ in range(USERS)]
    tour(administrator, *[register_user(administrator, host) for _ in range(2)])
    print(json.dumps({"tour": "done"}), flush=True)
    threads = [threading.Thread(target=user.go_on, args=(stop,)) for user in users]
    for thread in threads:
        thread.start()
    while not stop.wait(1):
        report(users)
    for thread in threads:
        thread.join()
    report(users)
    for user in users:
        user.repeat_failed()
    faults = [fault for user in users if (fault := user.find_fault()) is not None]
    print(json.dumps({"faults": faults}), flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
