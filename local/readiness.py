"""Whether the system is of use: real requests through the gateway, to both services."""

import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import requests

from local.credentials import generate_password

_PROBLEM = "application/problem+json"
_TOKEN = "/api/v1/auth/token"  # noqa: S105 - a path
_SECONDS = 10


def find_unready(base_url: str, internal_urls: Iterable[str]) -> str | None:
    """Return what does not answer as it should yet, None where everything does."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy stands between this machine and itself
        for name, works in (
            ("auth_service's key set", _publishes_keys),
            ("auth_service's log-in", _refuses_strangers),
            ("promo_service", _wants_a_token),
        ):
            if not _holds(works, session, base_url):
                return name
    for url in internal_urls:
        if not says_ready(url):
            return f"{url}/readyz"
    return None


def says_ready(internal_url: str) -> bool:
    """Tell whether a service itself says that it can serve."""
    with requests.Session() as session:
        session.trust_env = False
        return _holds(_says_ready, session, internal_url)


def accepts(base_url: str, username: str, password: str) -> bool:
    """Tell whether somebody can log in with that password."""
    answer = requests.post(
        base_url + _TOKEN,
        json={"username": username, "password": password},
        timeout=_SECONDS,
    )
    return bool(answer.status_code == requests.codes.ok)


def _holds(
    check: Callable[[requests.Session, str], bool], session: requests.Session, url: str
) -> bool:
    try:
        return check(session, url)
    except (requests.RequestException, ValueError):
        return False


def _publishes_keys(session: requests.Session, base_url: str) -> bool:
    answer = session.get(f"{base_url}/.well-known/jwks.json", timeout=_SECONDS)
    return answer.status_code == requests.codes.ok and bool(answer.json()["keys"])


def _refuses_strangers(session: requests.Session, base_url: str) -> bool:
    stranger = {"username": uuid.uuid4().hex, "password": generate_password()}
    answer = session.post(base_url + _TOKEN, json=stranger, timeout=_SECONDS)
    return _is_problem(answer, requests.codes.unauthorized)


def _wants_a_token(session: requests.Session, base_url: str) -> bool:
    answer = session.get(f"{base_url}/api/v1/promos/me", timeout=_SECONDS)
    return _is_problem(answer, requests.codes.unauthorized)


def _says_ready(session: requests.Session, internal_url: str) -> bool:
    answer = session.get(f"{internal_url}/readyz", timeout=_SECONDS)
    return bool(answer.status_code == requests.codes.ok)


def _is_problem(answer: requests.Response, status: int) -> bool:
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    problem: Any = json.loads(answer.content)
    return bool(answer.status_code == status) and kind == _PROBLEM and "code" in problem
