"""`manage.py describe_database`: what the connected database is made of, as JSON."""

from typing import Any

from django.core.management.base import BaseCommand

from promo_service.promos.verification import definitions


class Command(BaseCommand):
    """Prints what `make definitions` keeps for verify_ledger to compare with."""

    help = "Print the definitions of tables, constraints, indexes and triggers."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them."""
        self.stdout.write(definitions.write(definitions.describe()), ending="")
