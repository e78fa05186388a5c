"""The public keys that tokens are checked with: auth_service's key set, remembered.

RFC 7517 key set, RFC 7638 key ids. No request waits for a refresh that it can do
without, and nobody can make this service ask auth_service all day.
"""

import logging
import threading
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings
from jwt.algorithms import RSAAlgorithm

from chassis.problems import Unavailable
from chassis.tokens import RotatingKeysBackend, ServiceToken
from promo_service.holders.auth_session import AuthServiceDown, AuthServiceRefused, ask
from promo_service.holders.metrics import KEY_SET_FETCHED_AT, KEY_SET_FETCHES

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 60
ASK_AGAIN_SECONDS = 10
ASK_AGAIN_WITHOUT_KEYS_SECONDS = 1
FETCH_AHEAD_AGAIN_SECONDS = 2
OUTLIVES_SECONDS = 24 * 3600


class RemoteKeySet:
    """auth_service's key set; the last good one outlives an outage of 24 hours."""

    def __init__(self) -> None:
        self.generation = 0
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched_at = float("-inf")
        self._asked_at = float("-inf")
        self._lock = threading.Lock()

    def find(self, kid: str) -> RSAPublicKey | None:
        """This function will return the key `kid`, asking for it if it is unknown.

        Raises Unavailable while no key is known at all.
        """
        age = time.monotonic() - self._fetched_at
        if age > OUTLIVES_SECONDS:
            self._forget()
        if kid not in self._keys:
            self._refresh(kid)
        elif age > REFRESH_SECONDS and self._may_ask(ASK_AGAIN_SECONDS):
            threading.Thread(target=self._refresh, daemon=True).start()
        if not self._keys:
            raise Unavailable("Tokens can't be checked just now.")
        return self._keys.get(kid)

    def known(self) -> bool:
        """This function will say whether tokens can be checked, asking if need be."""
        if not self._keys:
            self._refresh()
        return bool(self._keys)

    def _may_ask(self, interval: float) -> bool:
        return time.monotonic() - self._asked_at >= interval

    def _refresh(self, wanted: str | None = None) -> None:
        with self._lock:
            pause = ASK_AGAIN_SECONDS if self._keys else ASK_AGAIN_WITHOUT_KEYS_SECONDS
            if wanted in self._keys or not self._may_ask(pause):
                return
            self._asked_at = time.monotonic()
            try:
                found = _read(ask("GET", "/.well-known/jwks.json"))
            except (AuthServiceDown, AuthServiceRefused):
                logger.warning("key_set_not_refreshed", exc_info=True)
                KEY_SET_FETCHES.labels("failed").inc()
                return
            self._fetched_at = time.monotonic()
            KEY_SET_FETCHES.labels("fetched").inc()
            KEY_SET_FETCHED_AT.labels("auth_service").set_to_current_time()
            if found.keys() != self._keys.keys():
                self._keys = found
                self.generation += 1

    def _forget(self) -> None:
        with self._lock:
            if self._keys and time.monotonic() - self._fetched_at > OUTLIVES_SECONDS:
                self._keys = {}
                self.generation += 1


key_set = RemoteKeySet()


def backend_for(token_type: str) -> RotatingKeysBackend:
    """This function will return what checks tokens of that type."""
    return _SERVICE_TOKENS if token_type == ServiceToken.token_type else _ACCESS_TOKENS


def are_known() -> bool:
    """This function will say whether tokens can be checked."""
    return key_set.known()


def fetch_ahead() -> threading.Thread:
    """This function will fetch the keys in the background, before any token comes.

    It asks until there are some: what a worker does not know by the time that
    auth_service goes down, it can't come to know.
    """

    def fetch() -> None:
        while not key_set.known():
            time.sleep(FETCH_AHEAD_AGAIN_SECONDS)

    thread = threading.Thread(target=fetch, name="keys", daemon=True)
    thread.start()
    return thread


def _read(answer: dict[str, Any]) -> dict[str, RSAPublicKey]:
    found: dict[str, RSAPublicKey] = {}
    for key in answer.get("keys", []):
        try:
            public = RSAAlgorithm.from_jwk(key)
        except jwt.InvalidKeyError:
            continue
        if isinstance(public, RSAPublicKey) and isinstance(key.get("kid"), str):
            found[key["kid"]] = public
    return found


_ACCESS_TOKENS = RotatingKeysBackend(key_set, audience=settings.TOKEN_AUDIENCE)
_SERVICE_TOKENS = RotatingKeysBackend(key_set, audience=settings.SERVICE)
