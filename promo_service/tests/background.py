"""Work on a thread and a connection of its own, and whether it waits for a lock."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from local.waiting import wait_until

_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class Background:
    """Begun work; it ends by itself once nobody holds what it waits for."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._outcome: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome = self._work()
        except Exception as error:  # noqa: BLE001  # it is what the test looks at
            self._error = error
        finally:
            connection.close()

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    def until_it_waits(self) -> None:
        """Return when the work waits for a lock, or else when it is done."""
        assert wait_until(self._waits_or_is_done, 20, pause=0.02)

    def _waits_or_is_done(self) -> bool:
        with connection.cursor() as cursor:
            # Within a transaction PostgreSQL would show the first answer for ever.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(_WAITING)
            return cursor.fetchone() != (0,) or not self._thread.is_alive()

    def result(self) -> Any:
        """What the work returned; raises what it raised."""
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error
        return self._outcome
