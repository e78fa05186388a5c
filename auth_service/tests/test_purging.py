"""`purge` removes what is of no use any more, and nothing else."""

import os
import signal
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_service.accounts.management.commands import purge as command
from auth_service.accounts.models import Job
from auth_service.accounts.services import purging
from auth_service.outbox.models import UserEvent
from auth_service.tests.conftest import Client, Person, log_in, refusal, store_user
from auth_service.tokens.issuing import REFRESH_LIFETIME
from auth_service.tokens.models import Session
from auth_service.tokens.services import SESSION_LIFETIME
from chassis.jobs import JobsCollector

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REFRESH = "/api/v1/auth/token/refresh"


def purge() -> dict[str, int]:
    return dict(purging.purge(now=timezone.now()))


def age(session: Session, by: timedelta, **times: Any) -> Session:
    """Make the session that much older, and give it other times."""
    session.started_at -= by
    session.ends_at -= by
    if session.rotated_at:
        session.rotated_at -= by
    for name, value in times.items():
        setattr(session, name, value)
    session.save()
    return session


def refresh(person: Person) -> Any:
    return Client().post(REFRESH, {"refresh": person.refresh})


def test_a_session_goes_a_day_after_it_ended(alice):
    age(alice.session, HOUR, ended_at=timezone.now() - DAY + HOUR)
    assert purge()["sessions"] == 0
    age(alice.session, HOUR, ended_at=timezone.now() - DAY - HOUR)
    assert purge()["sessions"] == 1
    assert not Session.objects.exists()
    assert refusal(refresh(alice)) == (401, "invalid_token")
    assert refusal(alice.client.get("/api/v1/users/me")) == (401, "invalid_token")


def test_a_session_goes_a_day_after_its_30_days(alice):
    rotated = timezone.now()
    age(alice.session, SESSION_LIFETIME + DAY - HOUR, rotated_at=rotated)
    assert purge()["sessions"] == 0
    age(alice.session, 2 * HOUR, rotated_at=rotated)
    assert purge()["sessions"] == 1


def test_a_session_goes_a_day_after_its_last_refresh_token_expired(alice):
    age(alice.session, REFRESH_LIFETIME + DAY - HOUR)
    assert purge()["sessions"] == 0
    age(alice.session, 2 * HOUR)
    assert purge()["sessions"] == 1


def test_a_session_stays_while_a_spent_token_could_end_it(alice):
    """It is old, but was refreshed lately: whoever copied a token is found out."""
    assert refresh(alice).status_code == 200
    day_ago = timezone.now() - DAY
    age(alice.session, 20 * DAY, rotated_at=day_ago)
    assert purge()["sessions"] == 0
    assert refresh(alice).status_code == 401
    assert alice.session.ended_at is not None


def test_failed_log_ins_go_when_they_have_cooled_off(db):
    for _ in range(2):
        body = {"username": uuid7().hex, "password": "a wrong one"}
        Client().post("/api/v1/auth/token", body)
    row = AccessAttempt.objects.order_by("id")[0]
    row.attempt_time -= timedelta(seconds=901)
    row.save()
    assert purge()["failed log-ins"] == 1
    assert AccessAttempt.objects.get().id != row.id


def test_delivered_events_go_after_7_days_and_no_others(db):
    now = timezone.now()
    old, new, waiting, aside = (store_user() for _ in range(4))
    UserEvent.objects.update(creation_time=now - 30 * DAY)
    for user, values in (
        (old, {"delivered_at": now - 7 * DAY - HOUR}),
        (new, {"delivered_at": now - 7 * DAY + HOUR}),
        (aside, {"set_aside_at": now - 29 * DAY}),
    ):
        UserEvent.objects.filter(user=user).update(**values)
    assert purge()["delivered events"] == 1
    left = set(UserEvent.objects.values_list("user_id", flat=True))
    assert left == {new.id, waiting.id, aside.id}


def test_it_goes_through_all_in_small_steps(
    alice, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(purging, "ROWS_AT_ONCE", 3)
    kept = alice.session
    ended = [log_in(alice.user) for _ in range(10)]
    gone = Session.objects.exclude(id=kept.id)
    gone.update(ended_at=timezone.now() - 2 * DAY)
    with django_assert_max_num_queries(20):
        assert purge()["sessions"] == len(ended)
    assert Session.objects.get() == kept


def test_the_ages_are_settings(alice, settings):
    settings.PURGE_SESSIONS_AFTER = timedelta(0)
    settings.PURGE_EVENTS_AFTER = timedelta(0)
    now = timezone.now()
    age(alice.session, HOUR, ended_at=now)
    UserEvent.objects.update(delivered_at=now)
    assert purge() == {"sessions": 1, "failed log-ins": 0, "delivered events": 1}


def test_the_command_says_what_went(alice, capsys):
    age(alice.session, HOUR, ended_at=timezone.now() - 2 * DAY)
    call_command("purge")
    said = "Removed 1 sessions, 0 failed log-ins, 0 delivered events.\n"
    assert capsys.readouterr().out == said


def test_when_it_succeeded_is_kept_and_shown(db):
    Job.objects.update(succeeded_at=timezone.now() - 2 * DAY)

    def seen() -> float:
        (family,) = JobsCollector().collect()
        assert family.name == "promosystem_job_succeeded_timestamp_seconds"
        (sample,) = family.samples
        assert sample.labels == {"command": "purge"}
        return float(sample.value)

    assert time.time() - seen() > DAY.total_seconds()
    call_command("purge")
    assert time.time() - seen() < 60


def write_where_none_are_taken():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute("DELETE FROM session")


@pytest.mark.django_db(transaction=True)
def test_with_every_it_goes_on_until_told_to_stop(monkeypatch, capsys):
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, 2)}
    runs: list[float] = []

    def count(**_):
        runs.append(time.monotonic())
        if len(runs) == 2:
            raise OperationalError("gone")
        if len(runs) == 3:
            write_where_none_are_taken()
        yield "sessions", len(runs)

    monkeypatch.setattr(command, "purge", count)
    end = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    end.start()
    try:
        call_command("purge", "--every", "0.05")
    finally:
        end.join()
        for number, handler in before.items():
            signal.signal(number, handler)
    assert len(runs) > 3
    assert "Removed 1 sessions.\nRemoved 4 sessions.\n" in capsys.readouterr().out
