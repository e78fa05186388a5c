"""Users' tokens, held against the user's row as it is now, at each request."""

from dataclasses import dataclass
from typing import Any

from auth_service.accounts.models import User
from chassis.authentication import UserAuthentication
from chassis.problems import InvalidToken
from chassis.roles import Role
from chassis.tokens import Caller


@dataclass(frozen=True, slots=True)
class KnownCaller(Caller):
    """A caller with their row; role and username are the row's."""

    user: User


class RowAwareAuthentication(UserAuthentication):
    """Refuses the suspended, the deleted, and tokens of a session that has ended."""

    def admit(self, caller: Caller) -> Any:
        """This function will return the KnownCaller. Raises InvalidToken."""
        user = (
            User.objects.live()
            .filter(
                id=caller.id,
                sessions__id=caller.session_id,
                sessions__ended_at__isnull=True,
            )
            .first()
        )
        if user is None:
            raise InvalidToken
        return KnownCaller(
            id=user.id,
            role=Role(user.role),
            username=user.username,
            session_id=caller.session_id,
            user=user,
        )
