"""Replaces each service's container again and again under load, as a deployment does.

A second container comes up beside the first; when it is healthy and the gateway has
looked its name up again, the first is told to stop, and answers what it has.
"""

import os
import subprocess
import sys
import time

from local.console import complain, say
from tests_e2e.compose.system import ComposedSystem, compose, docker, find_base_url
from tests_e2e.people import Client
from tests_e2e.rolling.load import Load

_SERVICES = ("auth-service", "promo-service")
# The gateway looks the name up every 2 seconds, and tries a container again after 30
# that did not listen yet.
_GATEWAY_TAKES_IT_UP_SECONDS = 33


def main() -> int:
    """Run it, print what was answered and what failed; returns 1 if anything did."""
    restarts = int(os.environ.get("RESTARTS") or 5)
    try:
        system = ComposedSystem(find_base_url())
    except (OSError, subprocess.CalledProcessError):
        complain("No composed system runs: make secrets && docker compose up --wait")
        return 1
    administrator = Client(system.base_url, "admin", system.admin_password).log_in()
    with Load(system.base_url, administrator) as load:
        for number in range(1, restarts + 1):
            for service in _SERVICES:
                _replace(service)
            count = f"{load.answered.total():,} requests, {len(load.failed)} failed"
            say(f"  {number} of {restarts} replacements of each, {count}")
    for failure in load.failed[:20]:
        say(f"  failed: {failure}")
    say(f"{load.answered.total():,} requests, {len(load.failed)} failed")
    return 1 if load.failed else 0


def _replace(service: str) -> None:
    old = compose("ps", "--quiet", service).split()
    beside = ("--no-deps", "--no-recreate", "--detach", "--wait")
    compose("up", *beside, "--scale", f"{service}={len(old) + 1}", service)
    time.sleep(_GATEWAY_TAKES_IT_UP_SECONDS)
    for container in old:
        docker("stop", container)
        docker("rm", container)


if __name__ == "__main__":
    sys.exit(main())
