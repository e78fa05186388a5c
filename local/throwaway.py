"""A PostgreSQL cluster for tests: fast, on a free port, gone afterwards."""

import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from local import postgres
from local.console import Refusal
from local.ports import choose_free
from local.settings import ROOT
from local.waiting import wait_until

_ROLE = "tests"
# Nothing here has to outlive a power cut.
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


@dataclass
class ThrowawayCluster:
    """A context manager: a running cluster, whose role may make databases.

    It also ends when this process is killed.
    """

    port: int = 0
    password: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Start it; raises Refusal with PostgreSQL's words where it does not."""
        self.port = choose_free(1)[0]
        self.password = secrets.token_hex(16)
        self._folder = tempfile.TemporaryDirectory(prefix="promo-tests-")
        cluster = Path(self._folder.name) / "cluster"
        postgres.initialise(cluster, self.password, durable=False)
        command = postgres.build_command(cluster, self.port, **_FAST, **self.settings)
        self._log = (Path(self._folder.name) / "log").open("w+")
        self._server = subprocess.Popen(
            [sys.executable, "-m", "local.tied", *command],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if not wait_until(self._is_ready_or_gone, 60) or not self._is_ready():
            self._log.seek(0)
            said = self._log.read()
            self.stop()
            raise Refusal(f"The tests' PostgreSQL did not start: {said}")
        with postgres.open_as_superuser(self.port, self.password) as admin:
            postgres.create_role(admin, _ROLE, self.password, creates_databases=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it and remove its files."""
        self.stop()

    def url(self, database: str) -> str:
        """Return the DATABASE_URL for a database of that name."""
        return postgres.build_url(_ROLE, self.password, self.port, database)

    def create_database(self, name: str) -> None:
        """Make an empty database of that name, owned by the tests' role."""
        with postgres.open_as_superuser(self.port, self.password) as admin:
            postgres.create_database(admin, name, _ROLE, self.password)

    def stop(self) -> None:
        """Stop the server and remove its files."""
        if self._server.stdin is not None:
            self._server.stdin.close()
        try:
            self._server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._log.close()
        self._folder.cleanup()

    def _is_ready(self) -> bool:
        return postgres.is_ready(self.port, self.password)

    def _is_ready_or_gone(self) -> bool:
        return self._server.poll() is not None or self._is_ready()
