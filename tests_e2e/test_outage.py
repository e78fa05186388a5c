"""With auth_service stopped, users go on reading and using their points."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from local.waiting import wait_until
from tests_e2e.people import Client, grant, refused, register
from tests_e2e.scraping import read_value


@pytest.fixture
def auth_stopped(stack, administrator, user):
    path = grant(administrator, user, 100)
    assert user("GET", f"{path}/points").status_code == 200
    stack.stop_program("auth_service")
    yield path
    stack.start_program("auth_service")


def test_points_are_read_and_used_and_known_users_are_granted(
    auth_stopped, administrator, user
):
    path = auth_stopped

    assert user("GET", "/api/v1/promos/me").status_code == 200
    used = user("POST", f"{path}/use", {"points": 30}, Idempotency_Key="in-the-dark")
    assert used.status_code == 201
    assert user("GET", f"{path}/points").json()["remaining_points"] == 70
    assert administrator("GET", "/api/v1/promos").status_code == 200
    known = {
        "username": user.username,
        "promo_type": "gift",
        "promo_code": "STILL-HERE",
        "promo_amount": 5,
    }
    assert administrator("POST", "/api/v1/promos", known).status_code == 201

    unknown = {**known, "username": "never-seen"}
    answer = administrator("POST", "/api/v1/promos", unknown)
    refused(answer, 503, "user_directory_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1

    refused(user("GET", "/api/v1/users/me"), 502, "bad_gateway")


def test_it_comes_back_and_everything_works_again(administrator, base_url):
    user = register(base_url)
    path = grant(administrator, user, 10)
    assert user("POST", f"{path}/use", {"points": 10}).status_code == 201


def test_a_worker_that_dies_is_replaced(stack, administrator, user):
    path = grant(administrator, user, 10)

    stack.stop_program("promo_service")
    refused(user("GET", f"{path}/points"), 502, "bad_gateway")
    stack.start_program("promo_service")

    assert user("GET", f"{path}/points").json()["remaining_points"] == 10


def test_every_worker_checks_tokens_that_came_after_auth_service_went(
    stack, administrator, user
):
    """Each fetches the keys when it starts, not with the first token that it meets."""
    path = grant(administrator, user, 10)
    stack.stop_program("promo_service")
    stack.start_program("promo_service")
    workers = int(stack.environment("promo_service")["WEB_WORKERS"])

    def have_fetched() -> bool:
        name, labels = "key_set_fetches_total", {"outcome": "fetched"}
        return read_value(stack, "promo_service", name, **labels) >= workers

    assert wait_until(have_fetched, 30)
    stack.stop_program("auth_service")
    try:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: read(user, path), range(64)))
    finally:
        stack.start_program("auth_service")

    assert set(answers) == {200}


def read(user: Client, path: str) -> int:
    """The status, on a connection of its own, so that any worker may answer."""
    client = Client(user.base_url, access=user.access)
    return client("GET", f"{path}/points").status_code
