"""What `make run` reads from its environment, and where its files lie."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.console import Refusal
from local.ports import LOOPBACK, read_port

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class State:
    """The paths inside one state folder."""

    folder: Path

    @property
    def logs(self) -> Path:
        """Return the folder with one log a program."""
        return self.folder / "logs"

    @property
    def run(self) -> Path:
        """Return the folder for what is true of the running system alone."""
        return self.folder / "run"

    @property
    def cluster(self) -> Path:
        """Return PostgreSQL's data directory."""
        return self.folder / "postgres" / "cluster"

    @property
    def signing_keys(self) -> Path:
        """Return the folder of auth_service's signing keys."""
        return self.folder / "secrets" / "signing-keys"

    @property
    def credentials(self) -> Path:
        """Return the file of generated passwords and secret keys."""
        return self.folder / "secrets" / "credentials.json"

    @property
    def admin_password(self) -> Path:
        """Return the file with the first administrator's password."""
        return self.folder / "admin-password"

    @property
    def control(self) -> Path:
        """Return the file that says how to talk to supervisord."""
        return self.run / "control.json"

    @property
    def launch(self) -> Path:
        """Return the file that says how the running system is reached."""
        return self.run / "launch.json"


@dataclass(frozen=True)
class Settings:
    """The choices of whoever starts the system."""

    state: State
    state_shown: str
    gateway_port: int
    admin_username: str
    admin_password: str | None
    # How clients reach the gateway, which answers to no other host.
    public_origins: str

    @property
    def base_url(self) -> str:
        """Return the address that the gateway is reached at."""
        return f"http://localhost:{self.gateway_port}"

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Return the settings of an environment; raises Refusal for what can't be."""
        shown = environment.get("STATE_DIR") or ".local"
        folder = (ROOT / Path(shown).expanduser()).resolve()
        for path in (ROOT, folder):
            if unusable := set(str(path)) & set("%;"):
                raise Refusal(
                    f"supervisord can't work in a folder with {min(unusable)!r} in its "
                    f"path: {path}. Choose another: STATE_DIR=/path/to/folder make run"
                )
        port = read_port(environment.get("GATEWAY_PORT") or "8080")
        hosts = ("localhost", LOOPBACK, "[::1]")
        own = " ".join(f"http://{host}:{port}" for host in hosts)
        return cls(
            state=State(folder),
            state_shown=environment.get("STATE_DIR_SHOWN") or shown,
            gateway_port=port,
            admin_username=environment.get("ADMIN_USERNAME") or "admin",
            admin_password=environment.get("ADMIN_PASSWORD") or None,
            public_origins=environment.get("PUBLIC_ORIGINS") or own,
        )
