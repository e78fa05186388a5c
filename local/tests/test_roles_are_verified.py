"""`verify_ledger --production`, and `close_days --reopen`, as the service's role."""

import os
import subprocess
import sys

import pytest

from local.settings import ROOT
from local.test_environment import build_test_environment
from local.tests.test_database_setup import Server, cluster, migrate, server

__all__ = ["cluster", "server"]

BREACHES = {
    "GRANT DELETE ON promo TO promo_service": (
        "service-can-not-bypass  table promo: the connected role may DELETE from it"
    ),
    "GRANT TRUNCATE ON reversal TO promo_service": (
        "service-can-not-bypass  table reversal: the connected role may TRUNCATE it"
    ),
    "GRANT TRIGGER ON ledger_entry TO promo_service": (
        "service-can-not-bypass  table ledger_entry: the connected role may add"
    ),
    "GRANT SET ON PARAMETER session_replication_role TO promo_service": (
        "service-can-not-bypass  role: the connected role may switch triggers off"
    ),
    "GRANT CREATE ON SCHEMA public TO promo_service": (
        "service-can-not-bypass  role: the connected role may make objects"
    ),
    "ALTER TABLE promo DISABLE TRIGGER ALL": (
        "guards-as-migrated  trigger promo_used_up of promo: enabled is D, should be O"
    ),
}


def manage_as(
    server: Server, role: str, *command: str
) -> "subprocess.CompletedProcess[str]":
    url = server.url(role, server.passwords[role])
    environment = build_test_environment("promo_service", server.folder, url)
    return subprocess.run(
        [sys.executable, "promo_service/manage.py", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("server", ["promo"], indirect=True)
def test_what_the_role_may_is_verified_and_each_breach_is_named(
    server: Server,
) -> None:
    assert server.is_ready()
    migrate(server)
    verify = ("verify_ledger", "--production")
    assert "no violation" in manage_as(server, "service", *verify).stdout
    assert manage_as(server, "service", "close_days").returncode == 0
    server.ask("INSERT INTO closed_day VALUES ('2026-01-01', now())", "service")
    reopened = manage_as(server, "service", "close_days", "--reopen", "2026-01-01")
    assert reopened.stdout.startswith("Reopened 2026-01-01\n1 days are open again;")

    for breach in BREACHES:
        server.ask(breach)
    done = manage_as(server, "service", *verify)
    assert done.returncode == 3, done.stderr
    for named in BREACHES.values():
        assert named in done.stdout
    # What is of the server, and not of this database, which goes.
    server.ask("REVOKE SET ON PARAMETER session_replication_role FROM promo_service")
