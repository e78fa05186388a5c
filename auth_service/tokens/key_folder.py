"""Signing keys as PEM files, each named by the UTC minute from which it signs.

`20261123T0740Z.pem`. All are published, so that whoever verifies knows a key before
the first token of it comes. This module needs no Django, so that the start of the
service can look whether there is a key at all.
"""

import base64
import hashlib
import itertools
import json
import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

logger = logging.getLogger(__name__)

SMALLEST_KEY = 2048
LOOK_AGAIN_SECONDS = 2
# A key that appears signs only when every process and verifier has seen it.
SETTLES_IN = timedelta(minutes=10)
NAME_FORMAT = "%Y%m%dT%H%MZ"

_NAME = re.compile(r"\d{8}T\d{4}Z\.pem")
_generations = itertools.count(1)

FileState = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key: its id, when it starts to sign, and since when that is trusted."""

    kid: str
    private: RSAPrivateKey
    signs_from: datetime
    settled_at: datetime

    @property
    def public(self) -> RSAPublicKey:
        """The public half."""
        return self.private.public_key()

    def as_jwk(self) -> dict[str, Any]:
        """This function will return the public half as RFC 7517 writes it."""
        members = _rsa_members(self.public)
        return {**members, "kid": self.kid, "use": "sig", "alg": "RS256"}


class KeyFolder:
    """The keys in a folder, read again when it changes; it looks every 2 seconds.

    A file that is no usable key is logged and skipped: it must not take the others
    down. One that was a key stays that key while it is listed, and a folder without any
    key withdraws none: nothing could be signed or checked.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._files: dict[str, FileState] = {}
        self._keys: dict[str, SigningKey] = {}  # by file name
        self._by_kid: dict[str, SigningKey] = {}
        self._generation = next(_generations)
        self._first_look = True
        self._usable = 0
        self._unread: set[str] = set()  # files that the system would not give out

    @property
    def usable(self) -> int:
        """How many keys the folder holds; at 0 the last ones are still used."""
        self._look()
        return self._usable

    @property
    def generation(self) -> int:
        """Another number whenever the set of keys is another."""
        self._look()
        return self._generation

    def find(self, kid: str) -> RSAPublicKey | None:
        """This function will return the public key of that thumbprint, if any."""
        self._look()
        key = self._by_kid.get(kid)
        return key.public if key else None

    def list_keys(self) -> list[SigningKey]:
        """This function will return every key, the newest first."""
        self._look()
        return sorted(
            self._by_kid.values(), key=lambda key: key.signs_from, reverse=True
        )

    def signing_key(self, now: datetime | None = None) -> SigningKey | None:
        """This function will return the newest key whose minute has come, if any.

        One that appeared less than 10 minutes ago waits, unless no other can sign;
        if all are that new, the first to appear signs: it is the likeliest to be known.
        """
        now = now or datetime.now(UTC)
        due = [key for key in self.list_keys() if key.signs_from <= now]
        settled = [key for key in due if key.settled_at <= now]
        first = min(due, key=lambda key: key.settled_at, default=None)
        return settled[0] if settled else first

    def _look(self) -> None:
        if time.monotonic() - self._looked_at < LOOK_AGAIN_SECONDS:
            return
        with self._lock:
            if time.monotonic() - self._looked_at < LOOK_AGAIN_SECONDS:
                return
            try:
                files = dict(self._list_files())
            except OSError as error:
                # The keys that are known stay: a folder comes back, tokens don't.
                logger.error("signing_keys_not_listed: %s", error)  # noqa: TRY400
                self._usable = 0
            else:
                if files != self._files or self._unread:
                    self._read(files)
            self._looked_at = time.monotonic()
            self._first_look = False

    def _list_files(self) -> Iterator[tuple[str, FileState]]:
        with os.scandir(self.path) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name):
                    stat = entry.stat()
                    yield entry.name, (stat.st_ctime_ns, stat.st_size, stat.st_ino)

    def _read(self, files: dict[str, FileState]) -> None:
        """Take the keys of these files: the known ones of what did not change or fails.

        What fails is said once; what the system would not give out is tried again.
        """
        keys: dict[str, SigningKey] = {}
        unread: set[str] = set()
        for name, state in sorted(files.items()):
            known, is_new = self._keys.get(name), self._files.get(name) != state
            if known is not None:
                keys[name] = known
            if not is_new and name not in self._unread:
                continue
            try:
                keys[name] = self._read_key(name)
            except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
                if isinstance(error, OSError):
                    unread.add(name)
                if is_new:
                    # The error's text alone: a traceback could quote the file.
                    logger.error("signing_key_skipped %s: %s", name, error)  # noqa: TRY400
        if self._keys and not keys and self._usable:
            logger.error("signing_keys_lost: the last %d are used", len(self._keys))
        self._usable = len(keys)
        self._files, self._unread = files, unread
        self._use(keys or self._keys)

    def _use(self, keys: dict[str, SigningKey]) -> None:
        by_kid = {key.kid: key for key in keys.values()}
        changed = by_kid.keys() != self._by_kid.keys()
        self._keys, self._by_kid = keys, by_kid
        if changed:
            self._generation = next(_generations)

    def _read_key(self, name: str) -> SigningKey:
        signs_from = read_name(name)
        private = load_pem_private_key((self.path / name).read_bytes(), password=None)
        if not isinstance(private, RSAPrivateKey):
            raise TypeError("This is not an RSA key.")
        if private.key_size < SMALLEST_KEY:
            raise ValueError(f"This key has fewer than {SMALLEST_KEY} bits.")
        kid = thumbprint(private.public_key())
        known = self._by_kid.get(kid)
        # What a process finds when it starts has been there for as long as its name
        # says; else every restart would go back to an old key for 10 minutes.
        now = datetime.now(UTC)
        seen = min(signs_from, now) if self._first_look else now
        settled_at = known.settled_at if known else seen + SETTLES_IN
        return SigningKey(kid, private, signs_from, settled_at)


def read_name(name: str) -> datetime:
    """This function will return the minute from which a key file's key signs.

    Raises ValueError where the digits are no date.
    """
    stem = name.removesuffix(".pem")
    return datetime.strptime(stem, NAME_FORMAT).replace(tzinfo=UTC)


def thumbprint(key: RSAPublicKey) -> str:
    """This function will return the key's RFC 7638 SHA-256 thumbprint."""
    canonical = json.dumps(_rsa_members(key), sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _rsa_members(key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"e": _integer(numbers.e), "kty": "RSA", "n": _integer(numbers.n)}


def _integer(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
