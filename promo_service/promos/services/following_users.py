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

from chassis.roles import Role
from promo_service.holders.directory import UserState
from promo_service.holders.selectors import lock_holder_to_change
from promo_service.holders.services import store_told
from promo_service.promos.services.erasing import erase_texts
from promo_service.promos.services.movements import (
    lock_live_promos,
    retire_promos,
    time_for,
)


class Outcome(StrEnum):
    """What became of an event; `failed` asks for it again, `invalid` does not."""

    APPLIED = "applied"
    OUTDATED = "outdated"
    INVALID = "invalid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class _Administrator:
    """Who changed the user: only an administrator can."""

    id: UUID
    role: Role = Role.ADMINISTRATOR


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
    """This function will keep the state if it is newer, and void what is to be void."""
    state = event.state
    known = lock_holder_to_change(user_id=state.user_id)
    if not store_told(state):
        return Outcome.OUTDATED
    if state.void_version > (known.void_version if known else 0):
        _void_promos(event, now)
    if event.erased:
        erase_texts(holder_id=state.user_id)
    return Outcome.APPLIED


def _void_promos(event: UserEvent, now: datetime | None) -> None:
    promos = lock_live_promos(event.state.user_id)
    if promos:
        by = _Administrator(event.actor_id or event.state.user_id)
        retire_promos(promos, by=by, now=time_for(promos, now))
