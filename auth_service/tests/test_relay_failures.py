"""Whatever goes wrong between the relay and promo_service, no event is lost."""

from datetime import timedelta

import pytest
import requests
import responses
from django.utils import timezone

from auth_service.accounts.models import User
from auth_service.outbox.models import UserEvent
from auth_service.outbox.relay import Report
from auth_service.tests.conftest import store_user
from auth_service.tests.receiving import URL, event_of, make_due

pytestmark = pytest.mark.django_db


def waits_at_most(user: User, seconds: float) -> bool:
    """Whether the user's event is due again within so many seconds."""
    soon = timezone.now() + timedelta(seconds=seconds)
    free = UserEvent.objects.waiting().filter(taken_until=None)
    return free.filter(user=user, next_attempt_at__lte=soon).exists()


@pytest.mark.parametrize("status", [401, 403, 404, 429, 301, 500, 502, 503, 504])
def test_while_promo_service_fails_events_stay_due_and_then_arrive(
    promo, relay, logs, status
):
    user = store_user()
    promo.status = status
    assert relay.deliver() == Report(taken=1, reached=False)
    event = event_of(user)
    assert (event.attempts, event.delivered_at, event.set_aside_at) == (0, None, None)
    assert logs[0]["event"] == "user_events_not_sent"
    assert logs[0]["reason"] == f"HTTP {status}"
    promo.status = 200
    make_due()
    assert relay.deliver().delivered == 1


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("refused"),
        requests.ConnectTimeout("slow"),
        requests.ReadTimeout("slower"),
        requests.exceptions.ChunkedEncodingError("cut off"),
    ],
)
def test_without_an_answer_events_stay_due(relay, error):
    user = store_user()
    with responses.RequestsMock() as mocked:
        mocked.post(URL, body=error)
        relay.deliver()
    assert waits_at_most(user, 1)
    assert event_of(user).attempts == 0


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"results": []}', '{"results": [{"id": "x"}]}', '{"results": 5}'],
)
def test_an_answer_that_cannot_be_read_delivers_nothing(relay, body):
    user = store_user()
    with responses.RequestsMock() as mocked:
        mocked.post(URL, body=body)
        assert not relay.deliver().reached
    assert waits_at_most(user, 1)


def test_nothing_is_sent_where_nothing_signs(promo, relay, folder):
    user = store_user()
    assert not relay.deliver().reached
    assert promo.requests == []
    assert event_of(user) in UserEvent.objects.due()


def test_an_invalid_event_is_set_aside_aloud_and_the_rest_arrive(promo, relay, logs):
    good, bad, fine = (store_user() for _ in range(3))
    promo.judge = lambda event: (
        "invalid" if event["user_id"] == str(bad.id) else "applied"
    )
    report = relay.deliver()
    assert (report.delivered, report.set_aside) == (2, 1)
    assert event_of(bad).set_aside_at is not None
    assert event_of(bad).delivered_at is None
    [said] = [entry for entry in logs if entry["event"] == "user_event_set_aside"]
    assert said["log_level"] == "error"
    assert (said["event_id"], said["code"]) == (str(event_of(bad).id), "invalid")
    assert not [user for user in (good, fine) if not event_of(user).delivered_at]
    assert relay.deliver() == Report()


def test_a_failed_event_waits_longer_each_time_and_is_never_dropped(promo, relay):
    user = store_user()
    promo.judge = lambda event: "failed"
    waits = []
    for attempt in range(1, 31):
        assert relay.deliver().put_off == 1
        event = event_of(user)
        assert event.attempts == attempt
        assert event.set_aside_at is None
        assert event.last_attempt_at
        waits.append((event.next_attempt_at - event.last_attempt_at).total_seconds())
        make_due()
    assert 0.2 < waits[0] <= 0.6
    assert all(0.9 < waits[n] / (0.5 * 2**n) * 2 <= 2.1 for n in range(7))
    assert all(30 <= wait <= 60.1 for wait in waits[7:])
    promo.judge = lambda event: "applied"
    assert relay.deliver().delivered == 1


def test_a_put_off_event_is_not_due_yet(promo, relay):
    store_user()
    promo.judge = lambda event: "failed"
    relay.deliver()
    assert relay.deliver() == Report()


def test_one_that_fails_20_times_while_others_go_through_is_set_aside(
    promo, relay, logs
):
    bad = store_user()
    promo.judge = lambda event: (
        "failed" if event["user_id"] == str(bad.id) else "applied"
    )
    for _ in range(19):
        store_user()
        relay.deliver()
        make_due()
    assert event_of(bad).set_aside_at is None
    store_user()
    assert relay.deliver().set_aside == 1
    assert event_of(bad).own_failures == 20
    assert "user_event_set_aside" in [entry["event"] for entry in logs]


def test_failures_of_all_together_are_nobodys_own(promo, relay):
    user = store_user()
    promo.judge = lambda event: "failed"
    for _ in range(25):
        relay.deliver()
        make_due()
    assert (event_of(user).attempts, event_of(user).own_failures) == (25, 0)


def test_an_answer_in_other_words_counts_as_a_failure(promo, relay):
    user = store_user()
    promo.judge = lambda event: "x" * 100
    assert relay.deliver().put_off == 1
    assert event_of(user).last_code == "x" * 40
