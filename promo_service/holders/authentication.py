"""Users' tokens, held against what is known here of who was demoted."""

from typing import Any

from chassis.authentication import UserAuthentication
from chassis.problems import InvalidToken
from chassis.roles import Role
from chassis.tokens import Caller
from promo_service.holders.selectors import is_known_not_to_be_administrator


class HolderAwareAuthentication(UserAuthentication):
    """Refuses an administrator's token that the holder's row says is out of date."""

    def admit(self, caller: Caller) -> Any:
        """This function will return the caller. Raises InvalidToken."""
        if caller.role is Role.ADMINISTRATOR and is_known_not_to_be_administrator(
            user_id=caller.id
        ):
            raise InvalidToken
        return caller
