"""How events reach promo_service: one request a batch, asked once."""

from collections.abc import Sequence
from typing import Any

import requests
from django.conf import settings

from auth_service.tokens.issuing import issue_own_service_token
from chassis.problems import Unavailable

CONNECT_SECONDS, READ_SECONDS = 1, 5
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
    return session


session = _session()


def send(messages: Sequence[Message]) -> list[str]:
    """This function will send the messages and return each one's code, in order.

    Raises NotReached, NotTaken and Refused, with a reason that quotes nobody.
    """
    response = _post({"events": messages})
    status = response.status_code
    if status in _ABOUT_THE_EVENTS:
        raise Refused(f"HTTP {status}")
    if status >= requests.codes.internal_server_error:
        # 503 too: one user's many rows can be more than the database does in time.
        raise NotTaken(f"HTTP {status}")
    if status != requests.codes.ok:
        raise NotReached(f"HTTP {status}")
    try:
        results = response.json()["results"]
        codes = {str(each["id"]): str(each["code"])[:40] for each in results}
        return [codes[str(message["id"])] for message in messages]
    except (ValueError, KeyError, TypeError) as error:
        raise NotTaken("an answer that can't be read") from error


def _post(body: dict[str, Any]) -> requests.Response:
    try:
        token = issue_own_service_token(audience="promo_service")
        return session.post(
            settings.PROMO_SERVICE_URL + PATH,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
        )
    except requests.ReadTimeout as error:
        raise TooSlow("no answer in time") from error
    except (requests.RequestException, Unavailable) as error:
        raise NotReached(type(error).__name__) from error
