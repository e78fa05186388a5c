"""An event that promo_service can't take holds up none of the others."""

import json

import pytest
import requests
import responses

from auth_service.accounts.models import User
from auth_service.accounts.services.resyncing import resync_users
from auth_service.outbox.models import UserEvent
from auth_service.tests.conftest import store_user
from auth_service.tests.receiving import URL, event_of, make_due

pytestmark = pytest.mark.django_db


def in_a_resync(number: int) -> list[User]:
    users = [store_user() for _ in range(number)]
    UserEvent.objects.all().delete()
    assert list(resync_users()) == [number]
    return users


@pytest.mark.parametrize("status", [400, 413, 422, 500, 503])
def test_a_batch_that_is_not_taken_is_sent_one_by_one(promo, relay, status):
    users = in_a_resync(5)
    bad = str(users[2].id)
    promo.trips_over = lambda event: status if event["user_id"] == bad else None

    reports = []
    for _ in range(6):
        reports.append(relay.deliver())
        make_due()

    assert sum(report.delivered for report in reports) == 4
    assert [len(each) for each in promo.requests[:2]] == [5, 1]
    assert all(len(each) == 1 for each in promo.requests[1:])
    assert {str(user.id) for user in users} == {
        event["user_id"] for events in promo.requests[1:] for event in events
    }
    event = event_of(users[2])
    assert (event.last_code, event.last_text) == ("not_taken", f"HTTP {status}")
    assert event.own_failures >= 1
    assert not UserEvent.objects.undelivered().exclude(user=users[2]).exists()


def test_a_batch_that_takes_too_long_is_sent_one_by_one(promo, relay):
    in_a_resync(20)
    answer = promo.answer

    def be_slow(request):
        answered = answer(request)
        if len(promo.requests[-1]) > 1:
            raise requests.ReadTimeout("no answer")
        return answered

    with responses.RequestsMock() as mocked:
        mocked.add_callback(responses.POST, URL, be_slow)
        while relay.deliver().taken:
            pass

    assert sorted(map(len, promo.requests)) == [1] * 20 + [20]
    assert not UserEvent.objects.undelivered().exists()


def test_where_all_fail_it_is_not_the_events(promo, relay):
    for _ in range(30):
        store_user()
    promo.trips_over = lambda event: 500
    for _ in range(10):
        assert not relay.deliver().reached
        make_due()
    assert not UserEvent.objects.filter(attempts__gt=0).exists()
    promo.trips_over = lambda event: None
    while relay.deliver().taken:
        pass
    assert not UserEvent.objects.undelivered().exists()


@pytest.mark.parametrize("status", [400, 500])
def test_a_poisoned_event_holds_up_nobody_and_is_set_aside_in_the_end(
    promo, relay, status
):
    bad = store_user()
    promo.trips_over = lambda event: status if event["user_id"] == str(bad.id) else None
    for _ in range(21):
        good = store_user()
        make_due()
        relay.deliver()
        assert event_of(good).delivered_at is not None
    assert event_of(bad).set_aside_at is not None
    assert event_of(bad).own_failures == 20


def test_what_was_too_slow_is_tried_beside_the_others_from_then_on(promo, relay):
    slow = [store_user() for _ in range(3)]
    hanging = {str(user.id) for user in slow}
    answer = promo.answer
    waits = []

    def be_slow(request):
        if hanging & {event["user_id"] for event in json.loads(request.body)["events"]}:
            waits.append(request.req_kwargs["timeout"][1])
            raise requests.ReadTimeout("no answer")
        return answer(request)

    with responses.RequestsMock() as mocked:
        mocked.add_callback(responses.POST, URL, be_slow)
        assert relay.deliver().put_off == 3
        make_due()
        good = [store_user() for _ in range(6)]
        assert relay.deliver().delivered == len(good)

    # At most two are waited for at once, and longer than the first time.
    assert waits == [1, 1, 1, 5, 5]
    assert all(event_of(user).last_code == "too_slow" for user in slow)
    assert all(event_of(user).own_failures <= 1 for user in slow)
