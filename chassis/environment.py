"""Settings come from the environment; a secret has no default (twelve-factor)."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from environs import EnvError, FileAwareEnv

# Every variable may also be given as NAME_FILE, the path of a file that holds it.
env = FileAwareEnv(strip_whitespace=True)


def hosts_of(origins: str) -> list[str]:
    """Return the host names of `origins` (by space or comma), without ports."""
    parts = [urlsplit(origin).netloc for origin in origins.replace(",", " ").split()]
    return [re.sub(r":[0-9]*$", "", part) for part in parts]


@contextmanager
def required_by(service: str) -> Iterator[None]:
    """This function will stop the start with a sentence that names what is missing."""
    try:
        yield
    except (EnvError, ValueError) as error:
        sys.exit(f"{service} can't start: {error}")
