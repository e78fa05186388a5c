"""Signing keys: which are published, which one signs, and how a new one comes."""

import importlib
import time
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from auth_service.config import settings as service_settings
from auth_service.tests.conftest import (
    MINUTE,
    PASSWORD,
    Client,
    everything,
    kid,
    log_in,
    pem,
    private_key,
    put,
    refusal,
    store_user,
)
from auth_service.tokens import key_folder
from auth_service.tokens.key_folder import KeyFolder, thumbprint
from auth_service.tokens.keys import backend_for
from chassis import metric_files

GAUGE = "promosystem_signing_keys "


def signer(keys: KeyFolder, minutes: float = 0) -> str | None:
    key = keys.signing_key(datetime.now(UTC) + minutes * MINUTE)
    return key.kid if key else None


def test_a_thumbprint_is_the_one_of_rfc_7638():
    """The example of its section 3.1."""
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L"
        "6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4Qy"
        "Q5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI"
        "SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    )
    jwk = {"kty": "RSA", "n": n, "e": "AQAB"}
    public = jwt.algorithms.RSAAlgorithm.from_jwk(jwk)
    assert isinstance(public, RSAPublicKey)
    assert thumbprint(public) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("internal", [False, True])
def test_every_key_is_published_also_one_of_times_to_come(folder, internal):
    kids = [put(folder, 1, -60), put(folder, 2, 15)]
    response = Client(internal=internal).get("/.well-known/jwks.json")
    assert response.headers["Cache-Control"] == "public, max-age=60"
    published = {key["kid"]: key for key in response.json()["keys"]}
    assert published.keys() == set(kids)
    for number in (1, 2):
        key = published[kid(number)]
        assert key.keys() == {"kty", "kid", "use", "alg", "n", "e"}
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
        public = jwt.algorithms.RSAAlgorithm.from_jwk(key)
        assert isinstance(public, RSAPublicKey)
        assert (
            public.public_numbers() == private_key(number).public_key().public_numbers()
        )


def test_a_key_signs_from_its_minute_on(folder):
    put(folder, 1, 5)
    keys = KeyFolder(folder)
    assert signer(keys, 3) is None
    assert signer(keys, 6) == kid(1)


def test_the_newest_key_of_those_found_at_the_start_signs(folder):
    put(folder, 1, -1000)
    put(folder, 2, -60)
    assert signer(KeyFolder(folder)) == kid(2)


def test_a_key_that_was_waiting_at_the_start_signs_from_its_minute_on(folder):
    put(folder, 1, -1000)
    put(folder, 2, 15)
    keys = KeyFolder(folder)
    assert signer(keys, 13) == kid(1)
    assert signer(keys, 16) == kid(2)


def test_a_key_that_has_just_appeared_waits_10_minutes(folder):
    put(folder, 1, -1000)
    keys = KeyFolder(folder)
    assert signer(keys) == kid(1)
    put(folder, 2, -60)
    assert signer(keys) == kid(1)
    assert signer(keys, 9.9) == kid(1)
    assert signer(keys, 10.1) == kid(2)
    assert keys.find(kid(2)) is not None


def test_a_key_that_became_due_just_before_a_restart_waits_too(folder):
    put(folder, 1, -1000)
    put(folder, 2, -5)
    assert signer(KeyFolder(folder)) == kid(1)


def test_a_key_with_an_old_name_that_has_just_appeared_waits_too(folder):
    """Or tokens would be signed by a key that nobody knows yet."""
    put(folder, 1, -5)
    keys = KeyFolder(folder)
    assert signer(keys) == kid(1)
    put(folder, 2, -1000)
    assert signer(keys) == kid(1)
    assert keys.find(kid(2)) is not None


def test_a_key_without_any_other_signs_at_once(folder):
    keys = KeyFolder(folder)
    assert signer(keys) is None
    put(folder, 1, 0)
    assert signer(keys) == kid(1)


def test_a_removed_key_is_forgotten(folder):
    put(folder, 1, -1000)
    put(folder, 2, -60)
    keys = KeyFolder(folder)
    before = keys.generation
    assert signer(keys) == kid(2)
    for path in folder.glob("*.pem"):
        if path.read_bytes() == pem(private_key(2)):
            path.unlink()
    assert signer(keys) == kid(1)
    assert keys.find(kid(2)) is None
    assert keys.generation != before


def test_a_token_of_a_removed_key_is_refused_though_it_was_remembered(folder, db):
    put(folder, 1, -1000)
    put(folder, 2, -60)
    person = log_in(store_user())
    assert person.client.get("/api/v1/users/me").status_code == 200
    for path in sorted(folder.glob("*.pem"))[1:]:
        path.unlink()
    assert refusal(person.client.get("/api/v1/users/me")) == (401, "invalid_token")


def test_a_token_of_the_older_key_is_still_taken_after_a_rotation(folder, db):
    put(folder, 1, -1000)
    person = log_in(store_user())
    put(folder, 2, -60)
    assert person.client.get("/api/v1/users/me").status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(private_key(3, 1024)),
    ],
    ids=["empty", "text", "broken", "elliptic", "1024 bits"],
)
def test_a_file_that_is_no_usable_key_is_skipped_and_named(folder, caplog, content):
    put(folder, 1, -1000)
    (folder / "20260201T0000Z.pem").write_bytes(content)
    keys = KeyFolder(folder)
    assert [key.kid for key in keys.list_keys()] == [kid(1)]
    assert "20260201T0000Z.pem" in caplog.text
    assert "BEGIN" not in caplog.text
    caplog.clear()
    assert signer(keys) == kid(1)
    assert not caplog.text, "said once"


@pytest.mark.parametrize("name", ["key.pem", "20260201T0000Z.pem.bak", ".x.pem"])
def test_a_file_of_another_name_is_no_key(folder, name):
    (folder / name).write_bytes(pem(private_key()))
    assert KeyFolder(folder).list_keys() == []


def test_a_name_that_is_no_date_is_skipped(folder, caplog):
    (folder / "20261399T9999Z.pem").write_bytes(pem(private_key()))
    assert KeyFolder(folder).list_keys() == []
    assert "20261399T9999Z.pem" in caplog.text


def test_the_known_keys_outlive_a_folder_that_is_gone(folder, caplog):
    put(folder, 1, -60)
    keys = KeyFolder(folder)
    assert signer(keys) == kid(1)
    folder.rename(folder.with_name("elsewhere"))
    assert signer(keys) == kid(1)
    assert "signing_keys_not_listed" in caplog.text


def empty(folder):
    for path in folder.glob("*.pem"):
        path.unlink()


def garble(folder):
    for path in folder.glob("*.pem"):
        path.write_bytes(b"not a key")


def cut_short(folder):
    for path in folder.glob("*.pem"):
        path.write_bytes(path.read_bytes()[:100])


def swap(folder):
    empty(folder)
    (folder / "20260101T0000Z.pem").write_bytes(b"")


def replace_by_folders(folder):
    for path in list(folder.glob("*.pem")):
        path.unlink()
        path.mkdir()


def take_away(folder):
    folder.rename(folder.with_name(f"{folder.name}-elsewhere"))


@pytest.mark.parametrize(
    "lose", [empty, garble, cut_short, swap, replace_by_folders, take_away]
)
def test_a_folder_that_loses_all_its_keys_withdraws_none(folder, db, lose, caplog):
    put(folder, 1, -1000)
    put(folder, 2, -60)
    person = log_in(store_user())
    assert person.client.get("/api/v1/users/me").status_code == 200
    before = key_folder_of(folder).generation

    lose(folder)

    assert person.client.get("/api/v1/users/me").status_code == 200
    published = Client().get("/.well-known/jwks.json")
    assert published.status_code == 200
    assert {key["kid"] for key in published.json()["keys"]} == {kid(1), kid(2)}
    assert Client(internal=True).get("/readyz").status_code == 200
    assert key_folder_of(folder).generation == before
    assert log_in(person.user).access
    assert "signing_key" in caplog.text


@pytest.mark.parametrize("lose", [empty, swap, take_away])
def test_that_the_last_keys_are_used_is_counted_and_ends(folder, db, lose):
    put(folder, 1, -60)
    assert count_keys() == 1
    lose(folder)
    assert count_keys() == 0
    assert Client().get("/.well-known/jwks.json").status_code == 200
    folder.mkdir(exist_ok=True)
    put(folder, 2, -60)
    assert count_keys() == 1
    [key] = Client().get("/.well-known/jwks.json").json()["keys"]
    assert key["kid"] == kid(2)


def count_keys() -> float:
    text = Client(internal=True).get("/metrics").content.decode()
    [line] = [one for one in text.splitlines() if one.startswith(GAUGE)]
    return float(line.removeprefix(GAUGE))


def key_folder_of(folder) -> KeyFolder:
    found = backend_for("access").folder
    assert found.path == folder
    return found


def test_a_key_whose_file_is_garbled_is_kept_beside_a_good_one(folder):
    put(folder, 1, -1000)
    put(folder, 2, -60)
    keys = KeyFolder(folder)
    assert len(keys.list_keys()) == 2
    min(folder.glob("*.pem")).write_bytes(b"not a key")
    assert {key.kid for key in keys.list_keys()} == {kid(1), kid(2)}


def test_a_file_that_could_not_be_read_is_tried_again(folder, monkeypatch):
    """As where a process has too many files open for a moment."""
    put(folder, 1, -60)
    keys = KeyFolder(folder)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse_to_read)
        assert keys.list_keys() == []
    assert [key.kid for key in keys.list_keys()] == [kid(1)]


def refuse_to_read(path):
    raise OSError(24, "Too many open files")


@pytest.mark.parametrize("internal", [False, True])
def test_without_any_key_there_is_no_key_set(folder, db, internal):
    response = Client(internal=internal).get("/.well-known/jwks.json")
    assert refusal(response) == (503, "unavailable")
    assert int(response.headers["Retry-After"]) >= 1
    assert response.headers["Cache-Control"] == "no-store"


def test_an_unreadable_file_is_skipped(folder):
    put(folder, 1, -60)
    (folder / "20260201T0000Z.pem").mkdir()
    assert signer(KeyFolder(folder)) == kid(1)


def test_the_folder_is_not_looked_at_for_every_token(tmp_path):
    put(tmp_path, 1, -60)
    keys = KeyFolder(tmp_path)
    keys.list_keys()
    looked_at = keys._looked_at
    for _ in range(100):
        keys.find(kid(1))
    assert keys._looked_at == looked_at
    assert time.monotonic() - looked_at < key_folder.LOOK_AGAIN_SECONDS


def test_the_kid_in_the_header_is_the_signing_keys(folder):
    put(folder, 1, -60)
    token = backend_for("service").encode({"sub": "x"})
    assert jwt.get_unverified_header(token)["kid"] == kid(1)


@pytest.mark.django_db
def test_without_a_key_that_signs_the_service_is_not_ready(folder):
    client = Client(internal=True)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": True, "keys": False}
    put(folder, 1, 0)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_without_a_key_that_signs_a_log_in_is_unavailable(folder, anybody):
    store_user(username="alice")
    before = everything()
    body = {"username": "alice", "password": PASSWORD}
    response = anybody.post("/api/v1/auth/token", body)
    assert refusal(response) == (503, "unavailable")
    assert everything() == before


def test_without_a_key_gunicorn_does_not_start(folder, monkeypatch, tmp_path):
    # Its settings say where workers count; the tests' own process has no workers.
    monkeypatch.setenv(metric_files.VARIABLE, str(tmp_path / "metrics"))
    gunicorn = importlib.import_module("auth_service.config.gunicorn")
    monkeypatch.setattr(service_settings, "SIGNING_KEYS_DIR", str(folder))
    with pytest.raises(SystemExit) as stopped:
        gunicorn.on_starting(None)
    assert "create_signing_key" in str(stopped.value)
    put(folder, 1, 0)
    gunicorn.on_starting(None)
