"""`create_admin`: the first administrator, made once."""

import getpass
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from auth_service.accounts.management.commands import create_admin
from auth_service.accounts.models import AdministratorUser, User
from auth_service.tests.conftest import PASSWORD, store_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def environment(monkeypatch) -> None:
    monkeypatch.setenv("ADMIN_USERNAME", "admin")
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    monkeypatch.setenv("ADMIN_NAME", "Ada Lovelace")


def run() -> str:
    out = StringIO()
    call_command("create_admin", stdout=out)
    return out.getvalue()


def test_it_makes_an_administrator_of_the_environment(anybody):
    said = run()
    user = AdministratorUser.objects.get()
    assert (user.username, user.name, user.mobile_number) == (
        "admin",
        "Ada Lovelace",
        None,
    )
    assert "admin" in said
    assert PASSWORD not in said
    body = {"username": "admin", "password": PASSWORD}
    assert anybody.post("/api/v1/auth/token", body).status_code == 200


def test_a_password_file_will_do(monkeypatch, tmp_path, anybody):
    monkeypatch.delenv("ADMIN_PASSWORD")
    (tmp_path / "password").write_text(PASSWORD + "\n")
    monkeypatch.setenv("ADMIN_PASSWORD_FILE", str(tmp_path / "password"))
    run()
    body = {"username": "admin", "password": PASSWORD}
    assert anybody.post("/api/v1/auth/token", body).status_code == 200


def test_a_second_run_leaves_the_user_alone(monkeypatch, nothing_changes):
    run()
    monkeypatch.setenv("ADMIN_USERNAME", "ADMIN")
    monkeypatch.setenv("ADMIN_PASSWORD", "another fine long secret")
    nothing_changes()
    assert "left alone" in run()


def test_so_does_a_run_that_another_one_overtakes(monkeypatch, nothing_changes):
    store_user(username="admin")
    nothing_changes()
    monkeypatch.setattr(create_admin, "find_credentials", lambda **_: None)
    assert "left alone" in run()


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("ADMIN_PASSWORD", "short", "password"),
        ("ADMIN_USERNAME", "a b", "username"),
        ("ADMIN_NAME", "x" * 151, "name"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    monkeypatch, variable, value, named, nothing_changes
):
    nothing_changes()
    monkeypatch.setenv(variable, value)
    with pytest.raises(CommandError, match=named) as error:
        run()
    assert value not in str(error.value) or variable != "ADMIN_PASSWORD"


@pytest.mark.parametrize("variable", ["ADMIN_USERNAME", "ADMIN_PASSWORD"])
def test_what_is_missing_is_named_where_nobody_can_type(monkeypatch, variable):
    monkeypatch.delenv(variable)
    with pytest.raises(CommandError, match=variable):
        run()
    assert not User.objects.exists()


def test_at_a_terminal_it_asks(monkeypatch, anybody):
    for variable in ("ADMIN_USERNAME", "ADMIN_PASSWORD", "ADMIN_NAME"):
        monkeypatch.delenv(variable)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "grace")
    monkeypatch.setattr(getpass, "getpass", lambda _: PASSWORD)
    run()
    assert AdministratorUser.objects.get().username == "grace"


def test_two_different_passwords_make_nobody(monkeypatch):
    monkeypatch.delenv("ADMIN_PASSWORD")
    typed = iter([PASSWORD, "another fine long secret"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda _: next(typed))
    with pytest.raises(CommandError, match="not the same"):
        run()
    assert not User.objects.exists()
