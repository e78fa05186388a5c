"""A resync: its epoch, its end, and a database that was restored again and again."""

import json
from typing import Any

import pytest
import responses
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone

from auth_service.accounts.models import User
from auth_service.accounts.selectors import look_up_users
from auth_service.accounts.services import resyncing
from auth_service.accounts.services.modifying import delete_user, modify_user
from auth_service.accounts.services.resyncing import resync_users
from auth_service.accounts.telling import tell_of_users
from auth_service.outbox.models import Resync, UserEvent
from auth_service.tests.conftest import MOBILE_NUMBER, REGISTRATION, store_user
from auth_service.tests.receiving import URL, PromoService, make_due
from chassis.roles import Role

pytestmark = pytest.mark.django_db
KNOWN, COMPLETE = f"{URL}/known", f"{URL}/complete"


@pytest.fixture
def ada() -> User:
    return store_user(Role.ADMINISTRATOR, username="ada")


@pytest.fixture
def bob(ada) -> User:
    return store_user(username="bob")


class Heard:
    """What promo_service heard of the end of resyncs, and what it answers."""

    def __init__(self, promo: PromoService) -> None:
        self.epochs: list[int] = []
        self.users: list[int] = []
        self.status = 200
        self.answers = [{"code": "complete", "suspended": 2}]
        promo.mock.add_callback(responses.POST, COMPLETE, self.answer)

    def answer(self, request: Any) -> tuple[int, dict[str, str], str]:
        if self.status != 200:
            return self.status, {}, "{}"
        body = json.loads(request.body)
        self.epochs.append(body["epoch"])
        self.users.append(body["users"])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return 200, {}, json.dumps(answer)


@pytest.fixture
def heard(promo) -> Heard:
    return Heard(promo)


def restore(dump: Any) -> None:
    """Have all as it was in the dump, which knows of no resync."""
    UserEvent.objects.all().delete()
    Resync.objects.all().delete()
    for row in dump:
        User.objects.filter(id=row["id"]).update(**row)


def told_of(user: User) -> dict[str, Any]:
    return tell_of_users([user.id])[user.id]


def rename(user: User, actor: User, name: str) -> None:
    modify_user(
        user_id=user.id, changes={"name": name}, actor_id=actor.id, now=timezone.now()
    )


def test_the_same_dump_can_be_restored_again_and_again(ada, bob, promo):
    promo.mock.post(KNOWN, json={"version": 7, "epoch": 0})
    dump = list(User.objects.values())
    heard = 0
    for number in range(4):
        restore(dump)
        call_command("resync_users", "--restored")
        told = told_of(bob)
        assert told["version"] > heard
        assert told["epoch"] > 0
        for _ in range(3):
            rename(bob, ada, f"Robert {number} {_}")
        heard = told_of(bob)["version"]


@pytest.mark.parametrize("known", [{"version": 8 * 10**15}, {"epoch": 8 * 10**15}])
def test_versions_are_past_all_that_promo_service_knows(ada, bob, promo, known):
    """Its clock, or ours, may have been wrong."""
    promo.mock.post(KNOWN, json={"version": 3, "epoch": 0, **known})
    call_command("resync_users", "--restored")
    assert told_of(bob)["version"] > 8 * 10**15
    assert told_of(bob)["epoch"] > 8 * 10**15


@pytest.mark.parametrize("answer", [{"status": 503}, {"status": 404}, {"body": "x"}])
def test_without_promo_service_the_clock_decides(ada, bob, promo, capsys, answer):
    promo.mock.post(KNOWN, **answer)
    before = int(timezone.now().timestamp() * 1_000_000)
    call_command("resync_users", "--restored")
    assert "the clock decides" in capsys.readouterr().err
    assert told_of(bob)["version"] >= before


def test_without_being_restored_versions_stay(ada, bob):
    call_command("resync_users")
    assert (told_of(bob)["version"], told_of(ada)["version"]) == (1, 1)
    assert told_of(bob)["epoch"] > 10**15


def test_the_epoch_only_rises_and_is_told_of_all(ada, bob, anybody):
    epochs = []
    for _ in range(3):
        list(resync_users())
        epochs.append(told_of(bob)["epoch"])
    assert sorted(set(epochs)) == epochs
    assert anybody.post("/api/v1/auth/register", REGISTRATION).status_code == 201
    assert told_of(User.objects.get(username="Alice"))["epoch"] == epochs[-1]
    looked_up: Any
    [looked_up] = look_up_users(ids=[bob.id], usernames=[])
    assert looked_up.epoch == epochs[-1]


def test_who_may_hold_nothing_is_void_anew_and_others_are_not(ada, bob, promo):
    promo.mock.post(KNOWN, json={"version": 7, "epoch": 0})
    gone = store_user(username="gone")
    delete_user(user_id=gone.id, actor_id=ada.id, now=timezone.now())
    was = store_user(Role.ADMINISTRATOR, username="was", version=2, void_version=2)
    changes = {"role": Role.NORMAL, "mobile_number": MOBILE_NUMBER}
    modify_user(user_id=was.id, changes=changes, actor_id=ada.id, now=timezone.now())
    call_command("resync_users", "--restored")
    for user in (ada, gone):
        told = told_of(user)
        assert told["void_version"] == told["version"] > 10**15
    assert [told_of(user)["void_version"] for user in (bob, was)] == [0, 2]
    assert told_of(gone)["actor_id"] == str(ada.id)


def test_the_end_is_told_when_all_has_arrived(ada, bob, promo, heard, relay, logs):
    list(resync_users())
    epoch = Resync.objects.get().epoch
    promo.judge = lambda event: (
        "failed" if event["user_id"] == str(bob.id) else "applied"
    )
    for _ in range(3):
        relay.deliver()
        make_due()
        assert heard.epochs == []
    promo.judge = lambda event: "outdated"
    relay.deliver()
    assert (heard.epochs, heard.users) == ([epoch], [2])
    resync = Resync.objects.get()
    assert (resync.suspended, resync.users) == (2, 2)
    assert resync.completed_at is not None
    relay.deliver()
    assert heard.epochs == [epoch]
    assert "resync_told" in [line["event"] for line in logs]


def test_what_is_set_aside_holds_the_end_back(ada, bob, promo, heard, relay):
    list(resync_users())
    promo.judge = lambda event: (
        "invalid" if event["user_id"] == str(bob.id) else "applied"
    )
    relay.deliver()
    relay.deliver()
    assert heard.epochs == []
    promo.judge = lambda event: "applied"
    rename(bob, ada, "Robert")
    relay.deliver()
    assert len(heard.epochs) == 1


@pytest.mark.parametrize("status", [404, 500, 503])
def test_an_end_that_is_not_heard_is_told_again(ada, bob, promo, heard, relay, status):
    list(resync_users())
    heard.status = status
    relay.deliver()
    heard.status = 200
    relay.deliver()
    assert heard.epochs == []
    Resync.objects.update(taken_until=Now())
    relay.deliver()
    assert len(heard.epochs) == 1


def test_as_long_as_there_are_more_it_is_told_again(ada, promo, heard, relay):
    heard.answers = [{"code": "more", "suspended": 5}] * 2 + heard.answers
    list(resync_users())
    for _ in range(5):
        relay.deliver()
    assert len(heard.epochs) == 3
    assert Resync.objects.get().suspended == 12


def test_where_fewer_arrived_than_were_named_it_has_no_end(
    ada, promo, heard, relay, logs
):
    heard.answers = [{"code": "incomplete", "suspended": 0}]
    list(resync_users())
    relay.deliver()
    relay.deliver()
    assert len(heard.epochs) == 1
    assert Resync.objects.get().completed_at is None
    [said] = [line for line in logs if line["event"] == "resync_told"]
    assert said["log_level"] == "error"


def test_one_that_was_broken_off_has_no_end_and_the_next_one_has(
    ada, bob, promo, heard, relay, monkeypatch
):
    monkeypatch.setattr(resyncing, "USERS_AT_ONCE", 1)
    list(resync_users())
    broken_off = resync_users()
    assert next(broken_off) == 1
    for _ in range(3):
        relay.deliver()
    assert heard.epochs == []
    list(resync_users())
    for _ in range(3):
        relay.deliver()
    assert heard.epochs == [Resync.objects.latest("epoch").epoch]


def test_who_registers_meanwhile_is_told_of_as_of_this_resync(
    ada, promo, heard, relay, anybody
):
    under_way = resync_users()
    next(under_way)
    assert anybody.post("/api/v1/auth/register", REGISTRATION).status_code == 201
    list(under_way)
    relay.deliver()
    epoch = Resync.objects.get().epoch
    told = {event["username"]: event["epoch"] for event in promo.told}
    assert told == {"ada": epoch, "Alice": epoch}
    assert heard.users == [2]
