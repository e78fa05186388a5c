"""`erase_user`: nothing tells any more who a deleted user was."""

import json
import re
import sys

import pytest
import responses
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from auth_service.accounts.models import User, UserAudit
from auth_service.accounts.services.erasing import NotDeleted, erase_user
from auth_service.accounts.services.modifying import delete_user
from auth_service.accounts.telling import tell_of_users
from auth_service.outbox.models import UserEvent
from auth_service.tests.conftest import (
    PASSWORD,
    REGISTRATION,
    everything,
    faults,
    log_in,
    store_user,
)
from auth_service.tokens.models import Session

pytestmark = pytest.mark.django_db
STATUS = "http://promo-service.invalid:8001/internal/v1/erasures/status"
TOKEN = "/api/v1/auth/token"
PERSONAL = ("Alice", "Alice Liddell", "Oxford", "+201001234567")


@pytest.fixture
def deleted(administrator, anybody) -> User:
    user = store_user(username="Alice", name="Alice Liddell", address="Oxford")
    log_in(user)
    anybody.post(TOKEN, {"username": "alice", "password": "a wrong one"})
    anybody.post(TOKEN, {"username": "bob", "password": "a wrong one"})
    delete_user(user_id=user.id, actor_id=administrator.user.id, now=timezone.now())
    UserEvent.objects.all().delete()
    return user


def erase(named: str, *options: str) -> None:
    call_command("erase_user", named, *options)


def test_nothing_is_left_of_who_it_was(deleted, anybody, capsys):
    erase("alice", "--yes")
    user = User.objects.get(id=deleted.id)
    assert user.username == f"erased-{user.id.hex}"
    assert (user.name, user.address, user.mobile_number) == ("Erased user", None, None)
    assert not user.has_usable_password()
    assert user.erased_at is not None
    assert not Session.objects.filter(user=user).exists()
    assert AccessAttempt.objects.count() == 1, "bob's stays"
    assert str(user.id) in capsys.readouterr().out
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            kept = [str(value) for row in cursor.fetchall() for value in row]
        assert not [value for value in kept if value in PERSONAL], table


def test_the_record_stays_and_says_so(deleted, administrator):
    before = list(UserAudit.objects.filter(user=deleted).order_by("id").values())
    erase("alice", "--yes")
    after = list(UserAudit.objects.filter(user=deleted).order_by("id").values())
    assert after[:-1] == before
    assert [after[-1][name] for name in ("change", "actor_id")] == ["erased", None]
    assert administrator.user.id in {row["actor_id"] for row in after}


def test_promo_service_is_told(deleted, administrator):
    version = User.objects.get(id=deleted.id).version
    erase(str(deleted.id), "--yes")
    event = UserEvent.objects.get()
    told = tell_of_users([deleted.id])[deleted.id]
    assert (event.user_id, event.version) == (deleted.id, version + 1)
    assert (told["erased"], told["deleted"]) == (True, True)
    assert (told["version"], told["void_version"]) == (version + 1, version)
    assert told["actor_id"] == str(administrator.user.id)
    assert told["username"] == f"erased-{deleted.id.hex}"


def test_a_second_time_changes_nothing_and_tells_promo_service_again(
    deleted, nothing_changes, capsys
):
    erase(str(deleted.id), "--yes")
    UserEvent.objects.all().delete()
    nothing_changes()
    erase(str(deleted.id), "--yes")
    assert "was erased before" in capsys.readouterr().out
    assert UserEvent.objects.get().user_id == deleted.id


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_a_name_of_the_erased_that_was_registered_stops_no_erasure(
    deleted, anybody, case
):
    """An earlier version let anyone register it."""
    taken = store_user(username=case(f"erased-{deleted.id.hex}"))
    erase("alice", "--yes")
    user = User.objects.get(id=deleted.id)
    assert user.erased_at is not None
    assert re.fullmatch(f"erased-{user.id.hex}-[0-9a-f]{{8}}", user.username)
    assert User.objects.get(id=taken.id).username == taken.username
    assert anybody.post("/api/v1/auth/register", REGISTRATION).status_code == 201


@pytest.mark.parametrize("name", ["erased-me", "ERASED-{}", "Erased-0", "erased-{}"])
def test_no_registration_takes_a_name_of_the_erased(
    deleted, administrator, anybody, name, nothing_changes, monkeypatch
):
    nothing_changes()
    body = {**REGISTRATION, "username": name.format(deleted.id.hex)}
    registered = anybody.post("/api/v1/auth/register", body)
    created = administrator.client.post("/api/v1/users", {**body, "role": "normal"})
    for answer in (registered, created):
        assert faults(answer) == {("username", "reserved")}
    monkeypatch.setenv("ADMIN_USERNAME", body["username"])
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="kept for erased users"):
        call_command("create_admin")


def answers(promo, **states: str) -> None:
    """Have promo_service say those states, by id without hyphens."""

    def answer(request):
        asked = json.loads(request.body)["user_ids"]
        assert request.headers["Authorization"].startswith("Bearer ")
        said = [(one, states[f"_{one.replace('-', '')}"]) for one in asked]
        results = [{"user_id": user_id, "state": state} for user_id, state in said]
        return 200, {}, json.dumps({"results": results})

    promo.mock.add_callback(responses.POST, STATUS, answer)


@pytest.mark.parametrize(
    ("state", "sentence", "finished"),
    [
        ("erased", "promo_service has erased what it held", True),
        ("unknown", "promo_service holds nothing of this user", True),
        ("erasing", "promo_service is erasing what it holds", False),
    ],
)
def test_the_status_says_whether_promo_service_has_finished(
    deleted, promo, capsys, state, sentence, finished
):
    erase("alice", "--yes")
    UserEvent.objects.update(delivered_at=timezone.now())
    answers(promo, **{f"_{deleted.id.hex}": state})
    capsys.readouterr()
    for named in ([str(deleted.id)], []):
        if finished:
            call_command("erase_user", "--status", *named)
        else:
            with pytest.raises(CommandError, match="1 of 1 erasures are not finished"):
                call_command("erase_user", "--status", *named)
        assert f"{deleted.id}  erased 20" in (said := capsys.readouterr().out)
        assert sentence in said


def test_the_status_says_what_promo_service_was_not_told(deleted, promo, capsys):
    erase("alice", "--yes")
    answers(promo, **{f"_{deleted.id.hex}": "unknown"})
    with pytest.raises(CommandError, match="not finished"):
        call_command("erase_user", "--status", str(deleted.id))
    assert "has not been told yet" in capsys.readouterr().out


def test_the_status_of_who_was_not_erased_is_a_sentence(deleted, nothing_changes):
    nothing_changes()
    with pytest.raises(CommandError, match="was not erased"):
        call_command("erase_user", "--status", "alice")
    with pytest.raises(CommandError, match="Say whom to erase"):
        call_command("erase_user")


@pytest.mark.parametrize(
    "answer", [{"status": 503}, {"status": 404}, {"body": "[]"}, {"json": {"a": 1}}]
)
def test_where_promo_service_does_not_say_that_is_said(deleted, promo, answer):
    erase("alice", "--yes")
    promo.mock.post(STATUS, **answer)
    with pytest.raises(CommandError, match="promo_service does not say"):
        call_command("erase_user", "--status")


def test_the_name_is_free_again_and_nobody_gets_in_as_the_old_one(deleted, anybody):
    taken = anybody.post("/api/v1/auth/register", REGISTRATION)
    assert taken.status_code == 409
    erase("alice", "--yes")
    assert anybody.post("/api/v1/auth/register", REGISTRATION).status_code == 201
    ghost = {"username": f"erased-{deleted.id.hex}", "password": PASSWORD}
    assert anybody.post(TOKEN, ghost).status_code == 401


@pytest.mark.parametrize("suspended", [False, True])
def test_who_is_not_deleted_is_refused_in_a_sentence(suspended, nothing_changes):
    user = store_user(username="alice", is_active=not suspended)
    nothing_changes()
    for named in ("alice", str(user.id)):
        with pytest.raises(CommandError, match="not deleted"):
            erase(named, "--yes")
    with pytest.raises(NotDeleted):
        erase_user(user_id=user.id, now=timezone.now())


@pytest.mark.parametrize(
    "named", ["nobody", "", "0198c0de-0000-7000-8000-000000000000"]
)
def test_nobody_is_a_sentence(deleted, named, nothing_changes):
    nothing_changes()
    with pytest.raises(CommandError, match="no such user"):
        erase(named, "--yes")


def test_a_name_that_is_somebody_elses_id_is_nobody_in_particular(
    deleted, nothing_changes
):
    store_user(username=str(deleted.id))
    nothing_changes()
    with pytest.raises(CommandError, match="the id of one user"):
        erase(str(deleted.id), "--yes")


def test_without_a_terminal_it_wants_to_be_sure(deleted, nothing_changes, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    nothing_changes()
    with pytest.raises(CommandError, match="--yes"):
        erase("alice")


@pytest.mark.parametrize("said", ["", "no", "y", "YES"])
def test_at_a_terminal_it_asks_and_no_means_no(deleted, monkeypatch, said):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: said)
    before = everything()
    with pytest.raises(CommandError, match="Nothing was erased"):
        erase("alice")
    assert everything() == before


def test_at_a_terminal_yes_means_yes(deleted, monkeypatch):
    asked: list[str] = []

    def agree(question: str) -> str:
        asked.append(question)
        return "yes"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", agree)
    erase("alice")
    assert User.objects.get(id=deleted.id).erased_at is not None
    assert "Alice" in asked[0]
