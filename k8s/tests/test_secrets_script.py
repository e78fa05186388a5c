"""What k8s/make-secrets.sh prints is what the services take."""

import hashlib
import os
import subprocess
from typing import Any

import pytest
import yaml
from environs import Env

from auth_service.config.service_clients import parse_service_clients
from auth_service.tokens.key_folder import KeyFolder
from k8s.rendering import HERE
from k8s.tests.objects import DATABASES_NAMESPACE, NAMESPACE
from k8s.tests.test_configuration import example_secrets

SCRIPT = str(HERE / "make-secrets.sh")
OWN_SECRETS = {
    "local": {"auth-database", "promo-database"},
    "production": set(),
    "cloudnativepg": set(),
}
Secrets = dict[tuple[str, str], dict[str, str]]


def run(where: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", SCRIPT, where],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def make(where: str) -> Secrets:
    hosts = {"AUTH_DATABASE": "auth.db:5432", "PROMO_DATABASE": "promo.db:5432"}
    done = run(where, **(hosts if where == "production" else {}))
    assert done.returncode == 0, done.stderr
    made: list[dict[str, Any]] = list(yaml.safe_load_all(done.stdout))
    return {
        (each["metadata"]["namespace"], each["metadata"]["name"]): each["stringData"]
        for each in made
    }


@pytest.fixture(scope="module", params=["local", "production", "cloudnativepg"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def secrets(where: str) -> Secrets:
    return make(where)


def test_it_prints_every_secret_of_the_example_with_its_keys(
    where: str, secrets: Secrets
) -> None:
    expected = {
        (namespace, name): keys
        for (namespace, name), keys in example_secrets().items()
        if name != "gateway-tls"
        and (namespace == NAMESPACE or where == "cloudnativepg")
        and (name not in OWN_SECRETS["local"] or where == "local")
    }
    assert set(secrets) == set(expected)
    for name, keys in expected.items():
        if name[1] != "auth-signing-keys":
            assert set(secrets[name]) == keys


def test_the_signing_key_signs_now(
    secrets: Secrets, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    for name, pem in secrets[NAMESPACE, "auth-signing-keys"].items():
        (folder / name).write_text(pem)
    assert KeyFolder(folder).signing_key() is not None


def test_the_clients_hash_is_that_of_its_secret(secrets: Secrets) -> None:
    text = secrets[NAMESPACE, "auth-service"]["service-clients"]
    secret = secrets[NAMESPACE, "promo-service"]["client-secret"]
    (digest,) = parse_service_clients(text)["promo_service"]
    assert digest == hashlib.sha256(secret.encode()).digest()


@pytest.mark.parametrize("name", ["auth", "promo"])
def test_the_addresses_of_databases_are_read_as_they_are_meant(
    where: str, secrets: Secrets, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret, role in (("service", "service"), ("migrations", "owner")):
        url = secrets[NAMESPACE, f"{name}-{secret}"]["database-url"]
        monkeypatch.setenv("DATABASE_URL", url)
        database = Env().dj_db_url("DATABASE_URL")
        assert (database["NAME"], database["USER"]) == (name, f"{name}_{role}")
        assert int(database["PORT"]) == 5432
        encrypted = database.get("OPTIONS", {}).get("sslmode") == "require"
        assert encrypted == (where != "local")
        if where == "cloudnativepg":
            way = f"{name}-pooler" if role == "service" else f"{name}-database-rw"
            assert database["HOST"] == f"{way}.{DATABASES_NAMESPACE}"


@pytest.mark.parametrize("name", ["auth", "promo"])
def test_both_ends_have_the_same_passwords(
    where: str, secrets: Secrets, name: str
) -> None:
    for secret, role in (("service", "service"), ("migrations", "owner")):
        url = secrets[NAMESPACE, f"{name}-{secret}"]["database-url"]
        if where == "local":
            password = secrets[NAMESPACE, f"{name}-database"][f"{role}-password"]
        elif where == "cloudnativepg":
            password = secrets[DATABASES_NAMESPACE, f"{name}-{role}"]["password"]
        else:
            continue
        assert f":{password}@" in url


def test_no_two_secrets_are_the_same() -> None:
    first, second = make("production"), make("production")
    values = [
        value
        for made in (first, second)
        for (_, name), entries in made.items()
        for key, value in entries.items()
        if (name, key) != ("first-administrator", "username")
    ]
    assert len(values) == len(set(values))


def test_a_database_that_was_not_named_is_asked_for() -> None:
    done = run("production", AUTH_DATABASE="auth.db:5432")
    assert (done.returncode, done.stdout) == (2, "")
    assert "PROMO_DATABASE is missing" in done.stderr


def test_an_unknown_place_is_refused() -> None:
    done = run("staging")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ")
