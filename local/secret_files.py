"""What `make secrets` runs: the files that docker-compose.yml takes its secrets from.

Standard library only: it needs no virtual environment. A file that is there is never
touched. The folder is for its owner alone; the files in it may be read by whoever they
are mounted for, which are users that this machine does not know.
"""

import hashlib
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local.console import Refusal, complain, say
from local.credentials import generate_password

FOLDER = Path(__file__).resolve().parent.parent / "secrets"
_PORT = 5432
_DATABASES = ("auth", "promo")


@dataclass(frozen=True)
class SecretFile:
    """One file: what it is made of, if of another, and how."""

    name: str
    make: Callable[[str], str]
    source: str | None = None


def list_secret_files() -> Iterator[SecretFile]:
    """Yield every secret of docker-compose.yml, what others are made of first."""
    yield SecretFile("admin-password", lambda _: generate_password())
    for database in _DATABASES:
        yield SecretFile(f"{database}-secret-key", _generate)
        yield SecretFile(f"{database}-superuser-password", _generate)
        yield _password_of(database, "owner")
        yield _password_of(database, "service")
        yield _address_for(database, "owner", f"{database}-owner-database-url")
        yield _address_for(database, "service", f"{database}-database-url")
    yield SecretFile("promo-client-secret", _generate)
    yield SecretFile("auth-service-clients", _allow_promo, "promo-client-secret")


def make_secrets(folder: Path) -> list[str]:
    """Make the folder and the files that are missing; returns the names of those.

    Raises Refusal where a file is missing that another one was made of: a new one would
    not fit.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    files = list(list_secret_files())
    there = {each.name: (folder / each.name).exists() for each in files}
    for each in files:
        if each.source and there[each.name] and not there[each.source]:
            raise Refusal(
                f"{folder.name}/{each.source} is missing, and the {each.name} beside "
                "it was made of it. Put it back, or remove both for new ones."
            )
    return [each.name for each in files if _make(folder, each)]


def main() -> int:
    """Make what is missing and say what was made; returns 1 where that is refused."""
    try:
        made = make_secrets(FOLDER)
    except Refusal as refusal:
        complain(f"Promo System: {refusal}")
        return 1
    for name in made:
        say(f"Made {FOLDER.name}/{name}")
    say(f"All secrets are in {FOLDER.name}/, for you alone; they are in no commit.")
    say(f"The first administrator's password: {FOLDER.name}/admin-password")
    return 0


def _make(folder: Path, file: SecretFile) -> bool:
    path = folder / file.name
    if path.exists():
        return False
    source = (folder / file.source).read_text() if file.source else ""
    _write_for_all(path, file.make(source))
    return True


def _write_for_all(path: Path, text: str) -> None:
    """Write a file whole or not at all, which everybody may read who gets to it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(0o444)
    fresh.replace(path)


def _generate(_: str) -> str:
    return secrets.token_hex(32)


def _password_of(database: str, role: str) -> SecretFile:
    return SecretFile(f"{database}-{role}-password", _generate)


def _address_for(database: str, role: str, name: str) -> SecretFile:
    def make(password: str) -> str:
        user, host = f"{database}_{role}", f"{database}-database"
        return f"postgres://{user}:{password}@{host}:{_PORT}/{database}"

    return SecretFile(name, make, f"{database}-{role}-password")


def _allow_promo(client_secret: str) -> str:
    return f"promo_service={hashlib.sha256(client_secret.encode()).hexdigest()}"


if __name__ == "__main__":
    sys.exit(main())
