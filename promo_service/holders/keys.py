"""The public keys that tokens are checked with: auth_service's key set, remembered.

RFC 7517 key set, RFC 7638 key ids. It is refreshed by time, whether tokens come or not.
No request waits for a refresh that it can do without, no lock is held while
auth_service is asked, and nobody can make this service ask it all day.
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
from promo_service.holders.auth_session import (
    AuthServiceDown,
    AuthServiceRefused,
    fetch,
)
from promo_service.holders.metrics import KEY_SET_FETCHED_AT, KEY_SET_FETCHES

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 60
# A withdrawn key is believed no longer than this while auth_service can be asked.
TRUSTED_SECONDS = 120
ASK_AGAIN_SECONDS = 10
ASK_AGAIN_WITHOUT_KEYS_SECONDS = 1
LOOK_AT_AGE_SECONDS = 2
OUTLIVES_SECONDS = 24 * 3600
SMALLEST_KEY = 2048
MOST_KEYS = 100


class KeySetUnusable(Exception):
    """auth_service answered, with no key that a token can be checked with."""


class RemoteKeySet:
    """auth_service's key set; the last good one outlives an outage of 24 hours."""

    def __init__(self) -> None:
        self._generation = 0
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched_at = float("-inf")
        self._failed_at = float("-inf")
        self._asked_at = float("-inf")
        self._is_asking = False
        # Of the members above, never held while auth_service is asked.
        self._lock = threading.Lock()

    @property
    def generation(self) -> int:
        """Another number whenever the set is another; it is looked at with each token.

        Raises Unavailable where the set is too old to be believed.
        """
        self._see_to_its_age()
        return self._generation

    def find(self, kid: str) -> RSAPublicKey | None:
        """Return the key `kid`, asking for it if it is unknown and nobody does so.

        Raises Unavailable while no key is known at all.
        """
        self._see_to_its_age()
        if kid not in self._keys:
            self.refresh()
        if not self._keys:
            raise Unavailable("Tokens can't be checked just now.")
        return self._keys.get(kid)

    def known(self) -> bool:
        """Tell whether tokens can be checked, asking if need be."""
        if not self._keys:
            self.refresh()
        return bool(self._keys)

    def refresh(self) -> None:
        """Ask for the set, unless another thread does or one did just now."""
        if self._may_ask():
            try:
                self._keep(_read(fetch("/.well-known/jwks.json")))
            except (AuthServiceDown, AuthServiceRefused, KeySetUnusable) as error:
                self._failed_at = time.monotonic()
                unusable = isinstance(error, KeySetUnusable)
                KEY_SET_FETCHES.labels("unusable" if unusable else "failed").inc()
                logger.warning("key_set_not_refreshed", exc_info=True)
            finally:
                self._is_asking = False

    def refresh_in_time(self) -> None:
        """Ask for the set if it is a minute old, or there is none."""
        if time.monotonic() - self._fetched_at > REFRESH_SECONDS:
            self.refresh()

    def _may_ask(self) -> bool:
        """Tell whether this thread is the one to ask; it then has to."""
        with self._lock:
            pause = ASK_AGAIN_SECONDS if self._keys else ASK_AGAIN_WITHOUT_KEYS_SECONDS
            now = time.monotonic()
            if self._is_asking or now - self._asked_at < pause:
                return False
            self._is_asking, self._asked_at = True, now
            return True

    def _keep(self, found: dict[str, RSAPublicKey]) -> None:
        with self._lock:
            self._fetched_at = time.monotonic()
            if found != self._keys:
                self._keys = found
                self._generation += 1
        KEY_SET_FETCHES.labels("fetched").inc()
        KEY_SET_FETCHED_AT.labels("auth_service").set_to_current_time()

    def _see_to_its_age(self) -> None:
        """Have a set renewed that is old, and believe none that is too old.

        In an outage that is known, and while one thread asks, the old one is believed,
        and asked for without anybody waiting. Where nothing was heard either (the
        process slept), it is asked for first.
        """
        now = time.monotonic()
        age = now - self._fetched_at
        if age <= REFRESH_SECONDS or not self._keys:
            return
        if age > OUTLIVES_SECONDS:
            self._forget()
        elif (
            age <= TRUSTED_SECONDS
            or self._is_asking
            or now - self._failed_at <= TRUSTED_SECONDS
        ):
            if not self._is_asking and now - self._asked_at >= ASK_AGAIN_SECONDS:
                threading.Thread(target=self.refresh, daemon=True).start()
        else:
            self.refresh()
            if max(self._fetched_at, self._failed_at) < now - TRUSTED_SECONDS:
                raise Unavailable("Tokens can't be checked just now.")

    def _forget(self) -> None:
        with self._lock:
            if self._keys and time.monotonic() - self._fetched_at > OUTLIVES_SECONDS:
                self._keys = {}
                self._generation += 1


key_set = RemoteKeySet()


def backend_for(token_type: str) -> RotatingKeysBackend:
    """Return what checks tokens of that type."""
    return _SERVICE_TOKENS if token_type == ServiceToken.token_type else _ACCESS_TOKENS


def are_known() -> bool:
    """Tell whether tokens can be checked."""
    return key_set.known()


def keep_fresh(stop: threading.Event | None = None) -> threading.Thread:
    """Fetch the keys before any token comes, and from then on in time.

    What a worker does not know by the time that auth_service goes down, it can't come
    to know; what was withdrawn meanwhile, an idle one would not notice.
    """
    over = stop or threading.Event()

    def look() -> None:
        while not over.wait(LOOK_AT_AGE_SECONDS):
            try:
                key_set.refresh_in_time()
            except Exception:
                logger.exception("key_set_not_refreshed")

    key_set.refresh_in_time()
    thread = threading.Thread(target=look, name="keys", daemon=True)
    thread.start()
    return thread


def _read(answer: dict[str, Any]) -> dict[str, RSAPublicKey]:
    """Return the keys of a set by their ids. Raises KeySetUnusable if it has none."""
    listed = answer.get("keys")
    keys = listed[:MOST_KEYS] if isinstance(listed, list) else []
    found = {
        kid: public
        for kid, public in map(_read_key, keys)
        if kid is not None and public is not None
    }
    if not found:
        raise KeySetUnusable
    return found


def _read_key(jwk: Any) -> tuple[str | None, RSAPublicKey | None]:
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str):
        return None, None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "RS256") != "RS256":
        return None, None
    try:
        public = RSAAlgorithm.from_jwk(jwk)
    except (jwt.InvalidKeyError, ValueError, TypeError, AttributeError, KeyError):
        return None, None
    if not isinstance(public, RSAPublicKey) or public.key_size < SMALLEST_KEY:
        return None, None
    return jwk["kid"], public


_ACCESS_TOKENS = RotatingKeysBackend(key_set, audience=settings.TOKEN_AUDIENCE)
_SERVICE_TOKENS = RotatingKeysBackend(key_set, audience=settings.SERVICE)
