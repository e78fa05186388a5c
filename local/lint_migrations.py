"""Refuses migrations that the version before them can't run through: `make check`.

Run with a service's settings; no database is asked. A step that is unsafe and meant is
allowed by its migration, with the reason:

    class Migration(migrations.Migration):
        allowed_steps = {"RemoveField promo colour": "Not read since 1.3."}
"""

import sys
from collections.abc import Iterator

import django
from django.apps import apps
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from local.console import say
from local.migration_rules import Step, find_dangers
from local.system import SERVICES


def main() -> int:
    """Print what is wrong with the migrations of the settings' apps; 1 if any is."""
    django.setup()
    faults = [fault for migration, state in _walk() for fault in lint(migration, state)]
    for fault in faults:
        say(fault)
    return 1 if faults else 0


def lint(migration: Migration, state: ProjectState) -> Iterator[str]:
    """Yield what is wrong with a migration, given the models before it.

    That is every unsafe step which is not allowed, and every allowance that no step
    needs or that says no reason.
    """
    allowed = dict(getattr(migration, "allowed_steps", {}))
    where = f"{migration.app_label}.{migration.name}"
    needed = set()
    for operation in migration.operations:
        for step in Step(operation, migration, state.clone()).split():
            dangers = list(find_dangers(step))
            if dangers and step.name in allowed:
                needed.add(step.name)
            else:
                yield from (f"{where}: {step.name}: {danger}" for danger in dangers)
        operation.state_forwards(migration.app_label, state)
    for name, reason in allowed.items():
        if name not in needed:
            yield f"{where}: {name}: is allowed, and no such step is unsafe"
        elif not reason.strip():
            yield f"{where}: {name}: is allowed without a reason"


def _walk() -> Iterator[tuple[Migration, ProjectState]]:
    """Yield the services' own migrations in order, each with the models before it."""
    loader = MigrationLoader(None)
    state = ProjectState(real_apps=loader.unmigrated_apps)
    seen = set()
    for leaf in loader.graph.leaf_nodes():
        for node in loader.graph.forwards_plan(leaf):
            if node in seen:
                continue
            seen.add(node)
            migration = loader.get_migration(*node)
            if apps.get_app_config(node[0]).name.split(".")[0] in SERVICES:
                yield migration, state.clone()
            state = migration.mutate_state(state, preserve=False)


if __name__ == "__main__":
    sys.exit(main())
