"""The guards in the database itself: triggers (I4), keys and constraints.

They are read from its catalogue: what the models declare has to be there, validated and
enforced, and no trigger may be switched off, those of foreign keys included.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db.models import CheckConstraint, ForeignKey, Model, UniqueConstraint

from promo_service.promos.verification.rules import Violation, read_rows

_TRIGGERS = """
SELECT tgname, relname, proname, tgtype, tgenabled IN ('O', 'A'), tgisinternal
FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%(tables)s)
"""
# A constraint that is not enforced is a novelty of PostgreSQL 18.
_CONSTRAINTS = """
SELECT relname, conname, contype,
       convalidated AND COALESCE((to_jsonb(con) ->> 'conenforced')::boolean, TRUE),
       ARRAY(SELECT attname::text
             FROM unnest(conkey) WITH ORDINALITY AS part(number, place)
             JOIN pg_attribute ON attrelid = conrelid AND attnum = number
             ORDER BY place)
FROM pg_constraint AS con JOIN pg_class ON pg_class.oid = conrelid
WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%(tables)s)
UNION ALL
SELECT owner.relname, pg_class.relname, 'i', indisunique AND indisvalid, NULL
FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid
JOIN pg_class AS owner ON owner.oid = indrelid
WHERE owner.relnamespace = current_schema()::regnamespace
  AND owner.relname = ANY(%(tables)s)
"""
_BYPASSES = """
SELECT relname,
       pg_has_role(relowner, 'USAGE') OR has_table_privilege(pg_class.oid, 'TRUNCATE'),
       current_user
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%(tables)s)
ORDER BY relname
"""

# The bits of pg_trigger.tgtype.
_ROW, _BEFORE, _DELETE, _UPDATE = 1, 2, 8, 16


@dataclass(frozen=True, slots=True)
class _Guard:
    table: str
    trigger: str
    function: str
    kind: int
    invariant: str = "I4"


_GUARDS = (
    _Guard(
        "ledger_entry",
        "ledger_entry_append_only",
        "refuse_change",
        _BEFORE | _UPDATE | _DELETE,
    ),
    _Guard(
        "promo_revision",
        "promo_revision_append_only",
        "refuse_change",
        _BEFORE | _DELETE,
    ),
    _Guard(
        "promo_revision",
        "promo_revision_erasable",
        "refuse_change_but_erasure",
        _BEFORE | _UPDATE | _ROW,
    ),
    _Guard("promo", "promo_used_up", "note_used_up", _UPDATE | _ROW, "I1"),
)


@dataclass(slots=True)
class Guards:
    """What was looked for, what of it is missing, and what else is worth knowing."""

    checked: int = 0
    violations: list[Violation] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def expect(self, holds: object, invariant: str, table: str, finding: str) -> None:
        """This function will count a guard, and keep the finding where it is none."""
        self.checked += 1
        if not holds:
            self.violations.append(Violation(invariant, f"table {table}", finding))


def find_missing_guards(*, production: bool) -> Guards:
    """This function will look for every guard that the database should have.

    That the connected role could go round them is a violation in `production`, and
    otherwise a remark.
    """
    guards = Guards()
    models = list(_models())
    tables = [model._meta.db_table for model in models]  # noqa: SLF001
    _check_triggers(guards, tables)
    _check_constraints(guards, models, tables)
    _check_role(guards, production=production)
    return guards


def _models() -> Iterator[type[Model]]:
    for label in ("holders", "promos"):
        yield from apps.get_app_config(label).get_models()


def _check_triggers(guards: Guards, tables: list[str]) -> None:
    rows = read_rows(_TRIGGERS, tables=tables)
    there = {
        (table, name, function, kind)
        for name, table, function, kind, enabled, _ in rows
        if enabled
    }
    for guard in _GUARDS:
        finding = (
            f"trigger {guard.trigger} is not there as it should be, or is disabled"
        )
        found = (guard.table, guard.trigger, guard.function, guard.kind) in there
        guards.expect(found, guard.invariant, guard.table, finding)
    known = {guard.trigger for guard in _GUARDS}
    for name, table, _, _, enabled, internal in rows:
        if name not in known:
            kind = "a foreign key's trigger" if internal else "trigger"
            finding = f"{kind} {name} is disabled, should be enabled"
            guards.expect(enabled, "schema", table, finding)


def _check_constraints(
    guards: Guards, models: list[type[Model]], tables: list[str]
) -> None:
    rows = read_rows(_CONSTRAINTS, tables=tables)
    named = {(table, name, kind) for table, name, kind, valid, _ in rows if valid}
    over = {(table, kind, *(c or ())) for table, _, kind, valid, c in rows if valid}
    for model in models:
        meta = model._meta  # noqa: SLF001
        table = meta.db_table
        key = [str(field.column) for field in meta.pk_fields]
        text = f"primary key ({', '.join(key)}) is missing, should be there"
        guards.expect((table, "p", *key) in over, "schema", table, text)
        for each in meta.local_fields:
            if isinstance(each, ForeignKey):
                text = f"foreign key ({each.column}) is missing or not validated"
                guards.expect((table, "f", each.column) in over, "schema", table, text)
        for constraint in meta.constraints:
            kind = _kind_of(constraint)
            text = f"constraint {constraint.name} is missing or not validated"
            guards.expect(
                (table, constraint.name, kind) in named, "schema", table, text
            )


def _kind_of(constraint: object) -> str:
    if isinstance(constraint, CheckConstraint):
        return "c"
    assert isinstance(constraint, UniqueConstraint)  # noqa: S101 - no other is used
    # With a condition it is an index alone.
    return "i" if constraint.condition is not None else "u"


def _check_role(guards: Guards, *, production: bool) -> None:
    tables = sorted({guard.table for guard in _GUARDS if guard.invariant == "I4"})
    for table, may_bypass, role in read_rows(_BYPASSES, tables=tables):
        text = f"the role {role} owns it or may TRUNCATE it, and so could go round I4"
        if production:
            guards.expect(not may_bypass, "I4", table, text)
        elif may_bypass:
            guards.remarks.append(f"table {table}: {text}")
