"""Everybody's state is told again."""

from collections.abc import Iterator

from django.db import transaction

from auth_service.accounts.models import User
from auth_service.outbox.services import record_resync

USERS_AT_ONCE = 1000


def resync_users() -> Iterator[int]:
    """This function will have every user told of again, deleted ones too.

    It yields how many each batch held; users who come meanwhile have their own event.
    """
    everybody = User.objects.order_by("id").values_list("id", "version")
    users = list(everybody[:USERS_AT_ONCE])
    while users:
        with transaction.atomic():
            record_resync(users)
        yield len(users)
        users = list(everybody.filter(id__gt=users[-1][0])[:USERS_AT_ONCE])
