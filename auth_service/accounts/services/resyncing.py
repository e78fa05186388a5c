"""Everybody's state is told again."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

from auth_service.accounts.models import User
from auth_service.outbox.resyncs import begin_resync, end_resync, record_resync
from chassis.roles import Role

USERS_AT_ONCE = 1000
_HOLDS_NOTHING = Q(role=Role.ADMINISTRATOR) | Q(deleted_at__isnull=False)


def resync_users(*, past: int | None = None) -> Iterator[int]:
    """Have every user told of again, deleted ones too, and then that these are all.

    It yields how many each batch held; users who come meanwhile have their own event.
    If it is broken off, promo_service hears no end of it, and suspends nobody.

    A database that was restored to an earlier time has lost versions that promo_service
    knows, which would take every change from now on for an old one. `past` is the
    highest that it knows, 0 if that can't be asked: all versions are raised past it and
    past every one that was ever given.
    """
    epoch, total = begin_resync(past=past or 0), 0
    everybody = User.objects.order_by("id")
    rest: QuerySet[User] = everybody
    while users := list(rest.values_list("id", flat=True)[:USERS_AT_ONCE]):
        with transaction.atomic():
            batch = everybody.filter(id__in=users)
            if past is not None:
                _raise_versions(batch, epoch)
            record_resync(batch.values_list("id", "version"))
        total += len(users)
        yield len(users)
        rest = everybody.filter(id__gt=users[-1])
    end_resync(epoch, users=total)


def _raise_versions(users: QuerySet[User], epoch: int) -> None:
    """Raise the versions to the epoch: the clock is past all that was ever given.

    What promo_service granted to an administrator or a deleted user, since by a change
    that is lost they were neither, becomes void; of others nothing does.
    """
    locked: Any = users.select_for_update().values_list("id", flat=True)
    number = BigIntegerField()
    version = Greatest(F("version") + 1, Value(epoch), output_field=number)
    User.objects.filter(id__in=list(locked)).update(
        version=version,
        void_version=Case(
            When(_HOLDS_NOTHING, then=version), default=F("void_version")
        ),
    )
