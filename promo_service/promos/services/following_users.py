"""What auth_service tells of a user, and what follows from it here (I6).

An event may come twice, late and in any order: it says the user's whole state as of a
version, and only a newer one applies. Who became an administrator or was deleted at
some version after the last known one loses every promo, whatever they are by now.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction

from promo_service.holders.directory import UserState
from promo_service.holders.marks import mark_to_erase, mark_to_void, note_erased
from promo_service.holders.models import Holder
from promo_service.holders.selectors import lock_holder_to_change
from promo_service.holders.services import store_told
from promo_service.promos.clock import database_time
from promo_service.promos.services.erasing import erase_if_few
from promo_service.promos.services.voiding import Voiding, are_few


class Outcome(StrEnum):
    """What became of an event; `failed` asks for it again, `invalid` does not."""

    APPLIED = "applied"
    OUTDATED = "outdated"
    INVALID = "invalid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class UserEvent:
    """A user's state, and who made the change that `void_version` tells of."""

    id: UUID
    actor_id: UUID | None
    erased: bool
    state: UserState

    @classmethod
    def read(cls, told: dict[str, Any]) -> "UserEvent":
        """This function will read what crossed between the services.

        Raises what `holders.directory.NOT_A_USER` lists where it isn't an event.
        """
        actor_id = told["actor_id"]
        return cls(
            id=UUID(told["id"]),
            actor_id=None if actor_id is None else UUID(actor_id),
            erased=told["erased"] is True,
            state=UserState.read(told),
        )


@transaction.atomic
def apply_user_event(event: UserEvent, *, now: datetime | None = None) -> Outcome:
    """Keep the state if it is newer, void what is to be void, erase what is to be.

    What is more than a transaction's worth is left to a mark on the holder's row.
    """
    state = event.state
    known = lock_holder_to_change(user_id=state.user_id)
    is_news = store_told(state)
    if is_news and state.void_version > (known.void_version if known else 0):
        _void_promos(event, now)
    if event.erased:
        # Even if it is no news: a look-up may have told of the state, not of this.
        _erase_texts(event, now)
    return Outcome.APPLIED if is_news else Outcome.OUTDATED


def _void_promos(event: UserEvent, now: datetime | None) -> None:
    user_id = event.state.user_id
    by = event.actor_id or user_id
    if _is_to_be_void(user_id):
        return  # by whom it was first
    if are_few(user_id):
        Voiding(user_id, by=by).do_piece(now=now)
    else:
        mark_to_void(user_id=user_id, by=by, now=now or database_time())


def _erase_texts(event: UserEvent, now: datetime | None) -> None:
    user_id = event.state.user_id
    holder = Holder.objects.get(user_id=user_id)
    if not holder.deleted:
        return  # the event is older than a restored account
    moment = now or database_time()
    if holder.void_since is None and erase_if_few(holder):
        note_erased(user_id=user_id, now=moment)
    else:
        mark_to_erase(user_id=user_id, now=moment)


def _is_to_be_void(user_id: UUID) -> bool:
    return Holder.objects.filter(user_id=user_id, void_since__isnull=False).exists()
