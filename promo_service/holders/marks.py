"""What is left to do for a holder, in more pieces than one: a mark on the row.

A mark is set by the transaction that told of the change, and taken away by the one that
does the last piece. So what a process left undone when it ended is found and gone on
with, by the same process or another.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from promo_service.holders.models import Holder

AT_ONCE = 100
_MARKED = Q(void_since__isnull=False) | Q(erase_since__isnull=False)

# Set when this process has marked a holder: the work needn't wait for the next look.
is_marked = threading.Event()


def mark_to_void(*, user_id: UUID, by: UUID, now: datetime) -> None:
    """Let the holder hold nothing until every promo is void.

    Who caused it first is named: call it for a locked holder that has no such mark.
    """
    _mark(user_id, void_since=now, void_by=by)


def mark_to_erase(*, user_id: UUID, now: datetime) -> None:
    """Ask for every text about an erased person to be removed."""
    _mark(user_id, erase_since=now)


def note_all_void(*, user_id: UUID) -> None:
    """Take the mark away with the last promo, in its transaction."""
    Holder.objects.filter(user_id=user_id).update(void_since=None, void_by=None)


def note_erased(*, user_id: UUID, now: datetime) -> None:
    """Say that no text is left, in the transaction that removed the last one."""
    Holder.objects.filter(user_id=user_id).update(erase_since=None, erased_at=now)


def _mark(user_id: UUID, **columns: datetime | UUID) -> None:
    Holder.objects.filter(user_id=user_id).update(**columns)
    transaction.on_commit(is_marked.set)


def list_marked(*, after: UUID | None = None) -> list[UUID]:
    """Return some of the holders for whom something is left to do, by id."""
    marked = Holder.objects.filter(_MARKED).order_by("user_id")
    if after is not None:
        marked = marked.filter(user_id__gt=after)
    return list(marked.values_list("user_id", flat=True)[:AT_ONCE])


def lock_marked(*, user_id: UUID) -> Holder | None:
    """Return the marked holder, locked; None if all is done or another has the lock."""
    rows = Holder.objects.select_for_update(no_key=True, skip_locked=True)
    return rows.filter(_MARKED, user_id=user_id).first()


def list_erasure_states(user_ids: Sequence[UUID]) -> list[str]:
    """Say of each user how far erasure is: `erased`, `erasing` or `unknown`.

    Of `unknown` users nothing is held here. Who is known and not erased yet is
    `erasing` as well, to a caller who has erased them.
    """
    known = Holder.objects.filter(user_id__in=user_ids)
    states = {
        holder.user_id: "erasing"
        if holder.erased_at is None or holder.erase_since is not None
        else "erased"
        for holder in known
    }
    return [states.get(user_id, "unknown") for user_id in user_ids]
