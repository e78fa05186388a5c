"""What a proxy in front says is believed where TRUSTED_PROXIES names it."""

from collections.abc import Iterator

import pytest

from tests_e2e.gateway.expectations import expect_problem, expect_usual_headers
from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import PUBLIC_ORIGINS, Gateway, run_gateway


@pytest.fixture(scope="module")
def running_behind_proxy(
    running_auth: RecordingService,
    running_promo: RecordingService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    with run_gateway(
        tmp_path_factory.mktemp("behind"),
        auth_service=running_auth.address,
        promo_service=running_promo.address,
        trusted_proxies="127.0.0.0/8, 10.0.0.0/8",
        settings={"PUBLIC_ORIGINS": f"{PUBLIC_ORIGINS} https://promo.example"},
    ) as gateway:
        yield gateway


@pytest.fixture
def behind_proxy(
    running_behind_proxy: Gateway, promo: RecordingService
) -> Iterator[Gateway]:
    running_behind_proxy.forget_log()
    yield running_behind_proxy
    assert len(promo.received) < 2


def test_a_trusted_proxy_is_believed(
    behind_proxy: Gateway, promo: RecordingService
) -> None:
    headers = {
        "X-Forwarded-For": "6.6.6.6, 203.0.113.7, 10.1.2.3",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "promo.example",
    }
    answer = behind_proxy.send("GET", "/api/v1/promos", headers)
    assert answer.header("Strict-Transport-Security") == "max-age=31536000"
    expect_usual_headers(answer)
    received = promo.only
    # The last that is no trusted proxy: what stands left of it, anybody could write.
    assert received.header("X-Forwarded-For") == "203.0.113.7"
    assert received.header("X-Real-IP") == "203.0.113.7"
    assert received.header("X-Forwarded-Proto") == "https"
    assert received.header("Host") == "promo.example"
    assert received.header("X-Forwarded-Host") == "promo.example"
    assert behind_proxy.read_log()[0]["client"] == "203.0.113.7"


def test_a_trusted_proxy_that_says_nothing_changes_nothing(
    behind_proxy: Gateway, promo: RecordingService
) -> None:
    answer = behind_proxy.send("GET", "/api/v1/promos")
    assert answer.header("Strict-Transport-Security") is None
    assert promo.only.header("X-Forwarded-Proto") == "http"
    assert promo.only.header("X-Forwarded-For") == "127.0.0.1"
    assert promo.only.header("Host") == "localhost"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "a b"},
        {"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "a, b"},
        {"X-Forwarded-Proto": "", "X-Forwarded-Host": "a/b"},
    ],
)
def test_nonsense_of_a_trusted_proxy_is_not_believed(
    headers: dict[str, str], behind_proxy: Gateway, promo: RecordingService
) -> None:
    assert behind_proxy.send("GET", "/api/v1/promos", headers).status == 200
    assert promo.only.header("X-Forwarded-Proto") == "http"
    assert promo.only.header("Host") == "localhost"


def test_a_refusal_over_tls_says_to_stay_there(behind_proxy: Gateway) -> None:
    answer = behind_proxy.send("GET", "/nowhere", {"X-Forwarded-Proto": "https"})
    expect_problem(answer, 404, "not_found")
    assert answer.header("Strict-Transport-Security") == "max-age=31536000"
