"""Each document is tried once; the 2xx answers are told at the end, in every run."""

from typing import Any

import pytest

from local.stack import Stack
from tests_e2e.contract.trial import Trial, try_document

_SUCCESSES = pytest.StashKey[dict[str, int]]()


@pytest.fixture(scope="module", params=["/api/v1/auth/schema", "/api/v1/promos/schema"])
def trial(
    request: pytest.FixtureRequest,
    stack: Stack,
    tmp_path_factory: pytest.TempPathFactory,
) -> Trial:
    result = try_document(stack, request.param, tmp_path_factory.mktemp("contract"))
    successes = request.config.stash.setdefault(_SUCCESSES, {})
    successes.update(result.count_successes())
    return result


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if successes := config.stash.get(_SUCCESSES, None):
        terminalreporter.section("2xx answers to schemathesis, by operation")
        for operation_id, count in successes.items():
            terminalreporter.line(f"{count:6}  {operation_id}")
