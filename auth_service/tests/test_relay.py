"""The relay: what is due is sent, once, and what arrived is kept."""

from datetime import timedelta

import jwt
import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from auth_service.accounts.models import User
from auth_service.accounts.services.resyncing import resync_users
from auth_service.outbox import services
from auth_service.outbox.models import UserEvent
from auth_service.outbox.relay import Report
from auth_service.outbox.resyncs import record_resync
from auth_service.outbox.taking import QUICK
from auth_service.tests.conftest import store_user
from auth_service.tests.receiving import event_of

pytestmark = pytest.mark.django_db


def test_events_are_sent_with_a_token_of_this_service(promo, relay):
    users = [store_user() for _ in range(3)]
    assert relay.deliver() == Report(taken=3, delivered=3)
    events = promo.told
    assert [event["user_id"] for event in events] == [str(user.id) for user in users]
    assert events[0] == {
        "id": str(event_of(users[0]).id),
        "actor_id": None,
        "erased": False,
        "user_id": str(users[0].id),
        "version": 1,
        "void_version": 0,
        "username": users[0].username,
        "name": "Some Body",
        "role": "normal",
        "is_active": True,
        "deleted": False,
        "epoch": 0,
    }
    token = promo.headers[0]["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["aud"]) == ("auth_service", "promo_service")
    assert claims["token_type"] == "service"
    assert all(event.delivered_at for event in UserEvent.objects.all())


def test_what_was_delivered_is_not_sent_again(promo, relay):
    store_user()
    relay.deliver()
    assert relay.deliver() == Report()
    assert len(promo.requests) == 1


def test_an_outdated_event_has_arrived_too(promo, relay):
    user = store_user()
    promo.judge = lambda event: "outdated"
    assert relay.deliver().delivered == 1
    assert event_of(user).last_code == "outdated"


def test_a_change_is_a_request_of_its_own_the_oldest_first(promo, relay):
    users = [store_user() for _ in range(QUICK.senders + 2)]
    assert relay.deliver().delivered == QUICK.senders
    assert relay.deliver().delivered == 2
    assert relay.deliver() == Report()
    assert [len(events) for events in promo.requests] == [1] * len(users)
    sent = [events[0]["user_id"] for events in promo.requests]
    last = [str(user.id) for user in users[-2:]]
    assert sorted(sent[-2:]) == sorted(last)


@pytest.mark.parametrize("number", [2, 250])
def test_several_events_of_a_user_are_one(promo, relay, number):
    user, other = store_user(), store_user()
    for _ in range(number - 2):
        UserEvent.objects.create(user=user, version=1)
    record_resync([(user.id, 1)])
    last = UserEvent.objects.create(user=user, version=7)
    User.objects.filter(id=user.id).update(version=7)

    assert relay.deliver() == Report(number + 2, number + 2)

    assert [len(events) for events in promo.requests] == [1, 1]
    told = {event["user_id"]: event for event in promo.told}
    assert told.keys() == {str(user.id), str(other.id)}
    assert told[str(user.id)]["version"] == 7
    assert told[str(user.id)]["id"] == str(last.id)
    assert not UserEvent.objects.undelivered().exists()


def test_a_change_tells_at_once_what_was_put_off_or_set_aside(promo, relay):
    user = store_user()
    promo.judge = lambda event: "failed"
    relay.deliver()
    promo.judge = lambda event: "invalid"
    UserEvent.objects.create(user=user, version=2)
    assert relay.deliver().set_aside == 1
    promo.judge = lambda event: "applied"
    UserEvent.objects.create(user=user, version=3)

    assert relay.deliver() == Report(3, 3)

    assert not UserEvent.objects.undelivered().exists()
    assert services.retry_set_aside() == 0


def test_the_state_sent_is_that_of_now(promo, relay):
    user = store_user()
    User.objects.filter(id=user.id).update(name="Later", version=5)
    relay.deliver()
    assert promo.requests[0][0]["name"] == "Later"
    assert promo.requests[0][0]["version"] == 5


def test_set_aside_events_can_be_made_due_again(promo, relay, capsys):
    user = store_user()
    promo.judge = lambda event: "invalid"
    relay.deliver()
    promo.judge = lambda event: "applied"
    call_command("relay_events", "--retry-set-aside")
    assert capsys.readouterr().out == "1 events are due again.\n"
    assert event_of(user).delivered_at is None
    call_command("relay_events", "--once")
    assert event_of(user).delivered_at is not None
    assert services.retry_set_aside() == 0


def test_once_delivers_all_that_is_due_and_ends(promo, capsys):
    for _ in range(101):
        store_user()
    call_command("relay_events", "--once")
    assert capsys.readouterr().out == "101 events were delivered.\n"
    assert not UserEvent.objects.due().exists()


def test_once_says_that_nobody_takes_them(promo):
    store_user()
    promo.status = 503
    with pytest.raises(CommandError, match="takes no events"):
        call_command("relay_events", "--once")
    assert UserEvent.objects.waiting().count() == 1


def test_what_was_done_is_one_line_in_the_log_and_names_nobody(promo, relay, logs):
    store_user(username="somebody", name="Some Body")
    relay.deliver()
    [line] = logs
    assert line.pop("milliseconds") > 0
    assert line == {
        "event": "user_events",
        "log_level": "info",
        "taken": 1,
        "delivered": 1,
        "put_off": 0,
        "set_aside": 0,
        "reached": True,
    }


def test_an_event_of_tomorrow_is_not_due(promo, relay):
    store_user()
    UserEvent.objects.update(next_attempt_at=Now() + timedelta(days=1))
    assert relay.deliver() == Report()
    assert promo.requests == []


def test_a_resync_goes_in_small_batches_beside_every_change(promo, relay):
    crowd = [store_user() for _ in range(30)]
    UserEvent.objects.all().delete()
    assert list(resync_users()) == [30]
    assert relay.deliver() == Report(25, 25)
    changed = UserEvent.objects.create(user=store_user(), version=2)
    assert relay.deliver() == Report(7, 7)
    assert sorted(map(len, promo.requests)) == [1, 5, 25]
    assert str(changed.id) in [event["id"] for event in promo.told]
    assert len({event["user_id"] for event in promo.told}) == len(crowd) + 1


def test_who_was_told_of_by_a_change_is_not_told_again_by_the_resync(promo, relay):
    user = store_user()
    assert list(resync_users()) == [1]
    assert relay.deliver() == Report(2, 2)
    assert [event["user_id"] for event in promo.told] == [str(user.id)]
