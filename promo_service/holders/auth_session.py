"""How auth_service is asked: pooled, timed, repeated, bounded, cut off when down.

Nothing is locked while an answer is awaited.
"""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import orjson
import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TookTooLong
from urllib3.response import BaseHTTPResponse

from chassis.logs import current_request_id
from promo_service.holders.circuit import Circuit, CircuitOpen

CONNECT_SECONDS, READ_SECONDS = 1, 2
# Of a body in all, however slowly it drips; the largest look-up has 600 kB.
BODY_SECONDS, LARGEST_BODY = 3.0, 2 * 1024 * 1024
_PIECE = 64 * 1024


class _PromptRetry(Retry):
    """Asks again at once where a connection broke, never where an answer took long."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return what is left to try, or raise the error."""
        if isinstance(error, TookTooLong):
            raise error.with_traceback(_stacktrace)
        return super().increment(method, url, response, error, _pool, _stacktrace)


# Everything that is asked here may be asked twice: key set, token, look-up.
_RETRIES = _PromptRetry(
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
circuit = Circuit(failures=5, seconds=10)


class AuthServiceDown(Exception):
    """auth_service could not be asked, or its answer is none."""


class AuthServiceRefused(Exception):
    """auth_service answered, and said no (a 4xx)."""


def ask(method: str, path: str, **options: Any) -> dict[str, Any]:
    """Send a request to auth_service and return the JSON object that it answers.

    It carries the id of the request that it is made for, if any. Raises AuthServiceDown
    (also at once, while the circuit is open) and AuthServiceRefused.
    """
    try:
        with circuit.call():
            status, content = _send(method, path, options)
    except CircuitOpen as error:
        raise AuthServiceDown(path) from error
    return _read(path, status, content)


def fetch(path: str) -> dict[str, Any]:
    """Get a JSON object from auth_service, though the circuit be open: at a pace.

    Raises AuthServiceDown and AuthServiceRefused.
    """
    answer = _read(path, *_send("GET", path, {}))
    circuit.close()
    return answer


def _send(method: str, path: str, options: Mapping[str, Any]) -> tuple[int, bytes]:
    headers = {**options.get("headers", {})}
    request_id = current_request_id()
    if request_id is not None:
        headers["X-Request-ID"] = request_id
    try:
        with session.request(
            method,
            settings.AUTH_SERVICE_URL + path,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
            **{**options, "headers": headers},
        ) as response:
            if response.status_code >= 500:
                response.raise_for_status()
            return response.status_code, _read_body(response)
    except (requests.RequestException, HTTPError) as error:
        raise AuthServiceDown(path) from error


def _read_body(response: requests.Response) -> bytes:
    until = time.monotonic() + BODY_SECONDS
    content = b""
    while piece := response.raw.read1(_PIECE, decode_content=True):
        content += piece
        if len(content) > LARGEST_BODY or time.monotonic() > until:
            raise requests.exceptions.ContentDecodingError("It has no end.")
    response.raw.release_conn()
    return content


def _read(path: str, status: int, content: bytes) -> dict[str, Any]:
    if status >= 400:
        raise AuthServiceRefused(f"{path}: {status}")
    try:
        answer = orjson.loads(content)
    except ValueError as error:
        raise AuthServiceDown(path) from error
    if status != 200 or not isinstance(answer, dict):
        raise AuthServiceDown(f"{path}: {status}")
    return answer
