"""The state folder, its secrets, and the copy of the code that runs as root's guest."""

import json

import pytest

from local import state_folder
from local.console import Refusal
from local.credentials import (
    generate_password,
    keep_password,
    load_credentials,
    read_password,
)
from local.settings import Settings


def test_secrets_are_generated_once_and_private(tmp_path):
    path = tmp_path / "credentials.json"
    first = load_credentials(path)
    assert load_credentials(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    values = json.loads(path.read_text()).values()
    assert len(set(values)) == len(values)
    assert all(len(value) == 64 for value in values)


def test_a_secret_that_is_new_in_this_version_joins_the_kept_ones(tmp_path):
    path = tmp_path / "credentials.json"
    first = load_credentials(path)
    kept = json.loads(path.read_text())
    del kept["promo_client_secret"]
    path.write_text(json.dumps(kept))
    second = load_credentials(path)
    assert second.auth_secret_key == first.auth_secret_key
    assert second.promo_client_secret != first.promo_client_secret


def test_a_password_is_kept_for_its_owner_alone(tmp_path):
    path = tmp_path / "admin-password"
    assert read_password(path) is None
    keep_password(path, "a long enough one")
    keep_password(path, "another")
    assert read_password(path) == "another"
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_two_passwords_are_the_same():
    assert len({generate_password() for _ in range(100)}) == 100


def test_the_state_folder_is_private(tmp_path):
    real = state_folder.prepare(tmp_path / "a" / "state")
    assert real.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in real.iterdir()} == set(state_folder.FOLDERS)


@pytest.mark.parametrize("port", ["", "0", "65536", "80a", "-1", "١٢", "8080.0"])
def test_only_a_port_is_a_port(port):
    environment = {"GATEWAY_PORT": port}
    if port == "":
        assert Settings.read(environment).gateway_port == 8080
        return
    with pytest.raises(Refusal, match="a port is a number from 1 to 65535"):
        Settings.read(environment)


@pytest.mark.parametrize("name", ["100%", "a;b"])
def test_a_folder_that_supervisord_cannot_work_in_is_refused(tmp_path, name):
    with pytest.raises(Refusal, match="supervisord can't work in a folder with"):
        Settings.read({"STATE_DIR": str(tmp_path / name)})


def test_the_copied_code_follows_the_checkout(tmp_path):
    source, copy = tmp_path / "source", tmp_path / "copy"
    (source / "chassis").mkdir(parents=True)
    copy.mkdir()
    (source / "chassis" / "views.py").write_text("1")
    (source / "Makefile").write_text("all:")
    state_folder._mirror(source, copy)
    (source / "chassis" / "views.py").write_text("2")
    (source / "Makefile").unlink()
    state_folder._mirror(source, copy)
    assert [p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file()] == [
        "chassis/views.py"
    ]
    assert (copy / "chassis" / "views.py").read_text() == "2"


def test_neither_secrets_nor_the_data_of_any_run_are_copied(tmp_path):
    source, copy = tmp_path / "source", tmp_path / "copy"
    state_folder.prepare(source / "another-run")
    state_folder.prepare(tmp_path / "outside")
    (source / "link").symlink_to(tmp_path / "outside")
    for name in (".git", ".venv", ".local", "__pycache__"):
        (source / name).mkdir()
    (source / ".env").write_text("SECRET=1")
    (source / ".env.example").write_text("SECRET=")
    copy.mkdir()
    state_folder._mirror(source, copy)
    assert [path.name for path in copy.iterdir()] == [".env.example"]


def test_the_copied_code_is_readable_whatever_the_modes_of_the_checkout(tmp_path):
    source, copy = tmp_path / "source", tmp_path / "copy"
    (source / "chassis").mkdir(parents=True)
    copy.mkdir()
    (source / "chassis" / "views.py").touch(mode=0o600)
    state_folder._mirror(source, copy)
    assert (copy / "chassis").stat().st_mode & 0o777 == 0o755
    assert (copy / "chassis" / "views.py").stat().st_mode & 0o777 == 0o644
