"""The end of a resync is told beside the events, so that none of them waits for it."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import structlog

from auth_service.outbox import resyncs
from auth_service.outbox.models import Resync
from auth_service.outbox.sending import NotReached, NotTaken

logger = structlog.get_logger("relay")

LOOK_EVERY_SECONDS = 1.0


class _Telling(NamedTuple):
    resync: Resync
    answer: Future[tuple[str, int]]


class EndOfResync:
    """Tells it by a thread of the pool, as often as promo_service asks for more."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._telling: _Telling | None = None
        self._look_at = 0.0

    def step(self) -> None:
        """Begin it where it is due, or record its answer, and wait for neither."""
        if self._telling is not None:
            if self._telling.answer.done():
                self._finish(self._telling)
        elif time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_SECONDS
            self._begin()

    def tell(self) -> None:
        """Tell it where it is due, and wait for the answer."""
        self._begin()
        if self._telling is not None:
            self._finish(self._telling)

    def _begin(self) -> None:
        resync = resyncs.take_complete()
        if resync is not None:
            answer = self._pool.submit(resyncs.tell_complete, resync)
            self._telling = _Telling(resync, answer)

    def _finish(self, telling: "_Telling") -> None:
        self._telling = None
        try:
            code, suspended = telling.answer.result()
        except (NotReached, NotTaken) as error:
            # It is due again when its time in hand is over.
            logger.warning("resync_not_told", reason=str(error))
            return
        resyncs.keep_complete(telling.resync, code, suspended)
        if code == "more":
            self._look_at = 0.0
