"""`manage.py list_missing_users`: whom auth_service has forgotten by a restore."""

from typing import Any

from django.core.management.base import BaseCommand

from promo_service.holders.resyncs import list_missing


class Command(BaseCommand):
    """Names the users who are suspended since a resync did not name them."""

    help = (
        "Name the users whom a whole resync did not name: auth_service's database was "
        "restored to a time before they registered. They are suspended, nothing of "
        "theirs is void, and they are themselves again once auth_service tells of them."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write a line for each: id, since when, name."""
        total = 0
        for holder in list_missing().iterator():
            total += 1
            since = f"{holder.missing_since:%Y-%m-%dT%H:%M:%SZ}"
            self.stdout.write(f"{holder.user_id}  {since}  {holder.username}")
        self.stdout.write(f"{total} users are missing.")
