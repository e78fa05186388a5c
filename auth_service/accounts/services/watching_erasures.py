"""How far promo_service is with what it held about erased users."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from auth_service.accounts.models import User
from auth_service.outbox.sending import NotReached, NotTaken, ask
from auth_service.outbox.services import list_users_to_tell_of

USERS_AT_ONCE = 500
PATH = "/internal/v1/erasures/status"
_SENTENCES = {
    "erased": "promo_service has erased what it held",
    "erasing": "promo_service is erasing what it holds",
    "unknown": "promo_service holds nothing of this user",
}


class NotAnswered(Exception):
    """promo_service does not say how far it is; the reason quotes nobody."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What became of an erasure, in words."""

    user: User
    is_finished: bool
    sentence: str


def list_erasures(*, user: User | None = None) -> Iterator[Erasure]:
    """Yield how far each erasure is, or that user's alone. Raises NotAnswered."""
    erased = User.objects.filter(erased_at__isnull=False).order_by("id")
    if user is not None:
        erased = erased.filter(id=user.id)
    users = list(erased[:USERS_AT_ONCE])
    while users:
        waiting = list_users_to_tell_of([user.id for user in users])
        states = _ask_for(users)
        for each in users:
            yield _judge(each, states.get(each.id, "unknown"), each.id in waiting)
        users = list(erased.filter(id__gt=users[-1].id)[:USERS_AT_ONCE])


def _judge(user: User, state: str, is_waiting: bool) -> Erasure:  # noqa: FBT001  # private
    if is_waiting and state != "erased":
        return Erasure(user, False, "promo_service has not been told yet")
    finished = state in {"erased", "unknown"}
    return Erasure(user, finished, _SENTENCES.get(state, f"promo_service says {state}"))


def _ask_for(users: Sequence[User]) -> dict[UUID, str]:
    try:
        answer = ask(PATH, {"user_ids": [str(user.id) for user in users]})
        return {UUID(each["user_id"]): each["state"] for each in answer["results"]}
    except (NotReached, NotTaken, LookupError, TypeError, ValueError) as error:
        raise NotAnswered(str(error)) from error
