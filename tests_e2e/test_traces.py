"""A trace goes from the client's header through both services to their databases."""

import secrets
from collections.abc import Iterator
from uuid import uuid4

import pytest

from local.stack import Stack
from local.waiting import wait_until
from tests_e2e.collecting import Collected, Span, run_collector
from tests_e2e.people import Client, grant, refused, register
from tests_e2e.scraping import PROGRAMS, scrape, wait_for_events


@pytest.fixture(scope="module")
def collected() -> Iterator[Collected]:
    with run_collector() as collecting:
        yield collecting


@pytest.fixture(scope="module")
def traced(collected) -> Iterator[Stack]:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collected.address,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    with Stack(variables) as running:
        yield running


@pytest.fixture
def admin(traced) -> Client:
    return Client(traced.base_url, "admin", traced.admin_password).log_in()


def begin_trace() -> tuple[str, str, str]:
    trace_id, span_id = secrets.token_hex(16), secrets.token_hex(8)
    return trace_id, span_id, f"00-{trace_id}-{span_id}-01"


def wait_for_spans(
    collected: Collected, trace_id: str, span_id: str, *services: str
) -> list[Span]:
    """All that hangs together below the client's own span."""

    def all_came() -> bool:
        spans = collected.spans(trace_id)
        above = {span.parent_id for span in spans} - {span.span_id for span in spans}
        return above == {span_id} and {*services} <= {span.service for span in spans}

    assert wait_until(all_came, 10), collected.spans(trace_id)
    return collected.spans(trace_id)


def name_ancestors(spans: list[Span], span: Span) -> list[str]:
    by_id = {each.span_id: each for each in spans}
    names = []
    while (above := by_id.get(span.parent_id)) is not None:
        names.append(f"{above.service} {above.name}")
        span = above
    return names


def test_a_trace_spans_header_promo_service_auth_service_and_database(
    traced, admin, collected
):
    trace_id, span_id, traceparent = begin_trace()
    body = {
        "username": f"nobody-{uuid4().hex[:8]}",
        "promo_type": "welcome",
        "promo_code": "TRACED",
        "promo_amount": 1,
    }
    answer = admin("POST", "/api/v1/promos", body, traceparent=traceparent)
    refused(answer, 400, "validation_error")

    services = ("promo_service", "auth_service")
    spans = wait_for_spans(collected, trace_id, span_id, *services)
    [root] = [span for span in spans if span.parent_id == span_id]
    assert (root.service, root.name) == ("promo_service", "POST api/v1/promos")
    assert root.attributes == {
        "http.request.method": "POST",
        "http.route": "api/v1/promos",
        "http.response.status_code": "400",
        "request_id": answer.headers["X-Request-ID"],
    }
    statement = next(
        span
        for span in spans
        if span.service == "auth_service" and "account" in str(span.attributes)
    )
    assert statement.attributes["db.system"] == "postgresql"
    assert name_ancestors(spans, statement) == [
        "auth_service POST internal/v1/users/lookup",
        "promo_service POST",
        "promo_service POST api/v1/promos",
    ]


def test_the_trace_s_id_is_in_the_log_beside_the_request_s(traced, admin):
    trace_id, _, traceparent = begin_trace()
    answer = admin("GET", "/api/v1/promos", traceparent=traceparent)
    request_id = answer.headers["X-Request-ID"]
    for program in ("gateway", "promo_service"):
        [event] = wait_for_events(traced, program, request_id)
        assert event["trace_id"] == trace_id


def test_no_span_holds_what_belongs_to_a_person(traced, admin, collected):
    user = register(traced.base_url)
    trace_id, _, traceparent = begin_trace()
    marker = uuid4().hex
    path = grant(admin, user, 5, description=f"for-{marker}")
    used = {"points": 1, "task": f"task-{marker}"}
    for _ in range(2):  # the second violates a constraint, whose error quotes the key
        assert (
            user(
                "POST",
                f"{path}/use",
                used,
                traceparent=traceparent,
                Idempotency_Key=f"key-{marker}",
            ).status_code
            == 201
        )
    user("GET", f"/api/v1/promos/me?promo_type={marker}", traceparent=traceparent)
    taken = {"password": marker, "name": marker, "mobile_number": "+201001234567"}
    taken["username"] = user.username
    Client(traced.base_url)(
        "POST", "/api/v1/auth/register", taken, traceparent=traceparent
    )
    assert wait_until(lambda: len(collected.spans(trace_id)) >= 6, 10)
    admin("GET", f"/api/v1/users?search={marker}", traceparent=traceparent)
    assert wait_until(
        lambda: "GET api/v1/users" in {s.name for s in collected.spans(trace_id)}, 10
    )
    sent = b"".join(collected.bodies)
    secret = [marker, user.username, user.id, user.access, path.rpartition("/")[2]]
    assert not [each for each in secret if each.encode() in sent]


def test_prometheus_may_scrape_while_traces_are_on(traced):
    assert "promosystem_http_request_duration_seconds" in scrape(traced, PROGRAMS[1])
