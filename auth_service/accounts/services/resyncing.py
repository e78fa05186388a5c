"""Everybody's state is told again."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from auth_service.accounts.models import User
from auth_service.outbox.services import record_resync

USERS_AT_ONCE = 1000
# More changes than any user has had since any backup.
PAST_ALL_LOST_VERSIONS = 1_000_000


def resync_users(*, restored: bool = False) -> Iterator[int]:
    """This function will have every user told of again, deleted ones too.

    It yields how many each batch held; users who come meanwhile have their own event.

    Of a database that was `restored` to an earlier time promo_service knows later
    versions, and would take every change from now on for an old one. So all versions
    are raised past those that were lost.
    """
    everybody = User.objects.order_by("id")
    rest: QuerySet[User] = everybody
    while users := list(rest.values_list("id", flat=True)[:USERS_AT_ONCE]):
        with transaction.atomic():
            batch = everybody.filter(id__in=users)
            if restored:
                _raise_versions(batch)
            record_resync(batch.values_list("id", "version"))
        yield len(users)
        rest = everybody.filter(id__gt=users[-1])


def _raise_versions(users: QuerySet[User]) -> None:
    locked: Any = users.select_for_update().values_list("id", flat=True)
    User.objects.filter(id__in=list(locked)).update(
        version=F("version") + PAST_ALL_LOST_VERSIONS
    )
