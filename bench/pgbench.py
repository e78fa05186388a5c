"""The database's own limit: PostgreSQL's pgbench with the product's statement alone."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from psycopg2.extensions import adapt

from bench.filled_rows import uuid_of
from bench.results import Outcome, RunFailed
from bench.statements import Slot, Statement
from bench.stock import PROMOS_A_HOLDER
from local.postgres import find_binary

CONNECTIONS, THREADS = 8, 2
_PATIENCE_SECONDS = 60
_NEW_ID = "(SELECT new_id FROM given)"
_EXPRESSIONS = {
    "promo_id": uuid_of(":promo::bigint"),
    "holder_id": uuid_of(":holder::bigint"),
    "points": "1",
    "task": "NULL",
    "new_id": _NEW_ID,
    "key": f"('pgbench-' || {_NEW_ID})",
    "fingerprint": f"sha256({_NEW_ID}::text::bytea)",
}


@dataclass(frozen=True)
class Pgbench:
    """pgbench with one statement, prepared, on promos that are chosen at random."""

    database_url: str
    statement: Statement
    folder: Path

    def run(self, *, promos: int, seconds: int) -> Outcome:
        """Load for so many seconds; raises RunFailed if anything failed."""
        script = self.folder / "pgbench.sql"
        script.write_text(
            f"\\set promo random(1, {promos})\n"
            f"\\set holder (:promo - 1) / {PROMOS_A_HOLDER} + 1\n"
            f"{write_sql(self.statement)};\n"
        )
        url = urlsplit(self.database_url)
        command = [find_binary("pgbench"), "--no-vacuum", "--protocol", "prepared"]
        command += ["--client", str(CONNECTIONS), "--jobs", str(THREADS)]
        command += ["--time", str(seconds), "--file", str(script)]
        command += ["--host", str(url.hostname), "--port", str(url.port)]
        command += ["--username", str(url.username), url.path.lstrip("/")]
        done = subprocess.run(
            command,
            env={**os.environ, "PGPASSWORD": unquote(url.password or "")},
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds + _PATIENCE_SECONDS,
        )
        if done.returncode != 0:
            raise RunFailed(f"pgbench failed:\n{done.stdout}{done.stderr}")
        return read_output(done.stdout)


def write_sql(statement: Statement) -> str:
    """Return the statement with all that the product computes computed by SQL.

    Raises RunFailed where it has a parameter that nothing here stands for.
    """
    parameters: Any
    if isinstance(statement.parameters, Mapping):
        named = statement.parameters.items()
        parameters = {name: _express(each) for name, each in named}
    else:
        parameters = tuple(_express(each) for each in statement.parameters)
    body = str(statement.sql % parameters).strip()
    if not body.startswith("WITH "):
        raise RunFailed("The statement begins with no WITH to add an id to.")
    given = "WITH given AS MATERIALIZED (SELECT uuidv7() AS new_id), "
    return given + body.removeprefix("WITH ")


def read_output(text: str) -> Outcome:
    """Return what pgbench printed; raises RunFailed where transactions failed."""
    done = re.search(r"transactions actually processed: (\d+)", text)
    failed = re.search(r"number of failed transactions: (\d+)", text)
    rate = re.search(r"tps = ([0-9.]+)", text)
    latency = re.search(r"latency average = ([0-9.]+) ms", text)
    if not (done and failed and rate and latency) or failed[1] != "0":
        raise RunFailed(f"pgbench did not do all of its work:\n{text}")
    return Outcome(
        done=int(done[1]),
        seconds=int(done[1]) / float(rate[1]),
        latency_50=float(latency[1]),
    )


def _express(value: Any) -> str:
    if isinstance(value, Slot):
        return _EXPRESSIONS[value.name]
    return str(adapt(value).getquoted(), "utf-8")
