"""`manage.py create_signing_key`: a new key, which signs when all have seen it."""

import os
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from auth_service.tokens.key_folder import (
    NAME_FORMAT,
    SMALLEST_KEY,
    KeyFolder,
    SigningKey,
    thumbprint,
)

AHEAD = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


class Command(BaseCommand):
    """Writes a key to SIGNING_KEYS_DIR."""

    help = (
        "Create a signing key. The first signs at once; every further one 15 minutes "
        "from now at the earliest, when all have seen it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """This function will describe the option."""
        parser.add_argument(
            "--first", action="store_true", help="do nothing where there is a key"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """This function will write the key and say from when it signs."""
        folder = Path(settings.SIGNING_KEYS_DIR)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            keys = KeyFolder(folder).list_keys()
            if keys and options["first"]:
                self.stdout.write("There is a key already.")
                return
            signs_from = next_minute(keys, now=datetime.now(UTC))
            kid = write_key(folder, signs_from)
        except OSError as error:
            raise CommandError(f"{folder} can't hold the key: {error}") from error
        moment = signs_from.strftime("%Y-%m-%d %H:%M UTC")
        self.stdout.write(f"Created key {kid}; it signs from {moment}.")


def next_minute(keys: list[SigningKey], *, now: datetime) -> datetime:
    """This function will return the minute from which the next key may sign.

    It is this minute for the first; otherwise at least 15 minutes ahead, and later
    than every key there is. `keys` come newest first.
    """
    this_minute = now.replace(second=0, microsecond=0)
    if not keys:
        return this_minute
    return max(this_minute + AHEAD + MINUTE, keys[0].signs_from + MINUTE)


def write_key(folder: Path, signs_from: datetime) -> str:
    """This function will write a new key of mode 600 and return its id.

    It appears in the folder at once and whole. Raises OSError, also where a key of
    that minute exists.
    """
    private = rsa.generate_private_key(public_exponent=65537, key_size=SMALLEST_KEY)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / f"{signs_from.strftime(NAME_FORMAT)}.pem"
    unfinished = folder / f".{path.name}.{os.getpid()}"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)
    finally:
        unfinished.unlink()
    return thumbprint(private.public_key())
