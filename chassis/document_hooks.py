"""What is changed in an OpenAPI document once made: closed bodies, open answers."""

from typing import Any


def refuse_unknown_fields(result: Any, **_: Any) -> Any:
    """Say in the document that bodies take no other fields."""
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
    return result


def open_answers(result: Any, **_: Any) -> Any:
    """Leave the values of answers open in the document: there may be more some day.

    Clients are made of it, and one that knows five types must read a sixth. What
    requests may say stays closed.
    """
    schemas = result["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if "enum" in schema}
    for name, schema in schemas.items():
        if name not in closed and not name.endswith("Request"):
            schemas[name] = _opened(schema, schemas)
    for path in result["paths"].values():
        for described in path.values():
            described["responses"] = _opened(described["responses"], schemas)
    text = str(result)
    for name in closed:
        if f"'#/components/schemas/{name}'" not in text:
            del schemas[name]
    return result


def _opened(schema: Any, schemas: Any) -> Any:
    """Return the schema with its enumerations, and those it refers to, left open."""
    if isinstance(schema, list):
        return [_opened(each, schemas) for each in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).removeprefix("#/components/schemas/")
    if "enum" in schemas.get(name, ()):
        others = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**schemas[name], **others}
    opened = {key: _opened(value, schemas) for key, value in schema.items()}
    [only] = opened["allOf"] if len(opened.get("allOf", ())) == 1 else [{}]
    if "x-extensible-enum" in only:
        del opened["allOf"]
        opened = {**only, **opened}
    if isinstance(opened.get("enum"), list):
        values = opened.pop("enum")
        known = ", ".join(f"`{value}`" for value in values)
        told = f"Known are {known}; be ready for others."
        opened["description"] = " ".join(
            [*filter(None, [opened.get("description")]), told]
        )
        opened["x-extensible-enum"] = values
    return opened
