"""`/metrics` of the running services: right whichever of two workers answers."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import psutil
import requests

from local.waiting import wait_until
from tests_e2e.people import Client, grant, refused, register
from tests_e2e.scraping import read_value, scrape

SERVICES = ("auth_service", "promo_service")
USE = "api/v1/promos/<uuid:promo_id>/use"


def count_uses(stack, status="2xx"):
    labels = {"route": USE, "method": "POST", "status": status}
    name = "http_request_duration_seconds_count"
    return read_value(stack, "promo_service", name, **labels)


def use_often(user, path, times):
    """Many connections at once, so that both workers get some."""

    def use(_):
        mine = Client(user.base_url, access=user.access)
        return mine("POST", f"{path}/use", {"points": 1}).status_code

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(use, range(times)))


def workers_of(stack, service):
    return psutil.Process(stack.pid(service)).children()


def test_every_request_is_counted_whichever_worker_answers_the_scrape(
    stack, administrator, user
):
    path = grant(administrator, user, 100)
    requests_before = count_uses(stack)
    points_before = read_value(stack, "promo_service", "points_total", movement="used")

    assert set(use_often(user, path, 100)) == {201}

    for _ in range(20):  # new connections: either worker answers
        assert count_uses(stack) == requests_before + 100
        points = read_value(stack, "promo_service", "points_total", movement="used")
        assert points == points_before + 100


def test_a_worker_that_dies_leaves_its_counts_and_not_its_requests(
    stack, administrator, user
):
    path = grant(administrator, user, 50)
    assert set(use_often(user, path, 50)) == {201}
    before = count_uses(stack)
    killed, *_ = workers_of(stack, "promo_service")

    os.kill(killed.pid, signal.SIGKILL)

    def replaced():
        pids = [worker.pid for worker in workers_of(stack, "promo_service")]
        return len(pids) == 2 and killed.pid not in pids

    assert wait_until(replaced, 15)
    assert wait_until(
        lambda: read_value(stack, "promo_service", "http_request_slots") == 8, 15
    )
    assert count_uses(stack) == before
    in_flight = read_value(stack, "promo_service", "http_requests_in_flight")
    assert in_flight == 1, "the scrape itself"


def test_a_refusal_is_counted_by_its_code_and_moves_no_points(
    stack, administrator, user
):
    path = grant(administrator, user, 5)
    refusals = read_value(
        stack, "promo_service", "refusals_total", code="insufficient_points"
    )
    used = read_value(stack, "promo_service", "points_total", movement="used")

    refused(user("POST", f"{path}/use", {"points": 6}), 409, "insufficient_points")

    now = read_value(
        stack, "promo_service", "refusals_total", code="insufficient_points"
    )
    assert now == refusals + 1
    assert used == read_value(stack, "promo_service", "points_total", movement="used")


def test_a_replay_is_counted_and_its_points_are_not_counted_again(
    stack, administrator, user
):
    path = grant(administrator, user, 50)
    key = {"Idempotency_Key": path}
    assert user("POST", f"{path}/use", {"points": 7}, **key).status_code == 201
    used = read_value(stack, "promo_service", "points_total", movement="used")
    replays = read_value(stack, "promo_service", "idempotent_replays_total")

    assert user("POST", f"{path}/use", {"points": 7}, **key).status_code == 201

    assert read_value(stack, "promo_service", "idempotent_replays_total") == replays + 1
    assert read_value(stack, "promo_service", "points_total", movement="used") == used


def test_log_ins_are_counted_by_outcome(stack, base_url):
    def count(outcome):
        return read_value(stack, "auth_service", "log_ins_total", outcome=outcome)

    succeeded, failed = count("succeeded"), count("invalid_credentials")
    user = register(base_url)
    wrong = {"username": user.username, "password": "not the right one"}
    refused(user("POST", "/api/v1/auth/token", wrong), 401, "invalid_credentials")
    assert (count("succeeded"), count("invalid_credentials")) == (
        succeeded + 1,
        failed + 1,
    )


def test_there_are_no_metrics_on_the_public_port(stack):
    for service in SERVICES:
        public = f"http://{stack.environment(service)['PUBLIC_BIND']}"
        assert requests.get(f"{public}/metrics", timeout=10).status_code == 404
    assert requests.get(f"{stack.base_url}/metrics", timeout=10).status_code == 404


def test_prometheus_may_scrape_by_any_host_name(stack):
    for service in SERVICES:
        url = f"{stack.internal_url(service)}/metrics"
        answer = requests.get(url, headers={"Host": "10.1.2.3:8001"}, timeout=10)
        assert answer.status_code == 200


def test_no_label_says_who_or_which(stack, administrator, user):
    path = grant(administrator, user, 5)
    user("POST", f"{path}/use", {"points": 1}, X_Request_ID="request-id-to-find")
    user("GET", f"/api/v1/promos/me?promo_type={user.username}")
    user("GET", f"/nowhere/{user.username}")
    administrator("GET", f"/api/v1/users/{user.id}")
    secrets = [
        user.id,
        user.username,
        user.access,
        path.rpartition("/")[2],
        "request-id-to-find",
    ]
    for service in SERVICES:
        text = scrape(stack, service)
        assert "promosystem_http_request_duration_seconds_bucket" in text
        assert not [secret for secret in secrets if secret in text]


def test_probes_and_scrapes_are_no_traffic(stack):
    for service in SERVICES:
        text = scrape(stack, service)
        assert not [one for one in ("healthz", "readyz", "metrics") if one in text]
