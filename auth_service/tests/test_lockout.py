"""Too many wrong passwords lock a name from one address, and nobody else."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog

from auth_service.accounts.hashing import matches
from auth_service.accounts.services import passwords
from auth_service.tests.conftest import PASSWORD, Client, refusal, store_user
from auth_service.tests.test_races import at_once
from auth_service.tokens.models import Session

pytestmark = pytest.mark.django_db
URL, MY_PASSWORD = "/api/v1/auth/token", "/api/v1/users/me/password"
WRONG = "a fine and wrong secret"
HERE, ELSEWHERE = "203.0.113.7", "203.0.113.8"
NEW = "an even finer long secret"


@pytest.fixture(autouse=True)
def limit(settings) -> int:
    settings.AXES_FAILURE_LIMIT = 3
    return 3


def attempt(name: str, password: str, address: str = HERE, **headers: str) -> Any:
    body = {"username": name, "password": password}
    return Client().post(URL, body, headers={"X-Real-IP": address, **headers})


def lock(name: str, address: str = HERE) -> None:
    for _ in range(3):
        answer = attempt(name, WRONG, address)
        assert refusal(answer) == (401, "invalid_credentials")


def cool_off(seconds: float) -> None:
    """So much time passes for every row."""
    for row in AccessAttempt.objects.all():
        row.attempt_time -= timedelta(seconds=seconds)
        row.save()


def test_the_pair_is_locked_even_for_the_right_password(alice, nothing_changes):
    lock("alice")
    nothing_changes()
    answer = attempt("alice", PASSWORD)
    assert refusal(answer) == (429, "throttled")
    assert 895 <= int(answer.headers["Retry-After"]) <= 900
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_same_name_from_another_address_is_not(alice):
    lock("alice")
    assert attempt("alice", PASSWORD, ELSEWHERE).status_code == 200


def test_another_name_from_the_same_address_is_not(alice):
    store_user(username="bob")
    lock("alice")
    assert attempt("bob", PASSWORD).status_code == 200


def test_the_name_is_locked_in_any_case(alice):
    lock("alice")
    assert refusal(attempt("ALICE", PASSWORD)) == (429, "throttled")


@pytest.mark.parametrize("name", ["nobody", "no body\x00\n", "", "x" * 5000, WRONG])
def test_names_that_nobody_has_are_locked_alike(db, name):
    answers = [refusal(attempt(name or "-", WRONG)) for _ in range(4)]
    assert answers == [(401, "invalid_credentials")] * 3 + [(429, "throttled")]


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_nothing_is_hashed_for_a_locked_pair(alice, monkeypatch, name):
    lock(name)

    def hash_nothing(*_):
        raise AssertionError("hashed")

    monkeypatch.setattr(passwords, "matches", hash_nothing)
    assert refusal(attempt(name, PASSWORD)) == (429, "throttled")


def test_the_right_password_begins_anew(alice):
    for _ in range(3):
        attempt("alice", WRONG)
        attempt("alice", WRONG)
        assert attempt("alice", PASSWORD).status_code == 200
    assert not AccessAttempt.objects.exists()


def test_it_begins_anew_for_that_pair_alone(alice):
    lock("alice")
    attempt("alice", PASSWORD, ELSEWHERE)
    assert refusal(attempt("alice", PASSWORD)) == (429, "throttled")


def test_the_lock_ends_by_itself_and_asking_does_not_prolong_it(alice):
    lock("alice")
    cool_off(600)
    for _ in range(5):
        answer = attempt("alice", WRONG)
        assert 295 <= int(answer.headers["Retry-After"]) <= 300
    cool_off(301)
    assert attempt("alice", PASSWORD).status_code == 200


def test_after_the_lock_one_has_all_guesses_again(alice):
    lock("alice")
    cool_off(901)
    lock("alice")
    assert refusal(attempt("alice", PASSWORD)) == (429, "throttled")


def test_another_browser_is_the_same_client(alice):
    for number in range(3):
        attempt("alice", WRONG, **{"User-Agent": f"browser {number}"})
    assert refusal(attempt("alice", PASSWORD)) == (429, "throttled")


@pytest.mark.parametrize(
    ("address", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::ffff:203.0.113.7", "203.0.113.8", False),
        ("nonsense", "other nonsense", True),
        ("nonsense", "203.0.113.7", False),
    ],
)
def test_what_counts_as_one_client(alice, address, other, same):
    lock("alice", address)
    assert attempt("alice", PASSWORD, other).status_code == (429 if same else 200)


def test_without_the_gateway_the_connection_tells_the_address(alice):
    body = {"username": "alice", "password": WRONG}
    for _ in range(3):
        Client().post(URL, body, REMOTE_ADDR=HERE)
    assert refusal(attempt("alice", PASSWORD)) == (429, "throttled")


def test_the_current_password_is_guarded_by_the_same_pair(alice, nothing_changes):
    def change(current: str) -> Any:
        body = {"current_password": current, "new_password": NEW}
        return alice.client.post(MY_PASSWORD, body, headers={"X-Real-IP": HERE})

    attempt("alice", WRONG)
    assert change(WRONG).status_code == 400
    assert change(WRONG).status_code == 400
    nothing_changes()
    answer = change(PASSWORD)
    assert refusal(answer) == (429, "throttled")
    assert int(answer.headers["Retry-After"]) > 890
    assert refusal(attempt("alice", PASSWORD)) == (429, "throttled")


def test_a_new_password_that_will_not_do_is_no_guess(alice):
    body = {"current_password": PASSWORD, "new_password": "1" * 12}
    for _ in range(4):
        answer = alice.client.post(MY_PASSWORD, body, headers={"X-Real-IP": HERE})
        assert answer.status_code == 400
    body["new_password"] = NEW
    answer = alice.client.post(MY_PASSWORD, body, headers={"X-Real-IP": HERE})
    assert answer.status_code == 204
    assert not AccessAttempt.objects.exists()


def test_rows_hold_nothing_of_what_was_sent(alice, caplog, capfd):
    with caplog.at_level(logging.INFO):
        attempt(PASSWORD, WRONG, **{"User-Agent": "A browser", "Accept": "*/*"})
        lock("alice")
    kept = [
        str(value) for row in AccessAttempt.objects.values() for value in row.values()
    ]
    assert HERE in kept
    said = caplog.text + capfd.readouterr().err
    assert "request_finished" in said
    for secret in (PASSWORD, WRONG, "alice", "browser", "*/*"):
        assert not [value for value in kept if secret in value]
        assert secret not in said
    assert not AccessLog.objects.exists()


def test_who_is_locked_is_logged_once(alice, logs):
    lock("alice")
    attempt("alice", PASSWORD)
    assert logs.count({"event": "pair_locked", "log_level": "warning"}) == 1


def hold_all(monkeypatch, count: int, right: Callable[[str], bool]) -> None:
    """Everybody looks at the lock before anybody's password is compared."""
    all_looked = threading.Barrier(count, timeout=60)

    def compare(password, encoded):
        all_looked.wait()
        return right(password)

    monkeypatch.setattr(passwords, "matches", compare)


@pytest.mark.django_db(transaction=True)
def test_of_64_guesses_at_once_no_more_are_told_wrong_than_of_those_in_a_row(
    monkeypatch, settings
):
    settings.AXES_FAILURE_LIMIT = 10
    store_user(username="alice")
    hold_all(monkeypatch, 64, lambda password: False)
    answers = at_once(*[lambda: attempt("alice", WRONG)] * 64)
    told = [refusal(answer) for answer in answers]
    assert set(told) <= {(401, "invalid_credentials"), (429, "throttled")}
    assert 1 <= told.count((401, "invalid_credentials")) <= 10
    assert AccessAttempt.objects.get().failures_since_start == 64


@pytest.mark.django_db(transaction=True)
def test_without_counting_again_all_64_would_be_told(monkeypatch, settings):
    """The twin of the test above: looking at the lock before is not enough."""
    settings.AXES_FAILURE_LIMIT = 10
    store_user(username="alice")
    hold_all(monkeypatch, 64, lambda password: False)
    monkeypatch.setattr(passwords, "count_failure", lambda pair, now: None)
    answers = at_once(*[lambda: attempt("alice", WRONG)] * 64)
    assert [answer.status_code for answer in answers] == [401] * 64


@pytest.mark.django_db(transaction=True)
def test_a_right_guess_that_comes_when_all_are_spent_is_not_let_in(monkeypatch):
    store_user(username="alice")

    def compare(password, encoded):
        monkeypatch.setattr(passwords, "matches", matches)
        lock("alice")
        return True

    monkeypatch.setattr(passwords, "matches", compare)
    assert refusal(attempt("alice", PASSWORD)) == (429, "throttled")
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_right_passwords_at_once_lock_nobody(monkeypatch):
    store_user(username="alice")
    hold_all(monkeypatch, 20, lambda password: password == PASSWORD)
    answers = at_once(*[lambda: attempt("alice", PASSWORD)] * 20)
    assert [answer.status_code for answer in answers] == [200] * 20
