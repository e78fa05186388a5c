"""Settings come from the environment; a secret has no default (twelve-factor)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from environs import EnvError, FileAwareEnv

# Every variable may also be given as NAME_FILE, the path of a file that holds it.
env = FileAwareEnv(strip_whitespace=True)


@contextmanager
def required_by(service: str) -> Iterator[None]:
    """This function will stop the start with a sentence that names what is missing."""
    try:
        yield
    except (EnvError, ValueError) as error:
        sys.exit(f"{service} can't start: {error}")
