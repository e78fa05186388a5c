"""An event that promo_service can't take holds up none of the others."""

import pytest
import requests
import responses

from auth_service.accounts.telling import tell_of_users
from auth_service.outbox import relay as relay_module
from auth_service.outbox.models import UserEvent
from auth_service.outbox.relay import Relay
from auth_service.tests.conftest import store_user
from auth_service.tests.receiving import URL, event_of, make_due

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_batch_is_sent_one_by_one(promo, relay, status):
    users = [store_user() for _ in range(5)]
    bad = str(users[2].id)
    promo.trips_over = lambda event: status if event["user_id"] == bad else None
    report = relay.deliver_batch()
    assert (report.delivered, report.put_off, report.reached) == (4, 1, True)
    assert [len(events) for events in promo.requests] == [5, 1, 1, 1, 1, 1]
    event = event_of(users[2])
    assert (event.last_code, event.last_text) == ("not_taken", f"HTTP {status}")
    assert (event.attempts, event.own_failures) == (1, 1)


@pytest.mark.parametrize("status", [500, 503, None])
def test_a_batch_that_breaks_it_again_and_again_is_sent_one_by_one(
    relay, promo, status
):
    users = [store_user() for _ in range(5)]
    bad = str(users[0].id)
    if status is None:
        real = promo.answer

        def hang(request):
            answer = real(request)
            if bad in request.body.decode():
                raise requests.ReadTimeout("no answer")
            return answer

        with responses.RequestsMock() as mocked:
            mocked.add_callback(responses.POST, URL, hang)
            reports = [relay.deliver_batch() for _ in range(3)]
    else:
        promo.trips_over = lambda event: status if event["user_id"] == bad else None
        reports = [relay.deliver_batch() for _ in range(3)]
    assert [report.reached for report in reports] == [False, False, True]
    assert reports[2].delivered == 4
    assert event_of(users[0]).attempts == 1
    assert [len(events) for events in promo.requests] == [5, 5, 5, 1, 1, 1, 1, 1]


def test_where_all_break_one_by_one_it_is_not_the_events(promo, relay):
    for _ in range(30):
        store_user()
    promo.trips_over = lambda event: 500
    reports = [relay.deliver_batch() for _ in range(4)]
    assert not any(report.reached for report in reports)
    assert not UserEvent.objects.filter(attempts__gt=0).exists()
    # Nobody is asked a hundred times what ten could not do.
    assert [len(events) for events in promo.requests].count(1) == 20
    promo.trips_over = lambda event: None
    assert relay.deliver_batch().delivered == 30


def test_a_poisoned_event_holds_up_nobody_and_is_set_aside_in_the_end(promo, relay):
    bad = store_user()
    promo.trips_over = lambda event: 400 if event["user_id"] == str(bad.id) else None
    for _ in range(20):
        good = store_user()
        make_due()
        relay.deliver_batch()
        assert event_of(good).delivered_at is not None
    assert event_of(bad).set_aside_at is not None


def test_an_outage_amid_one_by_one_keeps_what_arrived(promo, relay):
    for _ in range(6):
        store_user()
    answered = []

    def trip(event):
        if len(promo.requests) == 1:
            return 400
        answered.append(event)
        return 401 if len(answered) > 3 else None

    promo.trips_over = trip
    report = relay.deliver_batch()
    assert (report.delivered, report.put_off, report.reached) == (3, 0, False)
    assert UserEvent.objects.due().count() == 3


def test_a_stop_amid_one_by_one_leaves_the_rest_due(promo):
    for _ in range(4):
        store_user()
    promo.trips_over = lambda event: 400 if len(promo.requests) == 1 else None
    stopping = Relay(tell_of_users, stopping=lambda: len(promo.requests) == 3)
    assert stopping.deliver_batch().delivered == 2
    assert UserEvent.objects.due().count() == 2


def test_one_by_one_ends_before_the_database_ends_the_transaction(
    promo, relay, monkeypatch
):
    for _ in range(4):
        store_user()
    monkeypatch.setattr(relay_module, "ONE_BY_ONE_SECONDS", -1.0)
    promo.trips_over = lambda event: 400
    relay.deliver_batch()
    assert len(promo.requests) == 1
    assert UserEvent.objects.due().count() == 4


def test_batches_that_take_too_long_become_smaller_until_one_is_done(promo, relay):
    for _ in range(100):
        store_user()
    answer = promo.answer

    def be_slow(request):
        answered = answer(request)
        if len(promo.requests[-1]) > 50:
            raise requests.ReadTimeout("no answer")
        return answered

    with responses.RequestsMock() as mocked:
        mocked.add_callback(responses.POST, URL, be_slow)
        reports = [relay.deliver_batch() for _ in range(3)]
    assert [len(events) for events in promo.requests] == [100, 50, 50]
    assert [report.delivered for report in reports] == [0, 50, 50]
