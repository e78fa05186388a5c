"""How auth_service is asked: pooled, timed, repeated, and cut off when down."""

from typing import Any

import pybreaker
import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from chassis.logs import current_request_id
from promo_service.holders.metrics import CIRCUIT_OPEN

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


class _ShownInMetrics(pybreaker.CircuitBreakerListener):
    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        CIRCUIT_OPEN.set(new_state.name != pybreaker.STATE_CLOSED)


breaker = pybreaker.CircuitBreaker(
    fail_max=5, reset_timeout=10, listeners=[_ShownInMetrics()]
)


class AuthServiceDown(Exception):
    """auth_service could not be asked, or answered with an error of its own."""


class AuthServiceRefused(Exception):
    """auth_service answered, and said no (a 4xx)."""


def ask(method: str, path: str, **options: Any) -> dict[str, Any]:
    """This function will send a request to auth_service and return its JSON.

    It carries the id of the request that it is made for, if any. Raises AuthServiceDown
    (also at once, while the circuit is open) and AuthServiceRefused.
    """
    request_id = current_request_id()
    if request_id is not None:
        options["headers"] = {**options.get("headers", {}), "X-Request-ID": request_id}
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
