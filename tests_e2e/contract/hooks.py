"""What schemathesis loads: who asks, what is arranged first, and what was answered."""

import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import schemathesis

from tests_e2e.contract.arranging import Arranger
from tests_e2e.contract.world import World
from tests_e2e.people import Client

Case = schemathesis.Case[Any]

_world = World(os.environ["CONTRACT_BASE_URL"], os.environ["CONTRACT_ADMIN_PASSWORD"])
_arranger = Arranger(_world)
_answers: defaultdict[str, Counter[int]] = defaultdict(Counter)


class Bearer:
    """An access token, looked up at each request since users come and go."""

    def get(self, case: Case, context: Any) -> str:
        return _caller_for(case.path).access

    def set(self, case: Case, data: str, context: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


schemathesis.auth(refresh_interval=None)(Bearer)


def _caller_for(path: str) -> Client:
    if "/users/me" in path:
        return _world.user
    own = path.endswith("/promos/me/use")
    return _world.holder_with_token if own else _world.administrator


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """A field of an answer that the document does not tell of is a fault too."""
    for schema in raw_schema["components"]["schemas"].values():
        if schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)


@schemathesis.hook
def before_call(context: Any, case: Case, kwargs: dict[str, Any]) -> None:
    if case.meta is not None and _is_declared(case):
        _arranger.arrange(case)


@schemathesis.hook
def after_call(context: Any, case: Case, response: Any) -> None:
    if not _is_declared(case):
        return
    operation_id = case.operation.definition.raw["operationId"]
    _answers[operation_id][response.status_code] += 1
    _arranger.learn(operation_id, response.status_code)
    Path(os.environ["CONTRACT_ANSWERS"]).write_text(json.dumps(_answers))


def _is_declared(case: Case) -> bool:
    """Tell a request of the operation from one with another method on its path."""
    declared: str = case.operation.method
    return case.method.upper() == declared.upper()
