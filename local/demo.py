"""What `make demo` runs: the seven APIs of the brief, one after the other.

Everything goes through the gateway of the running system, as a client of it would. Each
request is shown with its answer; an answer that is not the expected one ends the demo.
"""

import json
import re
import secrets
import sys
from typing import Any

import requests

from local.console import Refusal, complain, say
from local.credentials import generate_password, read_password
from local.settings import Settings

_TOKEN = re.compile(r"\b(eyJ[\w-]{6})[\w.-]+")
_WIDTH = 88
_SHOWN_RESULTS = 1
_SECONDS = 15


class UnexpectedAnswer(Exception):
    """An answer with another status than the demo was written for."""


class Client:
    """Somebody who talks to the gateway, with a token once logged in."""

    def __init__(self, base_url: str) -> None:
        """Start without a token."""
        self._base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands in between here
        self._token: str | None = None

    def log_in(self, username: str, password: str) -> None:
        """Obtain a token and use it from now on."""
        body = {"username": username, "password": password}
        answer = self.ask("POST", "/api/v1/auth/token", body)
        self._token = answer["access"]

    def ask(
        self, method: str, path: str, body: Any = None, *, expect: int = 200
    ) -> Any:
        """Send one request, show it and its answer, and return the answer's body.

        Raises UnexpectedAnswer for another status, requests.RequestException for none.
        """
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        say(f"  > {method} {path}")
        if self._token:
            say(f"  > Authorization: Bearer {_shorten(self._token)}")
        _show(">", body)
        answer = self._session.request(
            method, self._base_url + path, json=body, headers=headers, timeout=_SECONDS
        )
        say(f"  < {answer.status_code} {answer.reason}")
        content = answer.json() if answer.content else None
        _show("<", content)
        say()
        if answer.status_code != expect:
            raise UnexpectedAnswer(
                f"{method} {path} answered {answer.status_code}; {expect} was expected."
            )
        return content


def main() -> int:
    """Show the seven APIs; returns 0 if each answered as it should, otherwise 1."""
    try:
        _show_everything(Settings.read())
    except (Refusal, UnexpectedAnswer) as error:
        complain(f"Promo System: {error}")
        return 1
    except requests.RequestException as error:
        complain(f"Promo System: the request got no answer: {error}")
        return 1
    return 0


def _show_everything(settings: Settings) -> None:
    base_url, admin_username, admin_password = _find_system(settings)
    say(f"The Promo System at {base_url}: > is a request, < its answer.\n")
    customer = f"customer-{secrets.token_hex(3)}"

    say("An administrator logs in. The token says who is calling, for five minutes.")
    administrator = Client(base_url)
    administrator.log_in(admin_username, admin_password)

    say(f"A new customer, {customer}, registers as a normal user and logs in.")
    user = Client(base_url)
    _register(user, customer)

    say("1. Create_promo: the administrator grants the customer 100 points.")
    promo = administrator.ask("POST", "/api/v1/promos", _grant_to(customer), expect=201)
    path = f"/api/v1/promos/{promo['id']}"

    say("2. Modify_promo: the administrator makes it 150 points.")
    administrator.ask("PATCH", path, {"promo_amount": 150})

    say("3. Get_promo_list_all_users: the administrator sees everybody's promos.")
    administrator.ask("GET", f"/api/v1/promos?username={customer}")

    say("4. Get_promo_list_me: the customer sees their own, and nobody else's.")
    user.ask("GET", "/api/v1/promos/me")

    say("5. Get_promo_points: the customer asks how many points are left.")
    user.ask("GET", f"{path}/points")

    say(
        "6. Use_promo_points: the customer uses 30 points for a task of their choosing."
    )
    task = {"points": 30, "task": "Free delivery for order 1042"}
    redemption = user.ask("POST", f"{path}/use", task, expect=201)
    if redemption["remaining_points"] != 120:
        raise UnexpectedAnswer("150 points less 30 should have left 120.")

    say("   More than is left is refused, and takes nothing.")
    user.ask("POST", f"{path}/use", {"points": 121}, expect=409)

    say("7. Delete_promo: the administrator takes the promo away.")
    administrator.ask("DELETE", path, expect=204)

    say("   The customer no longer has it.")
    user.ask("GET", path, expect=404)
    say("All seven APIs answered as they should.")


def _find_system(settings: Settings) -> tuple[str, str, str]:
    """Return address, administrator and password of the system that runs."""
    try:
        launch = json.loads(settings.state.launch.read_text())
        requests.get(launch["base_url"], timeout=_SECONDS)
    except (OSError, ValueError, requests.RequestException):
        raise Refusal(
            f"No Promo System runs from the state folder {settings.state_shown}. "
            "Start it first, in another terminal: make run"
        ) from None
    password = settings.admin_password or read_password(settings.state.admin_password)
    if password is None:
        raise Refusal("The administrator's password is not known: set ADMIN_PASSWORD.")
    return launch["base_url"], launch["admin_username"], password


def _register(user: Client, username: str) -> None:
    password = generate_password()
    account = {
        "username": username,
        "password": password,
        "name": "Mona Hassan",
        "mobile_number": "+201001234567",
    }
    user.ask("POST", "/api/v1/auth/register", account, expect=201)
    user.log_in(username, password)


def _grant_to(username: str) -> dict[str, Any]:
    return {
        "username": username,
        "promo_type": "welcome",
        "promo_code": "WELCOME-100",
        "promo_amount": 100,
        "description": "Thank you for joining",
    }


def _show(mark: str, body: Any) -> None:
    if body is None:
        return
    shown = dict(body) if isinstance(body, dict) else body
    results = shown.get("results", []) if isinstance(shown, dict) else []
    if len(results) > _SHOWN_RESULTS:
        left_out = len(results) - _SHOWN_RESULTS
        shown["results"] = [*results[:_SHOWN_RESULTS], f"... and {left_out} more"]
    if isinstance(shown, dict) and "password" in shown:
        shown["password"] = "********"  # noqa: S105
    text = json.dumps(shown, ensure_ascii=False)
    if len(text) > _WIDTH:
        text = json.dumps(shown, ensure_ascii=False, indent=2)
    for line in _shorten(text).splitlines():
        say(f"  {mark} {line}")


def _shorten(text: str) -> str:
    """Cut tokens, which are of no interest and not for other eyes."""
    return _TOKEN.sub(r"\1...", text)


if __name__ == "__main__":
    sys.exit(main())
