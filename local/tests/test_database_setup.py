"""PostgreSQL as each way sets it up: roles, what they may, and what is logged."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from psycopg2 import errors

from local import postgres
from local.settings import ROOT
from local.test_environment import build_test_environment
from local.throwaway import ThrowawayCluster

SETUP = ROOT / "k8s" / "database"
NAMES = ("auth", "promo")
BOOKS = {
    *("promo", "promo_revision", "redemption", "redemption_part", "reversal"),
    *("ledger_entry", "idempotency_key", "holder"),
}


@dataclass
class Server:
    """A PostgreSQL as the probes see it, and the files of a database's passwords."""

    cluster: ThrowawayCluster
    sockets: str
    name: str
    folder: Path
    setup: Path
    passwords: dict[str, str] = field(default_factory=dict)

    def keep(self, role: str, password: str) -> None:
        """Write a file of a password, as secrets are mounted."""
        self.passwords[role] = password
        (self.folder / f"{role}-password").write_text(password + "\n")

    def is_ready(self) -> bool:
        """Ask as the probes do."""
        binaries = Path(postgres.find_binary("psql")).parent
        asked = subprocess.run(
            ["sh", self.setup / "ready.sh"],
            env={
                "PATH": f"{binaries}:{os.defpath}",
                "POSTGRES_USER": postgres.SUPERUSER,
                "POSTGRES_DB": self.name,
                "SOCKET_FOLDER": self.sockets,
                "PASSWORDS_FOLDER": str(self.folder),
                "PGPORT": str(self.cluster.port),
                "PGPASSWORD": self.cluster.password,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert not any(each in asked.stderr for each in self.passwords.values())
        return asked.returncode == 0

    def url(self, role: str, password: str) -> str:
        name = f"{self.name}_{role}"
        return postgres.build_url(name, password, self.cluster.port, self.name)

    def lets_in(self, role: str, password: str) -> bool:
        try:
            psycopg2.connect(self.url(role, password)).close()
        except psycopg2.OperationalError:
            return False
        return True

    def ask(self, statement: str, role: str | None = None) -> list[tuple[Any, ...]]:
        password = self.passwords[role] if role else self.cluster.password
        url = self.url(role, password) if role else self._superusers_url
        with closing(psycopg2.connect(url)) as opened, opened, opened.cursor() as asked:
            asked.execute(statement)
            return asked.fetchall() if asked.description else []

    @property
    def _superusers_url(self) -> str:
        user, password = postgres.SUPERUSER, self.cluster.password
        return postgres.build_url(user, password, self.cluster.port, self.name)


@pytest.fixture(scope="module")
def cluster() -> Iterator[ThrowawayCluster]:
    with (
        tempfile.TemporaryDirectory(prefix="pg-") as folder,
        ThrowawayCluster(settings={"unix_socket_directories": folder}) as running,
    ):
        yield running


@pytest.fixture(params=NAMES)
def server(request, cluster, tmp_path) -> Iterator[Server]:
    """A server at its first start: a database without a role."""
    name = request.param
    setup = tmp_path / "setup"
    setup.mkdir()
    shutil.copy(SETUP / "ready.sh", setup / "ready.sh")
    shutil.copy(SETUP / "roles.sql", setup / "10-roles.sql")
    with (
        postgres.open_as_superuser(cluster.port, cluster.password) as admin,
        admin.cursor() as cursor,
    ):
        cursor.execute(f"CREATE DATABASE {name}")
        sockets = cluster.settings["unix_socket_directories"]
        made = Server(cluster, sockets, name, tmp_path, setup)
        made.keep("owner", "of-the-owner")
        made.keep("service", "of-the-service")
        yield made
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        for role in ("service_2", "service", "owner"):
            cursor.execute(f"DROP ROLE IF EXISTS {name}_{role}")


def test_a_first_start_makes_roles_that_can_log_in(server):
    assert server.is_ready()
    assert server.lets_in("owner", "of-the-owner")
    assert server.lets_in("service", "of-the-service")
    assert not server.lets_in("service_2", "")
    assert server.is_ready()


def test_a_start_that_failed_half_way_mends_itself(server):
    """The roles were made, and then came a fault: they have no passwords."""
    roles = (SETUP / "roles.sql").read_text(encoding="utf-8")
    server.ask(roles)
    assert not server.lets_in("service", "of-the-service")
    assert server.is_ready()
    assert server.lets_in("owner", "of-the-owner")
    assert server.lets_in("service", "of-the-service")


@pytest.mark.parametrize("missing", ["owner-password", "service-password"])
def test_a_server_whose_roles_can_not_log_in_is_not_ready(server, missing):
    text = (server.folder / missing).read_text()
    (server.folder / missing).unlink()
    assert not server.is_ready()
    assert not server.is_ready()
    (server.folder / missing).write_text(text)
    assert server.is_ready()
    assert server.lets_in("owner", "of-the-owner")
    assert server.lets_in("service", "of-the-service")


def test_a_password_that_was_replaced_stays_so(server):
    """As docs/operations.md replaces it: the old one must not come back."""
    assert server.is_ready()
    server.ask(f"ALTER ROLE {server.name}_service_2 PASSWORD 'a-new-one'")
    server.ask(f"ALTER ROLE {server.name}_service PASSWORD NULL")
    server.ask(f"ALTER ROLE {server.name}_owner PASSWORD 'another'")
    assert server.is_ready()
    assert server.lets_in("service_2", "a-new-one")
    assert server.lets_in("owner", "another")
    assert not server.lets_in("service", "of-the-service")


def emptied_tables(service: str) -> dict[str, str]:
    """The list of a service's settings, which the migrations grant by."""
    text = (ROOT / service / "config" / "settings.py").read_text(encoding="utf-8")
    (found,) = (
        node.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        and [ast.unparse(each) for each in node.targets] == ["EMPTIED_TABLES"]
    )
    tables: dict[str, str] = ast.literal_eval(found)
    return tables


def migrate(server: Server) -> None:
    service = f"{server.name}_service"
    url = server.url("owner", server.passwords["owner"])
    environment = build_test_environment(service, server.folder, url)
    subprocess.run(
        [sys.executable, f"{service}/manage.py", "migrate", "--no-input"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=True,
    )


def may_delete(server: Server, role: str) -> set[str]:
    rows = server.ask(
        "SELECT relname FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'public'::regnamespace"
        f" AND has_table_privilege('{server.name}_{role}', oid, 'DELETE')"
    )
    return {table for (table,) in rows}


def test_rows_are_removed_from_the_tables_of_one_list_and_from_no_other(server):
    """Also where an earlier version has granted more, and in tables that come later."""
    assert server.is_ready()
    server.ask(
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {server.name}_owner IN SCHEMA public"
        f" GRANT DELETE ON TABLES TO {server.name}_service"
    )
    migrate(server)
    listed = emptied_tables(f"{server.name}_service")
    for role in ("service", "service_2"):
        assert may_delete(server, role) == set(listed)
    assert not set(listed) & {*BOOKS, "account", "account_audit"}

    server.ask("CREATE TABLE later (points int)", "owner")
    assert "later" not in may_delete(server, "service")
    server.ask("INSERT INTO later VALUES (1); UPDATE later SET points = 2", "service")
    with pytest.raises(errors.InsufficientPrivilege):
        server.ask("DELETE FROM later", "service")


@pytest.mark.parametrize("service", ["auth_service", "promo_service"])
def test_no_statement_removes_rows_of_another_table(service):
    removes = re.compile(r"\bDELETE\s+FROM\s+(?:ONLY\s+)?(\w+)")
    found = {
        table
        for path in (ROOT / service).rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
        for table in removes.findall(path.read_text(encoding="utf-8"))
    }
    assert found <= set(emptied_tables(service))


def read_arguments(words: list[str]) -> dict[str, str]:
    """What `postgres -c NAME=VALUE …` sets."""
    return dict(each.split("=", 1) for each in words if "=" in each)


def settings_of_each_way() -> dict[str, dict[str, str]]:
    """What PostgreSQL is started with, by each way in which it is started here."""
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    ways = {"make run": read_arguments(postgres.build_command(Path("folder"), 5432))}
    for name in NAMES:
        database = f"{name}-database"
        service = composed["services"][database]
        ways[f"Compose: {name}"] = read_arguments(service["command"])
        local = ROOT / "k8s" / "overlays" / "local" / "databases" / f"{database}.yaml"
        for each in yaml.safe_load_all(local.read_text(encoding="utf-8")):
            if each["kind"] == "StatefulSet":
                (container,) = each["spec"]["template"]["spec"]["containers"]
                ways[f"Kubernetes: {name}"] = read_arguments(container["args"])
        path = ROOT / "k8s" / "components" / "cloudnativepg" / "databases"
        text = (path / f"{database}.yaml").read_text(encoding="utf-8")
        for each in yaml.safe_load_all(text):
            if each["kind"] == "Cluster":
                parameters = each["spec"]["postgresql"]["parameters"]
                ways[f"CloudNativePG: {name}"] = parameters
    return ways


@pytest.mark.parametrize("way", settings_of_each_way())
def test_no_text_of_a_client_is_logged_whichever_way_it_runs(way):
    found = settings_of_each_way()[way]
    assert {name: found.get(name) for name in postgres.QUIET} == postgres.QUIET
    assert found["timezone"] == "UTC"


def test_every_way_is_looked_at():
    assert len(settings_of_each_way()) == 7
