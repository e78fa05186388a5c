"""`create_admin`: the first administrator, made once."""

import getpass
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from auth_service.accounts.management.commands import create_admin
from auth_service.accounts.models import AdministratorUser, User, UserAudit
from auth_service.accounts.services.modifying import delete_user, modify_user
from auth_service.tests.conftest import MOBILE_NUMBER, PASSWORD, store_user
from chassis.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def environment(monkeypatch) -> None:
    monkeypatch.setenv("ADMIN_USERNAME", "admin")
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    monkeypatch.setenv("ADMIN_NAME", "Ada Lovelace")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_admin", *arguments, stdout=out)
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


def test_the_first_one_is_made_where_there_was_none(anybody):
    store_user(username="alice")
    assert "Created administrator admin" in run("--first")
    body = {"username": "admin", "password": PASSWORD}
    assert anybody.post("/api/v1/auth/token", body).status_code == 200


def stay(user: User) -> None:
    del user


def make_normal(user: User) -> None:
    """As though they had never been anything else."""
    values = {"role": Role.NORMAL, "mobile_number": MOBILE_NUMBER}
    User.objects.filter(id=user.id).update(**values)
    UserAudit.objects.filter(user=user).update(role=Role.NORMAL)


def suspend(user: User) -> None:
    other = store_user(Role.ADMINISTRATOR)
    change(user, other, {"is_active": False})
    make_normal(other)


def demote(user: User) -> None:
    other = store_user(Role.ADMINISTRATOR)
    change(user, other, {"role": Role.NORMAL, "mobile_number": MOBILE_NUMBER})
    make_normal(other)


def delete(user: User) -> None:
    other = store_user(Role.ADMINISTRATOR)
    delete_user(user_id=user.id, actor_id=other.id, now=timezone.now())
    make_normal(other)


def erase(user: User) -> None:
    delete(user)
    call_command("erase_user", user.username, "--yes", stdout=StringIO())


def change(user: User, by: User, changes: dict[str, Any]) -> None:
    modify_user(user_id=user.id, changes=changes, actor_id=by.id, now=timezone.now())


@pytest.mark.parametrize("fate", [stay, suspend, demote, delete, erase])
def test_a_first_one_is_not_made_where_there_has_ever_been_one(
    fate, monkeypatch, nothing_changes
):
    """Or the next run of the Job would bring an erased one back, password and all."""
    run("--first")
    fate(User.objects.get(username="admin"))
    for name in ("admin", "another"):
        monkeypatch.setenv("ADMIN_USERNAME", name)
        assert "none is created" in run("--first")
    for variable in ("ADMIN_USERNAME", "ADMIN_PASSWORD"):
        monkeypatch.delenv(variable)
    nothing_changes()
    assert "none is created" in run("--first")


def test_who_was_made_one_later_counts_too(nothing_changes):
    """By a change of role, and normal again since."""
    user = store_user(username="alice")
    # Who may ask for it is the view's business.
    change(user, user, {"role": Role.ADMINISTRATOR})
    ada = store_user(Role.ADMINISTRATOR)
    change(user, ada, {"role": Role.NORMAL, "mobile_number": MOBILE_NUMBER})
    make_normal(ada)
    nothing_changes()
    assert "none is created" in run("--first")


def test_without_any_a_name_that_a_normal_user_took_is_a_fault(nothing_changes):
    """Anyone can register it before the first administrator is made."""
    store_user(username="Admin")
    nothing_changes()
    with pytest.raises(CommandError, match="another ADMIN_USERNAME"):
        run("--first")


def test_by_hand_another_one_is_made_though_there_was_one(monkeypatch):
    run("--first")
    monkeypatch.setenv("ADMIN_USERNAME", "rescue")
    assert "Created administrator rescue" in run()
    assert AdministratorUser.objects.count() == 2
