"""`manage.py erase_user`: nothing tells any more who a deleted user was.

`--status` says whether promo_service has done its part.
"""

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from auth_service.accounts.models import User
from auth_service.accounts.selectors import look_up_users
from auth_service.accounts.services.erasing import erase_user
from auth_service.accounts.services.watching_erasures import NotAnswered, list_erasures


class Command(BaseCommand):
    """Erases a deleted user, here and, by an event, in promo_service."""

    help = (
        "Erase what is known of a deleted user: name, address, number, password, "
        "sessions. The id stays in the records; the username is free again. Backups "
        "hold what they held until they are thrown away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """This function will describe the arguments."""
        parser.add_argument("user", metavar="USERNAME_OR_ID", nargs="?")
        parser.add_argument("--yes", action="store_true", help="don't ask")
        parser.add_argument(
            "--status",
            action="store_true",
            help="say how far the erasure is, or each one; 1 if any isn't finished",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will erase the user, if that is what is meant."""
        if options["status"]:
            self._show_status(options["user"])
            return
        if options["user"] is None:
            raise CommandError("Say whom to erase.")
        user = _find(options["user"])
        if user.deleted_at is None:
            text = "This user is not deleted, and only deleted ones can be erased."
            raise CommandError(text)
        if not options["yes"]:
            _confirm(user)
        if erase_user(user_id=user.id, now=timezone.now()):
            self.stdout.write(f"Erased user {user.id}; promo_service will be told.")
        else:
            text = "was erased before; promo_service will be told again."
            self.stdout.write(f"User {user.id} {text}")

    def _show_status(self, named: str | None) -> None:
        user = _find(named) if named else None
        if user is not None and user.erased_at is None:
            raise CommandError("This user was not erased.")
        unfinished = total = 0
        try:
            for erasure in list_erasures(user=user):
                total += 1
                unfinished += not erasure.is_finished
                when = f"{erasure.user.erased_at:%Y-%m-%dT%H:%M:%SZ}"
                said = f"{erasure.user.id}  erased {when}; {erasure.sentence}"
                self.stdout.write(said)
        except NotAnswered as error:
            raise CommandError(f"promo_service does not say: {error}.") from error
        if unfinished:
            raise CommandError(f"{unfinished} of {total} erasures are not finished.")
        if user is None:
            self.stdout.write(f"{total} erasures, all of them finished.")


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
