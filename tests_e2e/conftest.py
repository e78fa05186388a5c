"""The whole system, started once as `make run` starts it, on free ports."""

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests_e2e.people import Client, register


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
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
