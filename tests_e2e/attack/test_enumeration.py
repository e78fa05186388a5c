"""Who exists is told neither by what is said nor by how long it takes."""

import itertools
import statistics
import time
from collections.abc import Callable
from uuid import uuid4

import pytest
import requests

from local.stack import Stack
from tests_e2e.attack.expectations import told_alike, turned_away
from tests_e2e.people import Client, grant, register

ROUNDS = 15
ACCOUNTS = 10
# Without the care taken, the slow ones would take five times as long as the quick.
MOST_TIMES_AS_LONG = 1.7
# What a machine that is busy with other things adds is not there every time.
ATTEMPTS = 4
# Of a name from an address, before the pair is locked.
MOST_FAILURES = 10

Ask = Callable[[], requests.Response]


@pytest.fixture(scope="module")
def failing(stack: Stack, base_url: str) -> dict[str, Ask]:
    """Log-ins that fail, each for another reason, and each of several accounts in turn.

    One account would be locked before it could be measured.
    """
    administrator = Client(base_url, "admin", stack.admin_password).log_in()
    active, suspended, deleted = (
        [register(base_url) for _ in range(ACCOUNTS)] for _ in range(3)
    )
    for client in suspended:
        path = f"/api/v1/users/{client.id}"
        assert administrator("PATCH", path, {"is_active": False}).status_code == 200
    for client in deleted:
        path = f"/api/v1/users/{client.id}"
        assert administrator("DELETE", path).status_code == 204
    nobody = [Client(base_url, f"no-{uuid4()}", "x" * 20) for _ in range(ACCOUNTS)]
    for client in active:
        client.password = f"not {client.password}"
    return {
        "a wrong password": one_after_the_other(active),
        "nobody of that name": one_after_the_other(nobody),
        "suspended": one_after_the_other(suspended),
        "deleted": one_after_the_other(deleted),
    }


def one_after_the_other(clients: list[Client]) -> Ask:
    turns = itertools.cycle(clients)
    anybody = Client(clients[0].base_url)
    return lambda: log_in(anybody, next(turns))


def log_in(anybody: Client, client: Client) -> requests.Response:
    body = {"username": client.username, "password": client.password}
    return anybody("POST", "/api/v1/auth/token", body)


def test_a_log_in_that_fails_says_the_same_whatever_the_reason(failing, base_url):
    first, *others = (ask() for ask in failing.values())
    turned_away(first, (401, "invalid_credentials"))
    for other in others:
        told_alike(first, other)
    anybody = Client(base_url)
    for username in ("", " ", "é", "\x00", "x" * 5000, "a b", "' OR 1=1 --", "%"):
        body = {"username": username, "password": "x" * 20}
        answer = anybody("POST", "/api/v1/auth/token", body)
        if username.strip():
            told_alike(first, answer)
        else:
            turned_away(answer, (400, "validation_error"), (401, "invalid_credentials"))


def test_a_lock_says_the_same_whether_there_is_somebody_to_lock_out(base_url, user):
    """And a right password is not told from a wrong one, while it lasts."""
    somebody = register(base_url)
    wrong = Client(base_url, somebody.username, "not the right one")
    nobody = Client(base_url, f"no-{uuid4()}", "not the right one")
    answers = {}
    for client in (wrong, nobody):
        for _ in range(MOST_FAILURES):
            turned_away(log_in(user, client), (401, "invalid_credentials"))
        answers[client.username] = log_in(user, client)
        turned_away(answers[client.username], (429, "throttled"))
    right = Client(base_url, somebody.username, somebody.password)
    answers["right"] = log_in(user, right)
    for answer in answers.values():
        assert 800 < int(answer.headers.pop("Retry-After")) <= 900
    first, *others = answers.values()
    for other in others:
        told_alike(first, other)


def test_a_log_in_that_fails_takes_as_long_whatever_the_reason(failing):
    take_as_long(failing, rounds=ROUNDS)


def test_somebody_else_s_promo_takes_as_long_as_one_that_is_none(
    administrator, user, stranger
):
    promo = grant(administrator, user, 10)
    nobody = "/api/v1/promos/018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f"
    for below, body in (("", None), ("/points", None), ("/use", {"points": 1})):
        method = "POST" if body else "GET"
        take_as_long(
            {
                "somebody else's": lambda: stranger(method, promo + below, body),  # noqa: B023
                "none": lambda: stranger(method, nobody + below, body),  # noqa: B023
            },
            rounds=25,
        )


def take_as_long(asked: dict[str, Ask], *, rounds: int) -> None:
    """Compare medians of rounds that ask each once, so that drift is shared."""
    for ask in asked.values():
        ask()
    ratios = []
    for _ in range(ATTEMPTS):
        medians = measure(asked, rounds)
        ratio = max(medians.values()) / min(medians.values())
        if ratio <= MOST_TIMES_AS_LONG:
            return
        ratios.append((ratio, medians))
    raise AssertionError(f"one of them is told by its time: {ratios}")


def measure(asked: dict[str, Ask], rounds: int) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds):
        names = list(asked) if number % 2 else list(reversed(asked))
        for name in names:
            began = time.perf_counter()
            asked[name]()
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in seconds.items()}
