"""The thread of each worker that finishes what events have left to do.

It looks when its process has marked a holder, and otherwise now and then: another
process may have ended with work undone.
"""

import logging
import random
import threading

from django.db import connection

from promo_service.holders.marks import is_marked
from promo_service.promos.services.pieces import finish_marked

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0


def start() -> threading.Thread:
    """Start the thread of this process."""
    thread = threading.Thread(target=_run, name="pieces", daemon=True)
    thread.start()
    return thread


def _run() -> None:
    while True:
        look()
        pause = LOOK_SECONDS * random.uniform(0.5, 1)  # noqa: S311  # no secret
        is_marked.wait(pause)


def look() -> None:
    """Do what is left to do, and keep no connection for the time until the next look.

    Whatever fails is tried again at the next one.
    """
    is_marked.clear()
    try:
        for _ in finish_marked():
            pass
    except Exception:
        logger.exception("pieces_not_finished")
    finally:
        connection.close()
