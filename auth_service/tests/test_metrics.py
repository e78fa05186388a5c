"""What is counted here: log-ins, passwords that wait to be hashed, and the outbox."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from auth_service.accounts import hashing
from auth_service.accounts.hashing import PasswordQueue
from auth_service.outbox import metrics
from auth_service.outbox.models import UserEvent
from auth_service.tests.conftest import PASSWORD, Client, refusal, store_user
from chassis.problems import Unavailable
from local.waiting import wait_until

URL = "/api/v1/auth/token"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"promosystem_{name}", labels) or 0


def test_log_ins_are_counted_by_outcome(alice, anybody):
    succeeded = value("log_ins_total", outcome="succeeded")
    wrong = value("log_ins_total", outcome="invalid_credentials")

    credentials = {"username": "alice", "password": PASSWORD}
    assert anybody.post(URL, credentials).status_code == 200
    answer = anybody.post(URL, {**credentials, "password": "not that one"})
    assert refusal(answer) == (401, "invalid_credentials")
    answer = anybody.post(URL, {"username": "alice"})
    assert refusal(answer) == (400, "validation_error")

    assert value("log_ins_total", outcome="succeeded") == succeeded + 1
    assert value("log_ins_total", outcome="invalid_credentials") == wrong + 1


def test_who_waits_for_a_password_to_be_hashed_is_counted(monkeypatch):
    queue = PasswordQueue(at_once=1, places=4, seconds=60)
    monkeypatch.setattr(hashing, "_queue", queue)
    with ThreadPoolExecutor(3) as pool:
        with queue.turn():
            hashed = [pool.submit(hashing.hash_password, PASSWORD) for _ in range(3)]
            assert wait_until(lambda: value("password_hashes_waiting") == 3, 5)
        assert all(one.result().startswith("argon2") for one in hashed)
    assert value("password_hashes_waiting") == 0


def test_who_waited_in_vain_waits_no_more(monkeypatch):
    queue = PasswordQueue(at_once=1, places=4, seconds=0.1)
    monkeypatch.setattr(hashing, "_queue", queue)
    with queue.turn(), pytest.raises(Unavailable):
        hashing.hash_password(PASSWORD)
    assert value("password_hashes_waiting") == 0


def read_outbox() -> dict[str, float]:
    text = Client(internal=True).get("/metrics").content.decode()
    families = text_string_to_metric_families(text)
    return {
        sample.name.removeprefix("promosystem_user_events_")
        + "".join(f" {kind}" for kind in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if "user_events" in sample.name
    }


@pytest.mark.django_db(transaction=True)
def test_the_outbox_is_seen_with_its_depth_age_and_what_was_set_aside():
    now = timezone.now()
    user = store_user()
    UserEvent.objects.all().delete()
    assert read_outbox() == {
        "waiting change": 0,
        "waiting resync": 0,
        "oldest_seconds": 0,
        "set_aside": 0,
    }
    minutes = [timedelta(minutes=number) for number in range(5)]
    make = UserEvent.objects.create
    for age in (minutes[1], minutes[2]):
        make(user=user, version=1, creation_time=now - age)
    make(user=user, version=1, creation_time=now - minutes[3], is_resync=True)
    make(user=user, version=1, creation_time=now - minutes[4], delivered_at=now)
    make(user=user, version=1, creation_time=now - minutes[4], set_aside_at=now)

    seen = read_outbox()
    assert seen.pop("oldest_seconds") == pytest.approx(120, abs=30)
    assert seen == {"waiting change": 2, "waiting resync": 1, "set_aside": 1}


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_takes_no_other_metric_with_it(monkeypatch):
    monkeypatch.setattr("auth_service.outbox.metrics._STATE", "SELECT 1 FROM nowhere")
    assert read_outbox() == {}
    answer = Client(internal=True).get("/metrics")
    assert answer.status_code == 200
    assert b"promosystem_log_ins_total" in answer.content


@pytest.mark.django_db(transaction=True)
def test_a_scrape_does_not_read_what_was_delivered():
    user = store_user()
    UserEvent.objects.bulk_create(
        UserEvent(user=user, version=1, delivered_at=timezone.now())
        for _ in range(5_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE user_event")
        cursor.execute("EXPLAIN " + metrics._STATE, [metrics.MOST_COUNTED])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "user_event_waiting" in plan
    assert "user_event_set_aside" in plan
    assert "Seq Scan" not in plan
