"""The outbox: an event for each change that is told, with the change or not at all."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from auth_service.accounts.models import User
from auth_service.accounts.services import changes
from auth_service.accounts.services.creating import UsernameTaken, create_user
from auth_service.accounts.services.modifying import (
    LastAdministrator,
    delete_user,
    modify_user,
)
from auth_service.accounts.services.resyncing import resync_users
from auth_service.accounts.telling import tell_of_users
from auth_service.outbox.models import UserEvent
from auth_service.tests.conftest import (
    MOBILE_NUMBER,
    OTHER_NUMBER,
    PASSWORD,
    REGISTRATION,
    store_user,
)
from chassis.roles import Role

pytestmark = pytest.mark.django_db


def written() -> list[tuple[str, int]]:
    """The events there are, as username and version, oldest first."""
    rows = UserEvent.objects.order_by("id")
    return [(event.user.username, event.version) for event in rows]


def modify(user: User, actor: User, **values) -> None:
    modify_user(user_id=user.id, changes=values, actor_id=actor.id, now=timezone.now())


@pytest.fixture
def ada() -> User:
    return store_user(Role.ADMINISTRATOR, username="ada")


@pytest.fixture
def bob(ada) -> User:
    user = store_user(username="bob")
    UserEvent.objects.all().delete()
    return user


def test_a_new_user_is_told_of(anybody):
    assert anybody.post("/api/v1/auth/register", REGISTRATION).status_code == 201
    assert written() == [("Alice", 1)]
    event = UserEvent.objects.get()
    assert event.delivered_at is None
    assert UserEvent.objects.due().get() == event


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Robert"},
        {"is_active": False},
        {"role": Role.ADMINISTRATOR},
        {"name": "Robert", "is_active": False, "role": Role.ADMINISTRATOR},
    ],
)
def test_a_change_that_services_know_of_is_told_once(ada, bob, values):
    modify(bob, ada, **values)
    assert written() == [("bob", 2)]


def test_a_deletion_is_told(ada, bob):
    delete_user(user_id=bob.id, actor_id=ada.id, now=timezone.now())
    assert written() == [("bob", 2)]


@pytest.mark.parametrize(
    "values",
    [{}, {"address": "Oxford"}, {"mobile_number": OTHER_NUMBER}, {"is_active": True}],
)
def test_what_is_nobody_elses_business_or_no_change_is_not(ada, bob, values):
    modify(bob, ada, **values)
    assert written() == []


def test_a_new_password_is_not_told(alice):
    UserEvent.objects.all().delete()
    body = {"current_password": PASSWORD, "new_password": "an even finer secret"}
    alice.client.post("/api/v1/users/me/password", body)
    assert written() == []


def test_a_refused_change_leaves_no_event(ada, bob, nothing_changes):
    nothing_changes()
    with pytest.raises(LastAdministrator):
        delete_user(user_id=ada.id, actor_id=ada.id, now=timezone.now())
    taken = {"username": "BOB", "password": PASSWORD, "name": "Bob"}
    with pytest.raises(UsernameTaken):
        create_user(
            **taken,
            role=Role.NORMAL,
            mobile_number=MOBILE_NUMBER,
            actor_id=None,
            now=timezone.now(),
        )
    assert written() == []


@pytest.mark.parametrize("broken", ["_record", "record_event"])
def test_a_change_that_fails_halfway_leaves_neither_change_nor_event(
    ada, bob, monkeypatch, nothing_changes, broken
):
    def fail(*_, **__):
        raise RuntimeError("halfway")

    nothing_changes()
    monkeypatch.setattr(changes, broken, fail)
    with pytest.raises(RuntimeError, match="halfway"):
        modify(bob, ada, name="Robert")
    assert written() == []


def test_what_is_told_is_the_row_as_it_is_now(ada, bob):
    modify(bob, ada, name="Robert", is_active=False)
    told = tell_of_users([bob.id])[bob.id]
    assert told == {
        "user_id": str(bob.id),
        "version": 2,
        "void_version": 0,
        "username": "bob",
        "name": "Robert",
        "role": "normal",
        "is_active": False,
        "deleted": False,
        "actor_id": None,
        "erased": False,
        "epoch": 0,
    }


def test_who_made_an_administrator_is_told_and_stays_told(ada, bob):
    other = store_user(Role.ADMINISTRATOR)
    modify(bob, ada, role=Role.ADMINISTRATOR)
    modify(bob, other, role=Role.NORMAL, mobile_number=MOBILE_NUMBER)
    modify(bob, other, name="Robert")
    told = tell_of_users([bob.id])[bob.id]
    assert (told["role"], told["version"], told["void_version"]) == ("normal", 4, 2)
    assert told["actor_id"] == str(ada.id)


def test_who_deleted_is_told_rather_than_who_promoted(ada, bob):
    other = store_user(Role.ADMINISTRATOR)
    modify(bob, ada, role=Role.ADMINISTRATOR)
    delete_user(user_id=bob.id, actor_id=other.id, now=timezone.now())
    told = tell_of_users([bob.id])[bob.id]
    assert (told["deleted"], told["void_version"]) == (True, 3)
    assert told["actor_id"] == str(other.id)


def test_nobody_is_named_of_whom_nothing_is_void(ada, bob):
    made = store_user(Role.ADMINISTRATOR)
    told = tell_of_users([bob.id, made.id])
    assert [told[user.id]["actor_id"] for user in (bob, made)] == [None, None]
    assert [told[user.id]["void_version"] for user in (bob, made)] == [0, 0]


def test_a_batch_is_read_in_one_query(ada, bob, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(tell_of_users([ada.id, bob.id])) == 2


def test_a_resync_tells_of_everybody_behind_the_changes(ada, bob, monkeypatch):
    monkeypatch.setattr("auth_service.accounts.services.resyncing.USERS_AT_ONCE", 2)
    crowd = [store_user() for _ in range(3)]
    delete_user(user_id=crowd[0].id, actor_id=ada.id, now=timezone.now())
    UserEvent.objects.all().delete()
    assert list(resync_users()) == [2, 2, 1]
    modify(bob, ada, name="Robert")
    due = list(UserEvent.objects.due())
    assert {event.user_id for event in due} == {
        *(ada.id, bob.id),
        *(user.id for user in crowd),
    }
    assert (due[0].user_id, due[0].is_resync) == (bob.id, False)
    assert all(event.is_resync for event in due[1:])
    assert len(due) == 6


def test_a_resync_says_how_many(ada, bob, capsys):
    call_command("resync_users")
    assert capsys.readouterr().out == "2 users will be told of again.\n"


def test_after_a_restore_changes_are_newer_than_any_that_were_lost(ada, bob):
    lost = 12  # promo_service knows him as of then
    User.objects.filter(id=bob.id).update(version=2, void_version=2)

    call_command("resync_users", "--restored")

    told = tell_of_users([ada.id, bob.id])
    assert told[bob.id]["version"] > lost
    assert told[bob.id]["void_version"] == 2
    bob.refresh_from_db()
    assert ("bob", bob.version) in written()
    again = bob.version
    modify(bob, ada, name="Robert")
    assert tell_of_users([bob.id])[bob.id]["version"] == again + 1


def test_a_resync_shows_a_bar_on_a_terminal(ada, bob, capsys, monkeypatch):
    monkeypatch.setattr("auth_service.accounts.services.resyncing.USERS_AT_ONCE", 1)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    call_command("resync_users")
    shown = capsys.readouterr().out
    assert "\r[###############...............] 1 of 2" in shown
    assert shown.endswith("] 2 of 2\n2 users will be told of again.\n")


def test_nobodys_name_lies_in_the_outbox(ada, bob):
    modify(bob, ada, name="Robert")
    row = UserEvent.objects.values().get()
    assert not {"bob", "Robert"} & {str(value) for value in row.values()}
