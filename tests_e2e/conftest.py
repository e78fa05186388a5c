"""The whole system, started once as `make run` starts it, on free ports.

Where `COMPOSED_BASE_URL` is set, it is the one of Compose (`make test-compose`).
"""

import os
from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests_e2e.compose.system import ComposedSystem
from tests_e2e.people import Client, register


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack | ComposedSystem]:
    composed = os.environ.get("COMPOSED_BASE_URL")
    if composed:
        yield ComposedSystem(composed)
    else:
        with Stack() as running:
            yield running


@pytest.fixture(scope="session")
def base_url(stack: Stack) -> str:
    return stack.base_url


@pytest.fixture
def administrator(stack: Stack) -> Client:
    return Client(stack.base_url, "admin", stack.admin_password).log_in()


@pytest.fixture
def user(base_url: str) -> Client:
    return register(base_url)


@pytest.fixture
def stranger(base_url: str) -> Client:
    return register(base_url)
