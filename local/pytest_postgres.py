"""A pytest plugin: gives the service under test its environment and a PostgreSQL.

    pytest -p local.pytest_postgres --service=auth_service auth_service/tests

Both are there before Django's settings load. DATABASE_URL, if it is set, is used
instead of a cluster of one's own; so are all other variables that are set. The workers
of pytest-xdist inherit what their controller has.
"""

import contextlib
import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from local.system import SERVICES
from local.test_environment import build_test_environment
from local.throwaway import ThrowawayCluster


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the service."""
    parser.addoption(
        "--service", choices=SERVICES, help="the service whose settings the tests need"
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, None, None]:
    """Prepare the environment before pytest-django reads the settings."""
    service = early_config.known_args_namespace.service or _service_of_settings()
    if service:
        prepared = contextlib.ExitStack()
        early_config.add_cleanup(prepared.close)
        _prepare(service, prepared)
    yield


def _service_of_settings() -> str | None:
    service = os.environ.get("DJANGO_SETTINGS_MODULE", "").partition(".")[0]
    return service if service in SERVICES else None


def _prepare(service: str, prepared: contextlib.ExitStack) -> None:
    if "DATABASE_URL" not in os.environ:
        cluster = prepared.enter_context(ThrowawayCluster())
        os.environ["DATABASE_URL"] = cluster.url(service)
        prepared.callback(os.environ.pop, "DATABASE_URL", None)
    folder = tempfile.TemporaryDirectory(prefix="promo-tests-")
    prepared.enter_context(folder)
    variables = build_test_environment(
        service, Path(folder.name), os.environ["DATABASE_URL"]
    )
    for name, value in variables.items():
        os.environ.setdefault(name, value)
