"""Loads one side once: the product or its floor by HTTP, or what they are made of."""

import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.generators import Generator
from bench.loads import Load, Side
from bench.pgbench import Pgbench
from bench.results import Outcome, RunFailed
from bench.stock import HOLDERS, PROMOS, PROMOS_A_HOLDER, TAKERS
from bench.world import World
from local.settings import ROOT


@dataclass(frozen=True)
class Sides:
    """All sides of a world."""

    world: World
    generator: Generator

    def load(self, load: Load, side: Side, seconds: int) -> Outcome:
        """Load a side for so many seconds; raises RunFailed if anything went wrong."""
        try:
            if side is Side.DATABASE:
                return self._load_database(load, seconds)
            if side is Side.HASHER:
                return self._load_hasher(seconds)
            return self._load_gateway(load, self.world.base_url(side), seconds)
        except RunFailed as error:
            raise RunFailed(f"{load.name}, {side}: {error}") from error

    def _load_gateway(self, load: Load, base_url: str, seconds: int) -> Outcome:
        variables = {
            **self.world.people.describe(load.people),
            "BENCH_HOST": urlsplit(base_url).netloc,
            "BENCH_EXPECTED": str(load.expected),
            "BENCH_SPREAD": str(load.spread),
            "BENCH_UNITS": str(load.units),
            "BENCH_PROMOS_A_HOLDER": str(PROMOS_A_HOLDER),
            "BENCH_FIRST_TAKER": str(HOLDERS + 1),
            "BENCH_TAKERS": str(TAKERS),
            # Of keys and codes, which are used once.
            "BENCH_RUN": secrets.token_hex(8),
            "BENCH_SEED": str(secrets.randbelow(1_000_000)),
        }
        return self.generator.run(load, base_url, variables, seconds)

    def _load_database(self, load: Load, seconds: int) -> Outcome:
        url = self.world.stack.database_url("promo_service")
        statement = self.world.statements[load.script]
        return Pgbench(url, statement, self.world.folder).run(
            promos=load.spread or PROMOS, seconds=seconds
        )

    def _load_hasher(self, seconds: int) -> Outcome:
        environment = self.world.stack.environment("auth_service")
        return hash_passwords(environment, seconds)


def hash_passwords(environment: Mapping[str, str], seconds: int) -> Outcome:
    """Hash as auth_service does, in as many processes as it has workers."""
    settings = {"DJANGO_SETTINGS_MODULE": "auth_service.config.settings"}
    command = [sys.executable, "-m", "bench.hashing", str(seconds)]
    done = subprocess.run(
        [*command, environment["WEB_WORKERS"]],
        cwd=ROOT,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RunFailed(f"Nothing was hashed:\n{done.stdout}{done.stderr}")
    count, elapsed = done.stdout.split()
    return Outcome(done=int(count), seconds=float(elapsed))
