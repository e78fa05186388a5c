"""How auth_service is asked: pooled, timed, repeated, and cut off when down."""

from typing import Any

import pybreaker
import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import Retry

CONNECT_SECONDS, READ_SECONDS = 1, 2

# Everything that is asked here may be asked twice: key set, token, look-up.
_RETRIES = Retry(
    total=2,
    backoff_factor=0.1,
    backoff_jitter=0.1,
    status_forcelist=(502, 503, 504),
    allowed_methods=frozenset({"GET", "POST"}),
    raise_on_status=False,
    respect_retry_after_header=False,
)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy of the machine has no business in between
    session.mount("http://", HTTPAdapter(pool_maxsize=16, max_retries=_RETRIES))
    session.mount("https://", HTTPAdapter(pool_maxsize=16, max_retries=_RETRIES))
    return session


session = _session()
breaker = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=10)


class AuthServiceDown(Exception):
    """auth_service could not be asked, or answered with an error of its own."""


class AuthServiceRefused(Exception):
    """auth_service answered, and said no (a 4xx)."""


def ask(method: str, path: str, **options: Any) -> dict[str, Any]:
    """This function will send a request to auth_service and return its JSON.

    Raises AuthServiceDown (also at once, while the circuit is open) and
    AuthServiceRefused.
    """
    try:
        response = breaker.call(_send, method, path, options)
    except (pybreaker.CircuitBreakerError, requests.RequestException) as error:
        raise AuthServiceDown(path) from error
    if response.status_code >= 400:
        raise AuthServiceRefused(f"{path}: {response.status_code}")
    try:
        answer: dict[str, Any] = response.json()
    except ValueError as error:
        raise AuthServiceDown(path) from error
    return answer


def _send(method: str, path: str, options: dict[str, Any]) -> requests.Response:
    response = session.request(
        method,
        settings.AUTH_SERVICE_URL + path,
        timeout=(CONNECT_SECONDS, READ_SECONDS),
        allow_redirects=False,
        **options,
    )
    if response.status_code >= 500:
        response.raise_for_status()
    return response
