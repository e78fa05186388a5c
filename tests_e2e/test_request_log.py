"""One request can be followed by its id through every log: one event in each."""

import json
from uuid import uuid4

import pytest

from tests_e2e.people import grant, refused, register
from tests_e2e.scraping import PROGRAMS, wait_for_events


@pytest.fixture
def request_id() -> str:
    return f"follow-{uuid4().hex}"


def test_a_request_is_followed_through_gateway_promo_service_and_auth_service(
    stack, administrator, request_id
):
    body = {
        "username": f"nobody-{uuid4().hex[:8]}",  # so promo_service asks
        "promo_type": "welcome",
        "promo_code": "FOLLOWED",
        "promo_amount": 1,
    }
    answer = administrator("POST", "/api/v1/promos", body, X_Request_ID=request_id)
    refused(answer, 400, "validation_error")
    assert answer.headers["X-Request-ID"] == request_id

    [at_gateway] = wait_for_events(stack, "gateway", request_id)
    [at_promo] = wait_for_events(stack, "promo_service", request_id)
    *_, at_auth = wait_for_events(stack, "auth_service", request_id)

    assert at_gateway["path"] == "/api/v1/promos"
    assert at_promo["route"] == "api/v1/promos"
    assert at_auth["route"] == "internal/v1/users/lookup"
    assert [at_gateway["status"], at_promo["status"]] == [400, 400]
    assert at_auth["status"] == 200
    assert [at["service"] for at in (at_gateway, at_promo, at_auth)] == [*PROGRAMS]


def test_a_use_is_one_event_that_says_who_what_and_how_long(
    stack, administrator, user, request_id
):
    path = grant(administrator, user, 5)
    user("POST", f"{path}/use", {"points": 1}, X_Request_ID=request_id)

    [event] = wait_for_events(stack, "promo_service", request_id)
    assert event.pop("milliseconds") >= event.pop("database_milliseconds") > 0
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "request_finished",
        "level": "info",
        "logger": "chassis.request_log",
        "service": "promo_service",
        "request_id": request_id,
        "user_id": user.id,
        "method": "POST",
        "route": "api/v1/promos/<uuid:promo_id>/use",
        "status": 201,
        "statements": 1,
    }


def test_an_outage_is_one_event_with_its_traceback(stack, administrator, request_id):
    body = {
        "username": "never-heard-of",
        "promo_type": "welcome",
        "promo_code": "OUTAGE",
        "promo_amount": 1,
    }
    stack.stop_program("auth_service")
    try:
        administrator("POST", "/api/v1/promos", body, X_Request_ID=request_id)
    finally:
        stack.start_program("auth_service")
    events = wait_for_events(stack, "promo_service", request_id)
    # Beside it, each attempt to reach auth_service is a warning.
    [event] = [one for one in events if one["event"].startswith("request")]
    assert (event["level"], event["status"]) == ("error", 503)
    assert "UserDirectoryUnavailable" in event["exception"]


def test_no_log_holds_a_query_a_token_a_password_or_a_key(stack, base_url):
    user = register(base_url)
    marker = uuid4().hex
    user("GET", f"/api/v1/promos/me?promo_type={marker}")
    user("GET", f"/api/v1/users?search={marker}")
    user("POST", "/api/v1/promos/me/use", {"points": 1}, Idempotency_Key=f"k{marker}")
    wait_for_events(
        stack,
        "promo_service",
        user("GET", "/api/v1/promos/me").headers["X-Request-ID"],
    )
    for program in PROGRAMS:
        text = stack.whole_log(program)
        secrets = [marker, user.access, user.refresh, user.password]
        assert not [secret for secret in secrets if secret in text]


def test_every_line_of_a_service_is_json_gunicorn_s_too(stack):
    for service in ("auth_service", "promo_service"):
        lines = stack.whole_log(service).splitlines()
        events = [json.loads(line) for line in lines]
        assert {event["service"] for event in events} == {service}
        assert "gunicorn.error" in {event["logger"] for event in events}
        assert "gunicorn.access" not in {event["logger"] for event in events}
