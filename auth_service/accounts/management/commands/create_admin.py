"""`manage.py create_admin`: the administrator that a new system begins with."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from auth_service.accounts.selectors import (
    find_credentials,
    has_ever_had_an_administrator,
)
from auth_service.accounts.serializers import CreateUserRequest
from auth_service.accounts.services.creating import UsernameTaken, create_user
from chassis.environment import env
from chassis.faults import flatten_errors
from chassis.roles import Role


class Command(BaseCommand):
    """Makes an administrator, once."""

    help = (
        "Create an administrator named by ADMIN_USERNAME, ADMIN_PASSWORD and "
        "ADMIN_NAME, or by what is typed. A user of that name is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Describe the option."""
        parser.add_argument(
            "--first",
            action="store_true",
            help="do nothing where there has ever been an administrator, erased or not",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the administrator unless the name exists. Raises CommandError."""
        if options["first"] and has_ever_had_an_administrator():
            self.stdout.write("There has been an administrator; none is created.")
            return
        self._create(must_exist=options["first"])

    def _create(self, *, must_exist: bool) -> None:
        username = env.str("ADMIN_USERNAME", None) or _ask("Username", input)
        if find_credentials(username=username) is not None:
            self._leave_alone(username, must_exist=must_exist)
            return
        body = {
            "username": username,
            "password": env.str("ADMIN_PASSWORD", None) or _ask_for_password(),
            "name": env.str("ADMIN_NAME", "Administrator"),
            "role": Role.ADMINISTRATOR.value,
        }
        request = CreateUserRequest(data=body)
        if not request.is_valid():
            faults = flatten_errors(request.errors)
            text = " ".join(f"{each['field']}: {each['detail']}" for each in faults)
            raise CommandError(f"This can't be an administrator. {text}")
        try:
            user = create_user(
                **request.validated_data, actor_id=None, now=timezone.now()
            )
        except UsernameTaken:
            self._leave_alone(username, must_exist=must_exist)
            return
        self.stdout.write(f"Created administrator {user.username}.")

    def _leave_alone(self, username: str, *, must_exist: bool) -> None:
        if must_exist and not has_ever_had_an_administrator():
            raise CommandError(
                f"There is no administrator, and {username} is a normal user. Choose "
                "another ADMIN_USERNAME."
            )
        self.stdout.write(f"There is a user {username} already, who is left alone.")


def _ask(what: str, ask: Any) -> str:
    if not sys.stdin.isatty():
        raise CommandError(f"ADMIN_{what.upper()} must be set, or typed at a terminal.")
    return str(ask(f"{what}: "))


def _ask_for_password() -> str:
    password = _ask("Password", getpass.getpass)
    if _ask("Password", getpass.getpass) != password:
        raise CommandError("The two passwords are not the same.")
    return password
