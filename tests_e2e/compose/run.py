"""Tests the composed system through its gateway, takes it down, and finds its data.

Start it first: make secrets && docker compose up --build --wait
"""

import os
import subprocess
import sys

from local.console import complain, say
from local.settings import ROOT
from tests_e2e.compose.system import (
    ComposedSystem,
    compose,
    find_base_url,
    left_out,
    modules,
)
from tests_e2e.people import Client, grant, register


def main(arguments: list[str]) -> int:
    """Run everything; returns pytest's status, or 1 where data were lost."""
    try:
        system = ComposedSystem(find_base_url())
    except (OSError, subprocess.CalledProcessError):
        complain("No composed system runs: make secrets && docker compose up --wait")
        return 1
    user, promo = _use_points(system)
    say("\n== tests_e2e, those that go through the gateway alone")
    say(f"Left to make test, which can reach into a system: {', '.join(left_out())}")
    tested = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
            *arguments,
            *map(str, modules()),
        ],
        cwd=ROOT,
        env={**os.environ, "COMPOSED_BASE_URL": system.base_url},
        check=False,
    ).returncode
    say("\n== down and up again")
    compose("down")
    compose("up", "--wait", "--detach")
    user.access = ""
    left = user.log_in()("GET", f"{promo}/points").json()["remaining_points"]
    verified = system.manage("promo_service", "verify_ledger").splitlines()[-1]
    say(f"70 points were left before, {left} are now. {verified}")
    return tested or int(left != 70)


def _use_points(system: ComposedSystem) -> tuple[Client, str]:
    administrator = Client(system.base_url, "admin", system.admin_password).log_in()
    user = register(system.base_url)
    promo = grant(administrator, user, 100)
    assert user("POST", f"{promo}/use", {"points": 30}).status_code == 201
    return user, promo


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
