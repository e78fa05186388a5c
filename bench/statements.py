"""The product's own statements, and how others send the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Parameters = dict[str, Any] | list[Any]


@dataclass(frozen=True)
class Slot:
    """A place in a statement for what differs from request to request."""

    name: str


@dataclass(frozen=True)
class Statement:
    """SQL as the product sends it; of its parameters those that differ are slots."""

    sql: str
    parameters: Mapping[str, Any] | Sequence[Any]

    def fill(self, values: Mapping[str, Any]) -> Parameters:
        """Return the parameters for one request; raises KeyError for a missing one."""
        if isinstance(self.parameters, Mapping):
            return {
                name: values[each.name] if isinstance(each, Slot) else each
                for name, each in self.parameters.items()
            }
        return [
            values[each.name] if isinstance(each, Slot) else each
            for each in self.parameters
        ]


def save(statements: Mapping[str, Statement], path: Path) -> None:
    """Write statements to a file, by name."""
    path.write_text(
        json.dumps(
            {
                name: {"sql": each.sql, "parameters": _to_plain(each.parameters)}
                for name, each in statements.items()
            },
            indent=2,
        )
    )


def load(path: Path) -> dict[str, Statement]:
    """Return the statements that a file holds, by name."""
    return {
        name: Statement(each["sql"], _from_plain(each["parameters"]))
        for name, each in json.loads(path.read_text()).items()
    }


def _to_plain(parameters: Mapping[str, Any] | Sequence[Any]) -> Any:
    if isinstance(parameters, Mapping):
        return {name: _name_slot(each) for name, each in parameters.items()}
    return [_name_slot(each) for each in parameters]


def _name_slot(value: Any) -> Any:
    return {"slot": value.name} if isinstance(value, Slot) else value


def _from_plain(parameters: Any) -> Any:
    if isinstance(parameters, list):
        return [_find_slot(each) for each in parameters]
    return {name: _find_slot(each) for name, each in parameters.items()}


def _find_slot(value: Any) -> Any:
    return Slot(value["slot"]) if isinstance(value, dict) else value
