"""A rush of passwords: few are hashed, few wait, and the others are told at once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from auth_service.accounts import hashing
from auth_service.accounts.hashing import PasswordQueue, TooManyPasswords
from auth_service.tests.conftest import (
    PASSWORD,
    REGISTRATION,
    Client,
    Person,
    everything,
    refusal,
    store_user,
)
from local.waiting import wait_until

LONG = 60.0
OTHER = "another fine long secret"
TOKEN = "/api/v1/auth/token"


@pytest.fixture
def full(monkeypatch) -> Iterator[None]:
    """One password is being hashed, and nobody may wait."""
    queue = PasswordQueue(at_once=1, places=1, seconds=LONG)
    monkeypatch.setattr(hashing, "_queue", queue)
    with queue.turn():
        yield


def log_in(anybody: Client, username: str, password: str = PASSWORD) -> Any:
    return anybody.post(TOKEN, {"username": username, "password": password})


ASKING: dict[str, Callable[[Client, Person, Person], Any]] = {
    "a log-in": lambda anybody, _, alice: log_in(anybody, alice.user.username),
    "a wrong password": lambda anybody, *_: log_in(anybody, "alice", OTHER),
    "an unknown user": lambda anybody, *_: log_in(anybody, "nobody"),
    "a registration": lambda anybody, *_: anybody.post(
        "/api/v1/auth/register", {**REGISTRATION, "username": "newcomer"}
    ),
    "a user by an administrator": lambda _, administrator, __: (
        administrator.client.post(
            "/api/v1/users", {**REGISTRATION, "username": "new", "role": "normal"}
        )
    ),
    "one's own password": lambda _, __, alice: alice.client.post(
        "/api/v1/users/me/password",
        {"current_password": PASSWORD, "new_password": OTHER},
    ),
    "another's password": lambda _, administrator, alice: administrator.client.post(
        f"/api/v1/users/{alice.user.id}/password", {"new_password": OTHER}
    ),
}


@pytest.mark.parametrize("asking", ASKING)
def test_whatever_hashes_a_password_is_refused_while_the_queue_is_full(
    asking, anybody, administrator, alice, full
):
    before = everything()
    response = ASKING[asking](anybody, administrator, alice)
    assert refusal(response) == (503, "unavailable")
    assert 1 <= int(response.headers["Retry-After"]) <= hashing.LONGEST_RETRY_SECONDS
    assert everything() == before
    assert not AccessAttempt.objects.exists()


def test_a_log_in_that_is_refused_looks_nothing_up(anybody, alice, full):
    with CaptureQueriesContext(connection) as captured:
        assert log_in(anybody, "alice").status_code == 503
    assert not captured.captured_queries


@pytest.mark.django_db
def test_log_ins_that_were_refused_lock_nobody_out(anybody, monkeypatch):
    store_user(username="alice")
    queue = PasswordQueue(at_once=1, places=1, seconds=LONG)
    monkeypatch.setattr(hashing, "_queue", queue)
    with queue.turn():
        for _ in range(settings.AXES_FAILURE_LIMIT + 1):
            assert log_in(anybody, "alice", OTHER).status_code == 503
    assert log_in(anybody, "alice").status_code == 200


def test_those_who_are_refused_together_come_back_apart():
    waits = {TooManyPasswords().wait for _ in range(200)}
    assert waits == set(range(1, hashing.LONGEST_RETRY_SECONDS + 1))


def hold(queue: PasswordQueue, release: threading.Event) -> None:
    with queue.turn():
        release.wait(10)


def waiting(queue: PasswordQueue) -> int:
    return queue._waiting


def test_who_finds_every_place_taken_is_refused_at_once():
    queue, release = PasswordQueue(at_once=1, places=3, seconds=LONG), threading.Event()
    with ThreadPoolExecutor(3) as pool:
        held = [pool.submit(hold, queue, release) for _ in range(3)]
        assert wait_until(lambda: waiting(queue) == 2, 5)
        began = time.monotonic()
        with pytest.raises(TooManyPasswords):
            queue.refuse_if_full()
        with pytest.raises(TooManyPasswords), queue.turn():
            pytest.fail("There was a place.")
        assert time.monotonic() - began < 1
        release.set()
        for one in held:
            one.result()
    queue.refuse_if_full()


def test_where_hashing_is_slow_fewer_wait():
    """Of 0.2 s each, no second one fits into a third of a second."""
    queue = PasswordQueue(at_once=1, places=9, seconds=0.35)
    for _ in range(12):
        with queue.turn():
            time.sleep(0.2)
    with queue.turn(), ThreadPoolExecutor(1) as pool:
        first = pool.submit(queue._take_turn)
        assert wait_until(lambda: waiting(queue) == 1, 5)
        began = time.monotonic()
        with pytest.raises(TooManyPasswords):
            queue.refuse_if_full()
        assert time.monotonic() - began < 0.1
        with pytest.raises(TooManyPasswords):
            first.result()


def test_nobody_waits_longer_than_the_queue_is_worth():
    queue = PasswordQueue(at_once=1, places=2, seconds=0.2)
    with queue.turn():
        began = time.monotonic()
        with pytest.raises(TooManyPasswords), queue.turn():
            pytest.fail("It was another's turn.")
        assert 0.2 <= time.monotonic() - began < 2
    assert waiting(queue) == 0


def test_no_more_passwords_are_hashed_at_once_than_set(monkeypatch):
    running, most = 0, 0
    lock = threading.Lock()

    def slow(password, encoded):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        return True

    queue = PasswordQueue(at_once=2, places=6, seconds=LONG)
    monkeypatch.setattr(hashing, "_queue", queue)
    monkeypatch.setattr(hashing, "check_password", slow)
    with ThreadPoolExecutor(6) as pool:
        assert (
            list(pool.map(lambda _: hashing.matches("x", "y"), range(6))) == [True] * 6
        )
    assert most == 2


def test_the_shares_of_all_workers_are_a_queue_of_two_seconds():
    assert hashing._queue._seconds * settings.WEB_WORKERS <= 2.0
