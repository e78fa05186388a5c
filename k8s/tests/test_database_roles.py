"""The roles of roles.sql on a real PostgreSQL, with the real migrations."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import errors

from k8s.rendering import HERE
from local import postgres
from local.ports import LOOPBACK
from local.settings import ROOT
from local.test_environment import build_test_environment
from local.throwaway import ThrowawayCluster

ROLES = HERE / "database" / "roles.sql"


@dataclass(frozen=True)
class Database:
    """A database whose roles are made and whose schema is migrated."""

    cluster: ThrowawayCluster
    name: str
    folder: Path

    def url(self, role: str) -> str:
        password = self.cluster.password
        return postgres.build_url(role, password, self.cluster.port, self.name)

    def connect(self, role: str) -> "psycopg2.extensions.connection":
        opened = psycopg2.connect(self.url(role))
        opened.autocommit = True
        return opened

    def ask(self, role: str, statement: str) -> list[tuple[object, ...]]:
        opened = self.connect(role)
        try:
            with opened.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            opened.close()

    def manage(
        self, role: str, *arguments: str, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        service = f"{self.name}_service"
        environment = build_test_environment(service, self.folder, self.url(role))
        return subprocess.run(
            [sys.executable, f"{service}/manage.py", *arguments],
            cwd=ROOT,
            env={**os.environ, **environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )


def make_roles(cluster: ThrowawayCluster, name: str, maker: str) -> None:
    """What PostgreSQL's first start does, and then again: it may run twice."""
    with (
        postgres.open_as_superuser(cluster.port, cluster.password) as admin,
        admin.cursor() as cursor,
    ):
        cursor.execute(f"CREATE DATABASE {name} OWNER {maker}")
    opened = psycopg2.connect(
        host=LOOPBACK,
        port=cluster.port,
        user=maker,
        password=cluster.password,
        dbname=name,
    )
    with opened, opened.cursor() as cursor:
        cursor.execute(ROLES.read_text(encoding="utf-8"))
        cursor.execute(ROLES.read_text(encoding="utf-8"))
        for role in ("owner", "service", "service_2"):
            cursor.execute(f"ALTER ROLE {name}_{role} PASSWORD %s", [cluster.password])
    opened.close()


@pytest.fixture(scope="module")
def cluster() -> Iterator[ThrowawayCluster]:
    with ThrowawayCluster() as running:
        yield running


@pytest.fixture(scope="module", params=["auth", "promo"])
def database(
    request: pytest.FixtureRequest,
    cluster: ThrowawayCluster,
    tmp_path_factory: pytest.TempPathFactory,
) -> Database:
    name = str(request.param)
    make_roles(cluster, name, postgres.SUPERUSER)
    made = Database(cluster, name, tmp_path_factory.mktemp(name))
    assert made.manage(f"{name}_service", "migrate", "--check").returncode == 1
    migrated = made.manage(f"{name}_owner", "migrate", "--no-input")
    assert migrated.returncode == 0, migrated.stderr
    return made


def tables(database: Database) -> list[str]:
    listed = database.ask(
        f"{database.name}_owner",
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    )
    return [str(name) for (name,) in listed]


def test_the_service_sees_that_migrations_are_done(database: Database) -> None:
    checked = database.manage(f"{database.name}_service", "migrate", "--check")
    assert checked.returncode == 0, checked.stderr


def test_the_service_may_read_and_write_every_table(database: Database) -> None:
    """Of which tables it may remove rows: local/tests/test_database_setup.py."""
    role = f"{database.name}_service"
    assert len(tables(database)) > 2
    for table in tables(database):
        database.ask(role, f"SELECT * FROM {table} LIMIT 0")
        for privilege in ("INSERT", "UPDATE"):
            ((may,),) = database.ask(
                role, f"SELECT has_table_privilege('{table}', '{privilege}')"
            )
            assert may


def test_the_service_owns_nothing(database: Database) -> None:
    ((count,),) = database.ask(
        f"{database.name}_owner",
        "SELECT count(*) FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid"
        f" WHERE rolname = '{database.name}_service' AND deptype = 'o'",
    )
    assert count == 0


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE {table}",
        "TRUNCATE {table} CASCADE",
        "DROP TABLE {table} CASCADE",
        "ALTER TABLE {table} ADD COLUMN extra int",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} DISABLE TRIGGER USER",
        "CREATE INDEX extra ON {table} ((1))",
    ],
)
def test_the_service_may_change_no_table(database: Database, statement: str) -> None:
    for table in tables(database):
        with pytest.raises(errors.InsufficientPrivilege):
            database.ask(f"{database.name}_service", statement.format(table=table))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE extra (id int)",
        "CREATE SCHEMA extra",
        "CREATE TEMPORARY TABLE extra (id int)",
        "SET session_replication_role = replica",
        "SET ROLE {name}_owner",
        "CREATE ROLE extra",
        "CREATE DATABASE extra",
    ],
)
def test_the_service_may_make_nothing_and_become_nobody(
    database: Database, statement: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        database.ask(f"{database.name}_service", statement.format(name=database.name))


def test_no_other_role_gets_into_the_database(database: Database) -> None:
    name, password = database.name, database.cluster.password
    with postgres.open_as_superuser(database.cluster.port, password) as admin:
        postgres.create_role(admin, f"stranger_to_{name}", password)
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        database.connect(f"stranger_to_{name}")


def test_settings_are_the_roles(database: Database) -> None:
    services = {
        "lock_timeout": "5s",
        "statement_timeout": "15s",
        "idle_in_transaction_session_timeout": "15s",
        "TimeZone": "UTC",
        "random_page_cost": "1.1",
    }
    expected = {
        "service": services,
        "service_2": services,
        "owner": {
            "lock_timeout": "5s",
            "statement_timeout": "10min",
            "TimeZone": "UTC",
            "random_page_cost": "1.1",
        },
    }
    for role, settings in expected.items():
        for setting, value in settings.items():
            ((found,),) = database.ask(f"{database.name}_{role}", f"SHOW {setting}")
            assert found == value, (role, setting)


def test_a_second_login_may_what_the_first_may(database: Database) -> None:
    # How a database password is replaced with nobody noticing: docs/operations.md.
    role = f"{database.name}_service_2"
    assert database.manage(role, "migrate", "--check").returncode == 0
    for table in tables(database):
        database.ask(role, f"SELECT * FROM {table} LIMIT 0")
        with pytest.raises(errors.InsufficientPrivilege):
            database.ask(role, f"TRUNCATE {table} CASCADE")


def test_an_administrator_who_is_no_superuser_can_make_the_roles(
    cluster: ThrowawayCluster, tmp_path: Path
) -> None:
    # As at those who run PostgreSQL for others.
    with postgres.open_as_superuser(cluster.port, cluster.password) as admin:
        postgres.create_role(admin, "renter", cluster.password, creates_databases=True)
        with admin.cursor() as cursor:
            cursor.execute("ALTER ROLE renter CREATEROLE")
    make_roles(cluster, "rented", "renter")
    rented = Database(cluster, "rented", tmp_path)
    rented.ask("rented_owner", "CREATE TABLE ledger (points int)")
    rented.ask("rented_service", "INSERT INTO ledger VALUES (1)")
    with pytest.raises(errors.InsufficientPrivilege):
        rented.ask("rented_service", "TRUNCATE ledger")
    assert rented.ask("rented_service", "SELECT points FROM ledger") == [(1,)]
