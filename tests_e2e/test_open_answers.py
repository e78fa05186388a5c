"""What answers list may become more, and a client that was made before must read it."""

from typing import Any

import pytest
import yaml

from local.settings import ROOT

DOCUMENTS = ["auth", "promo"]
TYPES = ["grant", "use", "reverse", "adjust", "void"]


def document(name: str) -> dict[str, Any]:
    text = (ROOT / "docs" / "openapi" / f"{name}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def closed_in(schema: Any, schemas: dict[str, Any], seen: set[str]) -> list[Any]:
    """Every closed list of values that the schema leads to."""
    if isinstance(schema, list):
        return [each for one in schema for each in closed_in(one, schemas, seen)]
    if not isinstance(schema, dict):
        return []
    name = str(schema.get("$ref", "")).removeprefix("#/components/schemas/")
    found = [schema[key] for key in ("enum", "const") if key in schema]
    if name in schemas and name not in seen:
        seen.add(name)
        found += closed_in(schemas[name], schemas, seen)
    return found + closed_in(
        [value for key, value in schema.items() if key not in {"example", "examples"}],
        schemas,
        seen,
    )


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_answer_has_a_closed_list_of_values(name):
    read = document(name)
    responses = [
        operation["responses"]
        for path in read["paths"].values()
        for operation in path.values()
    ]
    assert len(responses) > 8
    assert closed_in(responses, read["components"]["schemas"], set()) == []


def test_the_known_values_are_named():
    entry = document("promo")["components"]["schemas"]["EntryAnswer"]
    kind = entry["properties"]["type"]
    assert kind["type"] == "string"
    assert kind["x-extensible-enum"] == TYPES
    assert all(value in kind["description"] for value in TYPES)
    user = document("auth")["components"]["schemas"]["UserAnswer"]
    role = user["properties"]["role"]
    assert role["x-extensible-enum"] == ["administrator", "normal"]


def test_what_requests_may_say_is_closed():
    schemas = document("auth")["components"]["schemas"]
    assert closed_in(schemas["CreateUserRequest"], schemas, set())
    (status,) = (
        parameter["schema"]
        for parameter in document("promo")["paths"]["/api/v1/promos"]["get"][
            "parameters"
        ]
        if parameter["name"] == "status"
    )
    assert status["enum"] == ["active", "expired"]
