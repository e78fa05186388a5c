"""What is left to do for marked holders, piece by piece, each a transaction.

Any number of processes may do this at once: the lock of the holder's row is one's.
"""

import logging
from collections.abc import Generator
from uuid import UUID

from django.db import transaction

from promo_service.holders.marks import (
    list_marked,
    lock_marked,
    note_all_void,
    note_erased,
)
from promo_service.holders.models import Holder
from promo_service.promos.clock import database_time
from promo_service.promos.services.erasing import Erasing
from promo_service.promos.services.voiding import Voiding

logger = logging.getLogger(__name__)


def finish_marked() -> Generator[UUID, None, None]:
    """Do all that is left to do, and yield the holder after each piece.

    What another process is at is left to it. A holder whose piece fails is logged and
    left for the next look, and holds up none of the others.
    """
    after: UUID | None = None
    while marked := list_marked(after=after):
        for user_id in marked:
            try:
                yield from _finish(user_id)
            except Exception:
                logger.exception("piece_not_done")
        after = marked[-1]


def _finish(user_id: UUID) -> Generator[UUID, None, None]:
    voiding: Voiding | None = None
    erasing = Erasing()
    while True:
        with transaction.atomic():
            holder = lock_marked(user_id=user_id)
            if holder is None:
                return
            if holder.void_since is None:
                _erase_piece(holder, erasing)
            else:
                by = holder.void_by or user_id
                voiding = voiding or Voiding(user_id, by=by)
                if voiding.do_piece():
                    note_all_void(user_id=user_id)
        yield user_id


def _erase_piece(holder: Holder, erasing: Erasing) -> None:
    if erasing.do_piece(holder):
        note_erased(user_id=holder.user_id, now=database_time())
