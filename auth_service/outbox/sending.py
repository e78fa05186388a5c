"""How promo_service is told and asked: one request each, sent once."""

from collections.abc import Sequence
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

from auth_service.tokens.issuing import issue_own_service_token
from chassis.problems import Unavailable

CONNECT_SECONDS, READ_SECONDS = 1.0, 5.0
# As many threads send at once, and each keeps its connection.
MOST_CONNECTIONS = 16
PATH = "/internal/v1/user-events"
# What is said of a body. Any other refusal is of us, or of the way there.
_ABOUT_THE_EVENTS = frozenset({400, 413, 415, 422})

Message = dict[str, Any]


class NotReached(Exception):
    """promo_service takes no events just now, whichever they are."""


class NotTaken(Exception):
    """promo_service was reached, and these events could not be given to it."""


class Refused(NotTaken):
    """It said that it can't read them."""


class TooSlow(NotTaken):
    """It did not answer in time."""


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy of the machine has no business in between
    session.mount("http://", HTTPAdapter(pool_maxsize=MOST_CONNECTIONS))
    session.mount("https://", HTTPAdapter(pool_maxsize=MOST_CONNECTIONS))
    return session


session = _session()


def send(
    messages: Sequence[Message], *, read_seconds: float = READ_SECONDS
) -> list[str]:
    """Send the messages and return each one's code, in order.

    Raises NotReached, NotTaken, Refused and TooSlow, with a reason that quotes nobody.
    """
    answer = ask(PATH, {"events": messages}, read_seconds=read_seconds)
    try:
        codes = {str(each["id"]): str(each["code"])[:40] for each in answer["results"]}
        return [codes[str(message["id"])] for message in messages]
    except (KeyError, TypeError) as error:
        raise NotTaken("an answer that can't be read") from error


def ask(path: str, body: Any, *, read_seconds: float = READ_SECONDS) -> Message:
    """Return what promo_service answers to the body. Raises what `send` raises."""
    response = _post(path, body, read_seconds)
    status = response.status_code
    if status in _ABOUT_THE_EVENTS:
        raise Refused(f"HTTP {status}")
    if status >= requests.codes.internal_server_error:
        # 503 too: one user's many rows can be more than the database does in time.
        raise NotTaken(f"HTTP {status}")
    if status != requests.codes.ok:
        raise NotReached(f"HTTP {status}")
    try:
        answer = response.json()
    except ValueError as error:
        raise NotTaken("an answer that can't be read") from error
    if not isinstance(answer, dict):
        raise NotTaken("an answer that can't be read")
    return answer


def _post(path: str, body: Any, read_seconds: float) -> requests.Response:
    try:
        token = issue_own_service_token(audience="promo_service")
        return session.post(
            settings.PROMO_SERVICE_URL + path,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=(CONNECT_SECONDS, read_seconds),
            allow_redirects=False,
        )
    except requests.ReadTimeout as error:
        raise TooSlow("no answer in time") from error
    except (requests.RequestException, Unavailable) as error:
        raise NotReached(type(error).__name__) from error
