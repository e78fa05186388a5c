"""How many passwords are hashed: `python -m bench.hashing SECONDS PROCESSES`.

With auth_service's own environment, and so its hasher; nothing else is done meanwhile.
"""

import secrets
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import django
from django.contrib.auth.hashers import check_password, make_password

from local.console import say


def main() -> int:
    """Print how many were hashed and in how many seconds; returns 0."""
    seconds, processes = int(sys.argv[1]), int(sys.argv[2])
    django.setup()
    with ProcessPoolExecutor(processes) as pool:
        began = time.monotonic()
        done = sum(pool.map(_hash, [seconds] * processes))
        say(f"{done} {time.monotonic() - began}")
    return 0


def _hash(seconds: int) -> int:
    password = secrets.token_urlsafe(16)
    encoded = make_password(password)
    until = time.monotonic() + seconds
    done = 0
    while time.monotonic() < until:
        if not check_password(password, encoded):
            raise ValueError("The password is not the one that was hashed.")
        done += 1
    return done


if __name__ == "__main__":
    sys.exit(main())
