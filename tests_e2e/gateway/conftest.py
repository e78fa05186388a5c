"""One gateway for all tests that need none of their own, between two services."""

from collections.abc import Iterator

import pytest

from tests_e2e.gateway.recording import RecordingService, run_service
from tests_e2e.gateway.running import Gateway, run_gateway


@pytest.fixture(scope="session")
def running_auth() -> Iterator[RecordingService]:
    with run_service() as service:
        yield service


@pytest.fixture(scope="session")
def running_promo() -> Iterator[RecordingService]:
    with run_service() as service:
        yield service


@pytest.fixture(scope="session")
def running_gateway(
    running_auth: RecordingService,
    running_promo: RecordingService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    # A blank in the path: a state folder may have one too.
    with run_gateway(
        tmp_path_factory.mktemp("the gateway"),
        auth_service=running_auth.address,
        promo_service=running_promo.address,
    ) as gateway:
        yield gateway


@pytest.fixture
def auth(running_auth: RecordingService) -> RecordingService:
    running_auth.forget()
    return running_auth


@pytest.fixture
def promo(running_promo: RecordingService) -> RecordingService:
    running_promo.forget()
    return running_promo


@pytest.fixture
def gateway(
    running_gateway: Gateway, auth: RecordingService, promo: RecordingService
) -> Gateway:
    running_gateway.forget_log()
    return running_gateway
