"""What is measured: the real system, its floor, and a database full of promos."""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.filling import holder_id, promo_id
from bench.floor.serving import Floor
from bench.loads import Side
from bench.people import People
from bench.processes import read_cpu_seconds, read_own_cpu_seconds
from bench.results import LOAD_GENERATOR
from bench.statements import Statement, load
from bench.stock import HOLDERS, PROMOS, PROMOS_A_HOLDER, fill_stock, username
from bench.tokens import TokenSigner
from gateway.render import RATES
from local.console import say
from local.ports import LOOPBACK
from local.settings import ROOT
from local.stack import Stack, StackFailed

# All requests come from one address, of which the gateway would let none so many pass.
RAISED_RATES = {
    name: "100000r/s" if name.endswith("_RATE") else "100000" for name in RATES
}
_PROGRAMS = ("gateway", "promo_service", "auth_service", "postgres")
# Not the first of both: promos and holders of one number have the same id.
_CAUGHT_HOLDER = 8
_CAUGHT_PROMO = (_CAUGHT_HOLDER - 1) * PROMOS_A_HOLDER + 1
CAUGHT_USES = 1


@dataclass(frozen=True)
class World:
    """All that runs, and who asks it."""

    stack: Stack
    floor: Floor
    folder: Path
    people: People
    statements: Mapping[str, Statement]

    def base_url(self, side: Side) -> str:
        """Return the address of a side's gateway."""
        if side is Side.FLOOR:
            return self.floor.base_url
        return f"http://{LOOPBACK}:{self.stack.gateway_port}"

    def read_cpu(self) -> dict[str, float]:
        """Return the CPU seconds of each program so far, its workers' with it."""
        pids = {name: self.stack.pid(name) for name in _PROGRAMS}
        supervisor = psutil.Process(pids["postgres"]).ppid()
        ended = psutil.Process().cpu_times()
        return {
            **{name: read_cpu_seconds(pid) for name, pid in pids.items()},
            # The logs of all programs go through it.
            "supervisor": read_own_cpu_seconds(supervisor),
            "floor": read_cpu_seconds(self.floor.service),
            "floor's gateway": read_cpu_seconds(self.floor.gateway),
            LOAD_GENERATOR: ended.children_user + ended.children_system,
        }

    def servers(self) -> dict[str, int]:
        """Return the processes whose children are the workers of the services."""
        return {
            name: self.stack.pid(name) for name in ("promo_service", "auth_service")
        }


@contextlib.contextmanager
def open_world() -> Iterator[World]:
    """Start everything; raises StackFailed where something does not start."""
    with (
        tempfile.TemporaryDirectory(prefix="promo-bench-") as name,
        Stack(RAISED_RATES) as stack,
    ):
        folder = Path(name)
        signer = TokenSigner(stack.environment("auth_service"))
        say(f"Filling the promo database: {HOLDERS:,} holders with {PROMOS:,} promos")
        fill_stock(stack.database_url("promo_service"))
        caught = _catch_statements(stack, signer, folder)
        with Floor(stack, caught, folder) as floor:
            people = People(stack, folder, signer)
            yield World(stack, floor, folder, people, load(caught))


def _catch_statements(stack: Stack, signer: TokenSigner, folder: Path) -> Path:
    given, caught = folder / "catching.json", folder / "statements.json"
    holder = holder_id(_CAUGHT_HOLDER)
    for_whom = {
        "holder_id": str(holder),
        "promo_id": str(promo_id(_CAUGHT_PROMO)),
        "access": signer.sign(holder, username(_CAUGHT_HOLDER)),
    }
    given.write_text(json.dumps(for_whom))
    settings = {"DJANGO_SETTINGS_MODULE": "promo_service.config.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.catching", str(given), str(caught)],
        cwd=ROOT,
        env={**stack.environment("promo_service"), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackFailed(f"No statements were caught:\n{done.stdout}{done.stderr}")
    return caught
