"""Secrets that are generated once for a state folder, and kept there for its owner."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Credentials:
    """Every generated secret of one running system (256 random bits each, as hex)."""

    postgres_password: str
    auth_database_password: str
    promo_database_password: str
    auth_secret_key: str
    promo_secret_key: str
    promo_client_secret: str


def load_credentials(path: Path) -> Credentials:
    """Return the secrets kept in the file; generates what it does not hold yet."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    names = Credentials.__dataclass_fields__
    credentials = Credentials(
        **{name: kept.get(name) or secrets.token_hex(32) for name in names}
    )
    if asdict(credentials) != kept:
        write_private(path, json.dumps(asdict(credentials), indent=2))
    return credentials


def generate_password() -> str:
    """Return a password that can be typed: 120 random bits in groups of four."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join(
        "".join(secrets.choice(letters) for _ in range(4)) for _ in range(6)
    )


def write_private(path: Path, text: str) -> None:
    """Put text into a file (mode 600) in one step: a reader sees all of it or none."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def read_password(path: Path) -> str | None:
    """Return the password kept in the file, None where there is none yet."""
    try:
        return path.read_text().strip() or None
    except FileNotFoundError:
        return None


def keep_password(path: Path, password: str) -> None:
    """Write the password into the file (mode 600).

    In place: as root, the folder around it is not this user's to add to.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with open(os.open(path, flags, 0o600), "w") as out:
        out.write(password + "\n")
        out.flush()
        os.fsync(out.fileno())
