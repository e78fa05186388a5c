"""What events say of users: their rows as they are now."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from auth_service.accounts.selectors import list_told
from auth_service.accounts.serializers import EventMessage


def tell_of_users(ids: Collection[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """This function will return what is told of each of those users, by id."""
    users = list_told(ids=ids)
    return {user.id: dict(EventMessage(user).data) for user in users}
