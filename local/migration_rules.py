"""What makes a step of a migration unsafe while the version before it still runs.

Unsafe is what that version can't live with (a column gone, one it does not fill), what
keeps everybody waiting (an index built under lock, a table rewritten or read through),
and what can't be taken back. A table that the same migration makes has nobody to wait.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.contrib.postgres import operations as pg
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import ModelOptionOperation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now

Field: TypeAlias = Any  # the stubs know no db_index, nor what a foreign key adds

_IN_SQL = {
    r"\bcreate\s+(unique\s+)?index\b(?!\s+concurrently)": "builds an index under lock",
    r"\bdrop\s+(table|column|view|schema)\b": "drops what the running version reads",
    r"\brename\b": "renames what the running version reads",
    r"\btruncate\b|\block\s+table\b": "keeps everybody waiting",
    r"\balter\s+(column\s+)?\S+\s+(set\s+data\s+)?type\b": "may rewrite the table",
    r"\bset\s+not\s+null\b": "reads the whole table under lock",
    r"\badd\s+constraint\b(?!.*\bnot\s+valid\b)": "reads the whole table under lock",
}
_REMOVES_AN_INDEX = re.compile(r"DROP INDEX CONCURRENTLY IF EXISTS \w+")
_INDEX = "builds an index under lock: AddIndexConcurrently, in a migration of its own"
_CONSTRAINT = (
    "reads the whole table under lock: AddConstraintNotValid, and ValidateConstraint "
    "in the next migration"
)
_DATA = (migrations.RunPython, migrations.RunSQL)
_CONCURRENT = (pg.AddIndexConcurrently, pg.RemoveIndexConcurrently)
# They change Django's own picture, or nothing that anybody waits for.
_HARMLESS = (
    ModelOptionOperation,
    migrations.AlterModelManagers,
    migrations.RenameIndex,
    migrations.RemoveConstraint,
    migrations.CreateModel,
)


@dataclass(frozen=True)
class Step:
    """One operation of a migration, with the models before it."""

    operation: Any
    migration: migrations.Migration
    before: ProjectState

    @property
    def model(self) -> str:
        """The name of the model that it changes, in lower case; empty without one."""
        name = getattr(self.operation, "model_name", None)
        return str(name or getattr(self.operation, "name", "") or "").lower()

    @property
    def is_on_a_new_table(self) -> bool:
        """Whether the same migration makes the table."""
        return any(
            isinstance(each, migrations.CreateModel) and each.name_lower == self.model
            for each in self.migration.operations
        )

    @property
    def name(self) -> str:
        """What it is called in messages, and where it is allowed."""
        operation = self.operation
        words = [type(operation).__name__]
        if isinstance(operation, migrations.RunPython):
            words.append(getattr(operation.code, "__name__", ""))
        elif isinstance(operation, migrations.RunSQL):
            words += self.sql.split()[:4]
        else:
            part = getattr(operation, "name", None) or getattr(
                operation, "old_name", None
            )
            for attribute in ("index", "constraint"):
                part = getattr(getattr(operation, attribute, None), "name", part)
            words += [self.model]
            words += [part] if part and part.lower() != self.model else []
        return " ".join(words)

    @property
    def sql(self) -> str:
        """The statements of a RunSQL."""
        given = self.operation.sql
        if isinstance(given, str):
            return given
        return "; ".join(each if isinstance(each, str) else each[0] for each in given)

    def split(self) -> Iterator["Step"]:
        """Yield what the database sees of it: the parts of one that is composed."""
        if not isinstance(self.operation, migrations.SeparateDatabaseAndState):
            yield self
            return
        before = self.before.clone()
        for each in self.operation.database_operations:
            yield from Step(each, self.migration, before.clone()).split()
            each.state_forwards(self.migration.app_label, before)

    def find_field(self, state: ProjectState) -> Field:
        """The field that it is about, as it is in these models."""
        label = self.migration.app_label
        model = state.apps.get_model(label, self.model)
        return model._meta.get_field(self.operation.name)  # noqa: SLF001


def find_dangers(step: Step) -> Iterator[str]:
    """Yield what is unsafe about a step that is not composed of others."""
    if isinstance(step.operation, _DATA):
        yield from _find_dangers_of_data(step)
    elif not step.is_on_a_new_table:
        yield from _find_dangers_of_schema(step)


def _find_dangers_of_schema(step: Step) -> Iterator[str]:
    for kind, find in _BY_KIND.items():
        if isinstance(step.operation, kind):
            yield from find(step)
            return
    if not isinstance(step.operation, _HARMLESS):
        yield "is of a kind that nobody has judged yet: see local/migration_rules.py"


def _find_dangers_of_data(step: Step) -> Iterator[str]:
    if not step.operation.reversible:
        yield "can't be taken back: give it a reverse (or noop)"
    if isinstance(step.operation, migrations.RunSQL):
        for pattern, danger in _IN_SQL.items():
            if re.search(pattern, step.sql, re.IGNORECASE | re.DOTALL):
                yield f"{danger}, by its SQL"
    elif any(not isinstance(each, _DATA) for each in step.migration.operations):
        yield "moves data under the locks of a schema change: a migration of its own"


def _find_dangers_of_addition(step: Step) -> Iterator[str]:
    field: Field = step.operation.field
    if isinstance(field, models.ManyToManyField):
        return
    if isinstance(field, models.GeneratedField):
        yield "rewrites the table under lock, to compute the column"
    elif not field.null and not field.has_db_default():
        yield "is not filled by the version still running: null or db_default"
    default = getattr(field, "_db_default_expression", None)
    if field.has_db_default() and not isinstance(default, models.Value | Now):
        yield "may rewrite the table: its default in the database is no constant"
    if field.unique or field.db_index:
        yield f"has an index: {_INDEX}"
    if getattr(field, "db_constraint", False):
        yield f"has a foreign key: {_CONSTRAINT}"


def _find_dangers_of_alteration(step: Step) -> Iterator[str]:
    after = step.before.clone()
    step.operation.state_forwards(step.migration.app_label, after)
    old, new = step.find_field(step.before), step.find_field(after)
    if old.column != new.column:
        yield "renames a column that the running version reads"
    if not _holds_the_same(old, new):
        yield "changes a column's type, which may rewrite the table: a new column"
    if old.null and not new.null:
        yield f"forbids NULL: {_CONSTRAINT}, with a condition that says the same"
    if old.has_db_default() and not new.has_db_default() and not new.null:
        yield "takes away the default that the running version's rows need"
    if (new.unique or new.db_index) and not (old.unique or old.db_index):
        yield f"has an index: {_INDEX}"
    if getattr(new, "db_constraint", False) and not getattr(
        old, "db_constraint", False
    ):
        yield f"has a foreign key: {_CONSTRAINT}"


def _holds_the_same(old: Field, new: Field) -> bool:
    """Whether a column may become the other with none of its rows looked at."""
    collations = [getattr(field, "db_collation", None) for field in (old, new)]
    if collations[0] != collations[1]:
        return False
    before, after = old.db_type(connection), new.db_type(connection)
    if before == after:
        return True
    texts = (models.CharField, models.TextField)
    if not (isinstance(old, texts) and isinstance(new, texts)):
        return False
    if isinstance(new, models.TextField) or new.max_length is None:
        return True
    return old.max_length is not None and old.max_length <= new.max_length


def _can_be_repeated(operation: Operation) -> bool:
    if isinstance(operation, migrations.RunSQL):
        # What a build that was broken off has left.
        return _REMOVES_AN_INDEX.fullmatch(str(operation.sql)) is not None
    return isinstance(operation, _CONCURRENT)


def _find_dangers_of_a_concurrent_index(step: Step) -> Iterator[str]:
    if step.migration.atomic:
        yield "does not work in a transaction: atomic = False"
    operations = step.migration.operations
    if not all(_can_be_repeated(each) for each in operations):
        yield "is not taken back when a later step fails: a migration of its own"
    if isinstance(step.operation, pg.AddIndexConcurrently):
        removal = f"DROP INDEX CONCURRENTLY IF EXISTS {step.operation.index.name}"
        before = operations[: operations.index(step.operation)]
        if not any(getattr(each, "sql", None) == removal for each in before):
            yield f"can't be repeated where it was broken off: {removal} before it"


def _find_dangers_of_validation(step: Step) -> Iterator[str]:
    if any(
        isinstance(each, pg.AddConstraintNotValid)
        and each.constraint.name == step.operation.name
        for each in step.migration.operations
    ):
        yield "reads the table while the addition's lock is held: the next migration"


def _find_dangers_of_togetherness(step: Step) -> Iterator[str]:
    if step.operation.option_value:
        yield _INDEX


def _always(danger: str) -> Callable[[Step], Iterator[str]]:
    return lambda _: iter([danger])


# The first that fits: subclasses stand before what they are made of.
_BY_KIND: dict[type[Operation], Callable[[Step], Iterator[str]]] = {
    migrations.AddField: _find_dangers_of_addition,
    migrations.AlterField: _find_dangers_of_alteration,
    migrations.RemoveField: _always("drops a column that the running version reads"),
    migrations.RenameField: _always("renames a column that the running version reads"),
    migrations.DeleteModel: _always("drops a table that the running version reads"),
    migrations.RenameModel: _always("renames a table that the running version reads"),
    migrations.AlterModelTable: _always(
        "renames a table that the running version reads"
    ),
    migrations.AlterOrderWithRespectTo: _always(
        "adds a column that the running version does not fill"
    ),
    migrations.AlterUniqueTogether: _find_dangers_of_togetherness,
    pg.AddIndexConcurrently: _find_dangers_of_a_concurrent_index,
    pg.RemoveIndexConcurrently: _find_dangers_of_a_concurrent_index,
    migrations.AddIndex: _always(_INDEX),
    migrations.RemoveIndex: _always("waits under lock: RemoveIndexConcurrently"),
    pg.AddConstraintNotValid: lambda _: iter(()),
    migrations.AddConstraint: _always(_CONSTRAINT),
    pg.ValidateConstraint: _find_dangers_of_validation,
}
