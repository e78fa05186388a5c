"""The system that `docker compose up` runs, as far as tests need to reach into it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.settings import ROOT
from local.waiting import wait_until
from tests_e2e.people import Client

# The names that programs have locally, and those of their containers.
_CONTAINERS = {
    "auth_service": ("auth-service",),
    "promo_service": ("promo-service",),
    "relay": ("auth-relay",),
    "postgres": ("auth-database", "promo-database"),
    "gateway": ("gateway",),
}

_GATEWAY_SECONDS = 30  # it looks names up again every 5


def docker(*arguments: str, errors_to: int | None = None) -> str:
    """Run a command of Docker and return its output; raises CalledProcessError."""
    command = ["docker", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors_to, check=True
    )
    return done.stdout.decode()


def compose(*arguments: str) -> str:
    """Run a command of Compose and return its output; raises CalledProcessError."""
    return docker("compose", *arguments)


@dataclass(frozen=True)
class ComposedSystem:
    """What `local.stack.Stack` is to tests, of containers that run already."""

    base_url: str

    @property
    def admin_password(self) -> str:
        """Return the password of the administrator `admin`."""
        return (ROOT / "secrets" / "admin-password").read_text().strip()

    def stop_program(self, name: str) -> None:
        """Stop the program's containers."""
        compose("stop", *_CONTAINERS[name])

    def start_program(self, name: str) -> None:
        """Start them again and return when the gateway has found them again, too."""
        compose("up", "--wait", "--no-deps", "--detach", *_CONTAINERS[name])
        wait_until(self._answers, _GATEWAY_SECONDS)

    def _answers(self) -> bool:
        paths = ("/api/v1/users/me", "/api/v1/promos/me")
        return all(
            Client(self.base_url)("GET", path).status_code == 401 for path in paths
        )

    def whole_log(self, name: str) -> str:
        """Return everything that the program's containers wrote, of those there are."""
        containers = compose("ps", "--quiet", "--all", *_CONTAINERS[name]).split()
        return "".join(
            docker("logs", each, errors_to=subprocess.STDOUT) for each in containers
        )

    def manage(self, service: str, *arguments: str) -> str:
        """Run a management command of a service; returns its output."""
        command = ["python", f"{service}/manage.py", *arguments]
        return compose("exec", "-T", service.replace("_", "-"), *command)


def find_base_url() -> str:
    """Return where the gateway's port leads to; raises CalledProcessError."""
    port = compose("port", "gateway", "8080").strip().rpartition(":")[2]
    return f"http://localhost:{port}"


def modules() -> list[Path]:
    """Return the tests that need nothing of a system that Compose can't give.

    The others read environments and databases, kill processes by their ids, or expect
    a port that refuses: a container that is gone times out instead (504).
    """
    names = (
        *("accounts", "docs", "error_codes", "giving_back", "journey"),
        *("request_log", "user_events", "using"),
    )
    return [ROOT / "tests_e2e" / f"test_{name}.py" for name in names]


def left_out() -> list[str]:
    """Return the names of all other tests of the whole system."""
    everything = (ROOT / "tests_e2e").rglob("test_*.py")
    return sorted(each.stem for each in set(everything) - set(modules()))
