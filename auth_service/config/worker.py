"""gunicorn's worker of auth_service: passwords have threads of their own.

docs/decisions/0008-passwords-have-threads-of-their-own.md says why.
"""

import re
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_to_bytes

from auth_service.config import settings
from chassis.gunicorn_worker import ServiceWorker, peek

# One hand is always free to refuse what finds every place taken.
PASSWORD_THREADS = settings.PASSWORD_PLACES + 1

_HASHES_A_PASSWORD = re.compile(
    rb"POST /api/v1/(auth/token|auth/register|users|users/[^/ ?]+/password)[ ?]"
)
_LOOKED_AT_BYTES = 512


class AuthWorker(ServiceWorker):
    """A rush of log-ins fills its own threads, never those of other requests."""

    def get_thread_pool(self) -> Executor:
        """Return the threads of all other requests, as they are."""
        self._passwords = ThreadPoolExecutor(PASSWORD_THREADS, "passwords")
        pool: Executor = super().get_thread_pool()
        return pool

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection on as soon as it says what it wants."""
        begun = peek(conn, _LOOKED_AT_BYTES)
        if begun is None and not conn.initialized and self.alive:
            self.await_request(conn)
        elif hashes_a_password(begun or b""):
            future = self._passwords.submit(self.handle, conn)
            future.add_done_callback(
                lambda done: self.method_queue.defer(self.finish_request, conn, done)
            )
        else:
            super().enqueue_req(conn)


def hashes_a_password(begun: bytes) -> bool:
    """Tell by how a request begins, percent-encoded as it may be."""
    return _HASHES_A_PASSWORD.match(unquote_to_bytes(begun)) is not None
