"""Relays that share the work, and relays that are ended in the middle of it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from auth_service.accounts.telling import tell_of_users
from auth_service.outbox import relay as relay_module
from auth_service.outbox.models import UserEvent
from auth_service.outbox.relay import Relay, Report
from auth_service.outbox.taking import QUICK, take
from auth_service.tests.conftest import store_user
from auth_service.tests.receiving import make_due
from auth_service.tests.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class Receiver:
    """Stands for the request; it can be held, and knows who is being told what."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.under_way: list[str] = []
        self.doubled: list[str] = []
        self.arrived: list[str] = []
        self.pause = threading.Event()

    def send(self, messages: list[dict[str, Any]], **_: Any) -> list[str]:
        ids = [message["user_id"] for message in messages]
        with self.lock:
            self.doubled += [one for one in ids if one in self.under_way]
            self.under_way += ids
        self.pause.wait(0.02)
        with self.lock:
            self.under_way = [one for one in self.under_way if one not in ids]
            self.arrived += ids
        return ["applied"] * len(ids)


@pytest.fixture
def receiver(monkeypatch) -> Receiver:
    stands_in = Receiver()
    monkeypatch.setattr(relay_module, "send", stands_in.send)
    return stands_in


def deliver() -> Report:
    return Relay(tell_of_users).deliver()


def deliver_all() -> None:
    while deliver().taken:
        pass


def test_of_two_relays_none_sends_what_the_other_is_sending(receiver):
    users = [store_user() for _ in range(40)]
    at_once(*[deliver_all] * 3)
    assert receiver.doubled == []
    assert sorted(receiver.arrived) == sorted(str(user.id) for user in users)
    assert not UserEvent.objects.undelivered().exists()


def test_a_user_is_told_of_by_one_relay_at_a_time(receiver):
    """While an event is on its way, another change of its user waits for it."""
    users = [store_user() for _ in range(3)]
    changing = iter([user for user in users for _ in range(30)])

    def change() -> None:
        for user in changing:
            UserEvent.objects.create(user=user, version=2)
            receiver.pause.wait(0.005)

    def go_on() -> None:
        while deliver().taken or next(changing, None):
            pass

    at_once(change, go_on, go_on, go_on)
    deliver_all()
    assert receiver.doubled == []
    assert not UserEvent.objects.undelivered().exists()


def test_what_a_dead_relay_held_is_due_again_when_its_time_is_over(receiver):
    user = store_user()
    assert user.id in take(QUICK, 5)
    UserEvent.objects.create(user=user, version=2)
    assert deliver() == Report()
    over = Now() - timedelta(seconds=0.1)
    UserEvent.objects.filter(taken_until__isnull=False).update(taken_until=over)
    assert deliver().delivered == 2


def test_taking_leaves_no_transaction_open(receiver):
    store_user()
    inside = []

    def send(messages: list[dict[str, Any]], **_: Any) -> list[str]:
        receiver.pause.wait(0.3)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in %'"
                " AND datname = current_database()"
            )
            inside.append(cursor.fetchone()[0])
        connection.close()
        codes: list[str] = receiver.send(messages)
        return codes

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(relay_module, "send", send)
        assert deliver().delivered == 1
    assert inside == [0]


def test_a_relay_does_not_wait_for_what_another_one_holds(receiver):
    store_user()
    taken, over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(UserEvent.objects.due().select_for_update())
            taken.set()
            over.wait(20)
        connection.close()

    holding = threading.Thread(target=hold)
    holding.start()
    assert taken.wait(20)
    assert deliver() == Report()
    over.set()
    holding.join()
    assert deliver().delivered == 1


def test_an_event_that_was_sent_but_not_recorded_is_sent_again(receiver, monkeypatch):
    store_user()
    send = receiver.send

    def send_and_die(messages, **_):
        send(messages)
        raise KeyboardInterrupt

    monkeypatch.setattr(relay_module, "send", send_and_die)
    with pytest.raises(KeyboardInterrupt):
        deliver()
    monkeypatch.setattr(relay_module, "send", send)
    assert deliver() == Report()
    make_due()
    assert deliver().delivered == 1
    event = UserEvent.objects.get()
    assert receiver.arrived == [str(event.user_id)] * 2


def test_a_change_amid_the_sending_is_sent_after_it(receiver, monkeypatch):
    user = store_user()
    send, versions = receiver.send, []

    def change_amid(messages, **_):
        versions.append(messages[0]["version"])
        if len(versions) == 1:
            UserEvent.objects.create(user=user, version=2)
            connection.close()
        return send(messages)

    monkeypatch.setattr(relay_module, "send", change_amid)
    assert deliver().delivered == 1
    assert deliver().delivered == 1
    assert not UserEvent.objects.due().exists()
