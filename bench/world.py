"""What is measured: the real system, its floor, and a database full of promos."""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psutil
import psycopg2

from bench.floor.serving import Floor
from bench.loads import Side
from bench.processes import read_cpu_seconds, read_own_cpu_seconds
from bench.statements import Statement, load
from bench.tokens import LIFETIME_SECONDS, TokenSigner
from gateway.render import RATES
from local.console import say
from local.ports import LOOPBACK
from local.settings import ROOT
from local.stack import Stack, StackFailed

HOLDERS, PROMOS_A_HOLDER = 1_000, 20
PROMOS = HOLDERS * PROMOS_A_HOLDER
# All requests come from one address, of which the gateway would let none so many pass.
_RATES = {name: "100000r/s" if name.endswith("_RATE") else "100000" for name in RATES}


@dataclass
class World:
    """All that runs, and where it is."""

    stack: Stack
    floor: Floor
    folder: Path
    signer: TokenSigner
    _signed_at: float = field(default=float("-inf"))

    @property
    def people(self) -> Path:
        """Return the file of holders and their tokens, none of which is about to end."""
        path = self.folder / "people"
        if time.monotonic() - self._signed_at > LIFETIME_SECONDS / 2:
            lines = []
            for number in range(HOLDERS):
                holder = holder_id(number)
                lines.append(f"{holder} {self.signer.sign(holder, f'u{number}')}\n")
            path.write_text("".join(lines))
            self._signed_at = time.monotonic()
        return path

    def base_url(self, side: Side) -> str:
        """Return the address of a side's gateway."""
        if side is Side.FLOOR:
            return self.floor.base_url
        return f"http://{LOOPBACK}:{self.stack.gateway_port}"

    def read_cpu(self) -> dict[str, float]:
        """Return the CPU seconds of each program so far, its workers' with it."""
        names = ("gateway", "promo_service", "auth_service", "postgres")
        pids = {name: self.stack.pid(name) for name in names}
        supervisor = psutil.Process(pids["postgres"]).ppid()
        return {
            **{name: read_cpu_seconds(pid) for name, pid in pids.items()},
            # The logs of all programs go through it.
            "supervisor": read_own_cpu_seconds(supervisor),
            "floor": read_cpu_seconds(self.floor.service),
            "floor's gateway": read_cpu_seconds(self.floor.gateway),
        }


@contextlib.contextmanager
def open_world() -> Iterator[World]:
    """Start everything; raises StackFailed where something does not start."""
    with (
        tempfile.TemporaryDirectory(prefix="promo-bench-") as name,
        Stack(_RATES) as stack,
    ):
        folder = Path(name)
        signer = TokenSigner(stack.environment("auth_service"))
        say(f"Filling the promo database: {HOLDERS:,} holders, {PROMOS:,} promos")
        _fill(stack.database_url("promo_service"))
        statements = _catch_statements(stack, signer, folder)
        with Floor(stack, statements, folder) as floor:
            yield World(stack, floor, folder, signer)


def read_statements(folder: Path) -> Mapping[str, Statement]:
    """Return the product's statements."""
    return load(folder / "statements.json")


def holder_id(n: int) -> UUID:
    text = f"0190{n:08x}70008000{n:012x}"
    return UUID(text)


def _catch_statements(stack: Stack, signer: TokenSigner, folder: Path) -> Path:
    given, caught = folder / "catching.json", folder / "statements.json"
    # Not the first of both: promos and holders of one number have the same id.
    holder = holder_id(7)
    given.write_text(
        json.dumps(
            {
                "holder_id": str(holder),
                "promo_id": str(holder_id(7 * PROMOS_A_HOLDER)),
                "access": signer.sign(holder, "u7"),
            }
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.catching", str(given), str(caught)],
        cwd=ROOT,
        env={
            **stack.environment("promo_service"),
            "DJANGO_SETTINGS_MODULE": "promo_service.config.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackFailed(f"No statements were caught:\n{done.stdout}{done.stderr}")
    return caught


def _fill(url: str) -> None:
    with contextlib.closing(psycopg2.connect(url)) as connection, connection:
        with connection.cursor() as cursor:
            cursor.execute(_FILL, {"holders": HOLDERS, "each": PROMOS_A_HOLDER})
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


_ID = "('0190' || lpad(to_hex(%s), 8, '0') || '70008000' || lpad(to_hex(%s), 12, '0'))::uuid"
_P, _H = _ID.replace("%s", "n"), _ID.replace("%s", "n / %(each)s")
_FILL = f"""
INSERT INTO holder (user_id, version, void_version, username, name, role, is_active, deleted)
SELECT {_P}, 1, 0, 'user' || n, 'User ' || n, 'normal', true, false
FROM generate_series(0, %(holders)s - 1) AS n;
CREATE TEMP TABLE wanted AS
SELECT n, {_P} AS id, {_H} AS holder_id, now() - make_interval(secs => 1000000 - n) AS t
FROM generate_series(0, %(holders)s * %(each)s - 1) AS n;
INSERT INTO promo (id, holder_id, promo_type, promo_code, description, promo_amount, remaining_points,
  start_time, end_time, is_active, creation_time, version, last_sequence, last_entry_time)
SELECT id, holder_id, 'welcome', 'CODE-' || n, 'A gift', 1000000000, 1000000000, t, NULL, true, t, 1, 1, t FROM wanted;
INSERT INTO promo_revision (promo_id, version, holder_id, promo_type, promo_code, description, promo_amount,
  start_time, end_time, is_active, deleted, actor_id, actor_role, creation_time)
SELECT id, 1, holder_id, 'welcome', 'CODE-' || n, 'A gift', 1000000000, t, NULL, true, false, id, 'administrator', t FROM wanted;
INSERT INTO ledger_entry (promo_id, sequence, holder_id, type, points, balance, actor_id, actor_role, creation_time)
SELECT id, 1, holder_id, 'grant', 1000000000, 1000000000, id, 'administrator', t FROM wanted;
"""
