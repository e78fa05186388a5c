"""`manage.py erase_user`: nothing tells any more who a deleted user was."""

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from auth_service.accounts.models import User
from auth_service.accounts.selectors import look_up_users
from auth_service.accounts.services.erasing import erase_user


class Command(BaseCommand):
    """Erases a deleted user, here and, by an event, in promo_service."""

    help = (
        "Erase what is known of a deleted user: name, address, number, password, "
        "sessions. The id stays in the records; the username is free again. Backups "
        "hold what they held until they are thrown away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """This function will describe the arguments."""
        parser.add_argument("user", metavar="USERNAME_OR_ID")
        parser.add_argument("--yes", action="store_true", help="don't ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will erase the user, if that is what is meant."""
        user = _find(options["user"])
        if user.deleted_at is None:
            text = "This user is not deleted, and only deleted ones can be erased."
            raise CommandError(text)
        if not options["yes"]:
            _confirm(user)
        if erase_user(user_id=user.id, now=timezone.now()):
            self.stdout.write(f"Erased user {user.id}; promo_service will be told.")
        else:
            self.stdout.write(f"User {user.id} was erased before.")


def _find(named: str) -> User:
    try:
        ids = [UUID(named)]
    except ValueError:
        ids = []
    found = list(look_up_users(ids=ids, usernames=[named]))
    if not found:
        raise CommandError("There is no such user.")
    if len(found) > 1:
        raise CommandError("This is the id of one user and the name of another.")
    return found[0]


def _confirm(user: User) -> None:
    if not sys.stdin.isatty():
        raise CommandError("Confirm it at a terminal, or with --yes.")
    question = f"Erase {user.username} ({user.id}) for good? Type yes: "
    if input(question).strip() != "yes":
        raise CommandError("Nothing was erased.")
