"""What the migrations make of the database, object by object, as PostgreSQL says it.

`definitions.json` keeps it for this version of the code: `make definitions` writes it
from a database that was just migrated, and `make check` holds it against one. So a
guard is compared by what it does, not by its name: the body of a function, the
condition of a trigger, the expression of a CHECK, the columns of an index.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from promo_service.promos.verification.rules import read_rows

APPS = ("holders", "promos")
_KEPT = Path(__file__).with_name("definitions.json")

Objects = dict[str, dict[str, str]]

_TABLES = """
SELECT concat('table ', relname, ' ', relname), jsonb_build_object(
    'kind', relkind, 'persistence', relpersistence,
    'options', COALESCE(array_to_string(reloptions, ', '), ''),
    'row security', relrowsecurity OR relforcerowsecurity)
FROM mine
"""
# A NOT NULL that is not validated is a novelty of PostgreSQL 18.
_COLUMNS = """
SELECT concat('column ', relname, ' ', attname), jsonb_build_object(
    'type', format_type(atttypid, atttypmod),
    'collation', COALESCE(
        (SELECT collname FROM pg_collation WHERE pg_collation.oid = attcollation), ''),
    'null', CASE WHEN attnotnull AND NOT EXISTS (
        SELECT FROM pg_constraint
        WHERE conrelid = attrelid AND contype = 'n' AND conkey = ARRAY[attnum]
          AND NOT convalidated) THEN 'no' ELSE 'yes' END,
    'default', COALESCE(pg_get_expr(adbin, adrelid), ''),
    'generated', concat(attgenerated, attidentity))
FROM mine JOIN pg_attribute ON attrelid = mine.oid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped
"""
# A foreign key is held by four triggers, two on each table, which can be switched off.
_CONSTRAINTS = """
SELECT concat('constraint ', relname, ' ', conname), jsonb_build_object(
    'definition', pg_get_constraintdef(con.oid),
    'validated', convalidated,
    'enforced', COALESCE(to_jsonb(con) ->> 'conenforced', 'true'),
    'triggers', (SELECT count(*) FROM pg_trigger
                 WHERE tgconstraint = con.oid AND tgisinternal
                   AND tgenabled IN ('O', 'A')))
FROM mine JOIN pg_constraint AS con ON conrelid = mine.oid WHERE contype <> 'n'
"""
_INDEXES = """
SELECT concat('index ', mine.relname, ' ', pg_class.relname), jsonb_build_object(
    'definition', pg_get_indexdef(indexrelid),
    'valid', indisvalid AND indisready AND indislive)
FROM mine JOIN pg_index ON indrelid = mine.oid
JOIN pg_class ON pg_class.oid = indexrelid
"""
_TRIGGERS = """
SELECT concat('trigger ', relname, ' ', tgname), jsonb_build_object(
    'definition', pg_get_triggerdef(pg_trigger.oid), 'enabled', tgenabled,
    'function', pg_get_functiondef(tgfoid))
FROM mine JOIN pg_trigger ON tgrelid = mine.oid WHERE NOT tgisinternal
"""
_RULES = """
SELECT concat('rule ', relname, ' ', rulename), jsonb_build_object(
    'definition', pg_get_ruledef(pg_rewrite.oid), 'enabled', ev_enabled)
FROM mine JOIN pg_rewrite ON ev_class = mine.oid
"""
_POLICIES = """
SELECT concat('policy ', relname, ' ', polname), jsonb_build_object(
    'command', polcmd, 'using', COALESCE(pg_get_expr(polqual, polrelid), ''),
    'check', COALESCE(pg_get_expr(polwithcheck, polrelid), ''))
FROM mine JOIN pg_policy ON polrelid = mine.oid
"""
_CHILDREN = """
SELECT concat('child ', relname, ' ', inhrelid::regclass), '{}'::jsonb
FROM mine JOIN pg_inherits ON inhparent = mine.oid
"""
_ALL = (
    _TABLES,
    _COLUMNS,
    _CONSTRAINTS,
    _INDEXES,
    _TRIGGERS,
    _RULES,
    _POLICIES,
    _CHILDREN,
)
_EVERYTHING = f"""
WITH mine AS MATERIALIZED (
    SELECT * FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%(tables)s)
)
SELECT name, parts, quote_ident(current_schema()) FROM (
    {" UNION ALL ".join(f"({each})" for each in _ALL)}
) AS object(name, parts) ORDER BY name COLLATE "C"
"""  # noqa: S608 - put together from constants


def list_tables() -> list[str]:
    """Return the names of the tables that are this service's own."""
    return sorted(
        model._meta.db_table  # noqa: SLF001
        for label in APPS
        for model in apps.get_app_config(label).get_models()
    )


def read_objects() -> Objects:
    """Return what the connected database has, by kind, table and name."""
    found: Objects = {}
    for name, given, schema in read_rows(_EVERYTHING, tables=list_tables()):
        parts = json.loads(given) if isinstance(given, str) else given
        # Whatever the schema is called.
        found[name] = {
            key: _as_text(value).replace(f"{schema}.", "")
            for key, value in parts.items()
            if value != ""
        }
    return found


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def describe() -> dict[str, Any]:
    """Return what is to be kept of a database that was just migrated."""
    loader = MigrationLoader(connection)
    return {
        "postgresql": connection.pg_version // 10000,  # type: ignore[attr-defined]
        "migrations": sorted(
            f"{app}.{name}" for app, name in loader.disk_migrations if app in APPS
        ),
        "objects": read_objects(),
    }


def write(described: dict[str, Any]) -> str:
    """Return the text of the file that keeps it: a line for each object."""
    lines = [
        f"  {json.dumps(name)}: {json.dumps(parts, sort_keys=True)}"
        for name, parts in described["objects"].items()
    ]
    listed = ",\n".join(lines)
    rest = {name: value for name, value in described.items() if name != "objects"}
    head = json.dumps(rest, indent=1).removesuffix("\n}")
    return f'{head},\n "objects": {{\n{listed}\n }}\n}}\n'


@cache
def read_kept() -> dict[str, Any]:
    """Return what is kept for this version of the code."""
    kept: dict[str, Any] = json.loads(_KEPT.read_text(encoding="utf-8"))
    return kept
