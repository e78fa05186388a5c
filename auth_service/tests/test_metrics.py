"""What is counted here: log-ins by outcome, and passwords that wait to be hashed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import REGISTRY

from auth_service.accounts import hashing
from auth_service.tests.conftest import PASSWORD, refusal
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
    monkeypatch.setattr(hashing, "_slots", threading.BoundedSemaphore(1))
    assert hashing._slots.acquire()
    with ThreadPoolExecutor(3) as pool:
        hashed = [pool.submit(hashing.hash_password, PASSWORD) for _ in range(3)]
        assert wait_until(lambda: value("password_hashes_waiting") == 3, 5)
        hashing._slots.release()
        assert all(one.result().startswith("argon2") for one in hashed)
    assert value("password_hashes_waiting") == 0


def test_who_waited_in_vain_waits_no_more(monkeypatch):
    monkeypatch.setattr(hashing, "_slots", threading.BoundedSemaphore(1))
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 0.05)
    assert hashing._slots.acquire()
    with pytest.raises(Unavailable):
        hashing.hash_password(PASSWORD)
    assert value("password_hashes_waiting") == 0
