"""Which variables the services read, found in their code."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from k8s.rendering import HERE

ROOT = HERE.parent


@dataclass(frozen=True)
class Variable:
    """A variable that code reads from the environment."""

    name: str
    required: bool


def list_variables(path: Path) -> Iterator[Variable]:
    """Every `env.TYPE("NAME", default)` of a module; without default it is required."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")),
                args=[ast.Constant(value=str(name)), *rest],
                keywords=keywords,
            ):
                named = any(keyword.arg == "default" for keyword in keywords)
                yield Variable(name, required=not rest and not named)


def required_by_settings(package: str) -> set[str]:
    """What any command of a service needs."""
    return _required(ROOT / package / "config" / "settings.py")


def required_by_server(package: str) -> set[str]:
    """What gunicorn needs besides."""
    return _required(ROOT / package / "config" / "gunicorn.py")


def read_anywhere(package: str) -> set[str]:
    """What a service reads at all, wherever."""
    paths = [*(ROOT / package).rglob("*.py"), *(ROOT / "chassis").rglob("*.py")]
    return {variable.name for path in paths for variable in list_variables(path)}


def _required(path: Path) -> set[str]:
    return {variable.name for variable in list_variables(path) if variable.required}
