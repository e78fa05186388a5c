"""The cluster: passwords, one database a service, timeouts on the role."""

import shutil
from pathlib import Path

import psycopg2
import pytest

from local import postgres
from local.throwaway import ThrowawayCluster


@pytest.fixture(scope="module")
def cluster():
    with ThrowawayCluster() as running:
        with postgres.open_as_superuser(running.port, running.password) as admin:
            for name in ("auth", "promo"):
                postgres.create_database(admin, name, f"{name}_service", name)
                postgres.create_database(admin, name, f"{name}_service", name)
        yield running


def connect(cluster, role, password, database):
    return psycopg2.connect(
        host="127.0.0.1",
        port=cluster.port,
        user=role,
        password=password,
        dbname=database,
    )


def ask(cluster, query, database="auth"):
    with connect(cluster, f"{database}_service", database, database) as connection:
        cursor = connection.cursor()
        cursor.execute(query)
        return cursor.fetchone()


def test_a_wrong_password_is_refused(cluster):
    with pytest.raises(psycopg2.OperationalError, match="password authentication"):
        connect(cluster, "auth_service", "wrong", "auth")


def test_no_service_reaches_the_database_of_the_other(cluster):
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        connect(cluster, "auth_service", "auth", "promo")


def test_a_service_owns_its_database_and_is_no_superuser(cluster):
    assert ask(
        cluster,
        "SELECT pg_get_userbyid(datdba), current_setting('is_superuser') "
        "FROM pg_database WHERE datname = 'auth'",
    ) == ("auth_service", "off")


@pytest.mark.parametrize(("setting", "value"), postgres.ROLE_SETTINGS.items())
def test_the_settings_are_set_on_the_role(cluster, setting, value):
    assert ask(cluster, f"SELECT current_setting('{setting}')") == (value,)


def test_it_checks_its_pages_and_knows_letters_beyond_ascii(cluster):
    assert ask(cluster, "SELECT current_setting('data_checksums')") == ("on",)
    assert ask(cluster, "SELECT lower('É'), 'É' ILIKE 'é'") == ("é", True)


def test_it_listens_on_loopback_alone(cluster):
    with postgres.open_as_superuser(cluster.port, cluster.password) as admin:
        cursor = admin.cursor()
        cursor.execute(
            "SELECT current_setting('listen_addresses'),"
            "       current_setting('unix_socket_directories')"
        )
        assert cursor.fetchone() == ("127.0.0.1", "")


def test_an_interrupted_initialisation_is_done_again(tmp_path):
    unfinished = tmp_path / "cluster.unfinished"
    unfinished.mkdir()
    (unfinished / "half").touch()
    postgres.initialise(tmp_path / "cluster", "password", durable=False)
    assert (tmp_path / "cluster" / "PG_VERSION").exists()
    assert not unfinished.exists()
    assert not (tmp_path / "initial-password").exists()


def test_a_dead_servers_lock_is_removed_whoever_has_its_process_id(tmp_path):
    lock = tmp_path / "postmaster.pid"
    lock.write_text("1\n")
    postgres.forget_dead_server(tmp_path)
    assert not lock.exists()


def test_a_throwaway_cluster_leaves_nothing_behind():
    with ThrowawayCluster() as running:
        folder = Path(running._folder.name)
        assert folder.exists()
    assert not folder.exists()
    assert not postgres.is_ready(running.port, running.password)
    shutil.rmtree(folder, ignore_errors=True)
