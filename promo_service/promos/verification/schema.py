"""The guards in the database itself, against what the migrations make.

Every table, column, constraint, index, trigger (with its function), rule and policy is
compared by its definition, and what should not be there is named too. An index that is
neither unique nor one of ours changes no answer, and is a remark.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection

from promo_service.promos.verification import definitions
from promo_service.promos.verification.rules import Violation, read_rows

# Of these tables nothing is ever deleted; closed days may be opened again.
_FOR_EVER = (
    "answer_holder",
    "books",
    "holder",
    "idempotency_key",
    "job",
    "ledger_entry",
    "promo",
    "promo_revision",
    "redemption",
    "redemption_part",
    "reversal",
)
_APPLIED = """
SELECT concat(app, '.', name) FROM django_migrations WHERE app = ANY(%(apps)s)
"""
_MAY = """
SELECT relname, pg_has_role(relowner, 'USAGE'),
       has_table_privilege(pg_class.oid, 'TRUNCATE'),
       has_table_privilege(pg_class.oid, 'DELETE'),
       has_table_privilege(pg_class.oid, 'TRIGGER')
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%(tables)s)
ORDER BY relname
"""
_POWERS = """
SELECT rolsuper, rolbypassrls, rolreplication, rolcreaterole,
       has_schema_privilege(current_schema(), 'CREATE'),
       has_parameter_privilege('session_replication_role', 'SET')
FROM pg_roles WHERE rolname = current_user
"""
_RULE = "guards-as-migrated"
_ROLE_RULE = "service-can-not-bypass"
_LONGEST = 300


@dataclass(slots=True)
class Guards:
    """What was looked for, what of it is missing, and what else is worth knowing."""

    checked: int = 0
    violations: list[Violation] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def name(self, rule: str, subject: str, finding: str) -> None:
        """Keep a violation."""
        self.violations.append(Violation(rule, subject, finding))


def find_missing_guards(*, production: bool) -> Guards:
    """Return what the database has otherwise than the migrations make it.

    That the connected role could go round its guards is a violation in `production`,
    and otherwise a remark.
    """
    guards = Guards()
    _check_version(guards)
    _check_objects(guards)
    _check_role(guards, production=production)
    return guards


def _check_version(guards: Guards) -> None:
    kept = definitions.read_kept()
    rows = read_rows(_APPLIED, apps=list(definitions.APPS))
    applied = {name for (name,) in rows}
    for name in kept["migrations"]:
        guards.checked += 1
        if name not in applied:
            guards.name(_RULE, f"migration {name}", "is not applied")
    for name in sorted(applied.difference(kept["migrations"])):
        # A newer version of the service is being rolled out, or was rolled back.
        guards.remarks.append(
            f"migration {name} is newer than this program: what it added is named below"
        )
    server = connection.pg_version // 10000  # type: ignore[attr-defined]
    if server != kept["postgresql"]:
        guards.remarks.append(
            f"definitions are kept as PostgreSQL {kept['postgresql']} writes them, and "
            f"this is {server}: one that it writes otherwise is named though it holds"
        )


def _check_objects(guards: Guards) -> None:
    wanted = definitions.read_kept()["objects"]
    found = definitions.read_objects()
    for name, parts in wanted.items():
        guards.checked += 1
        subject = _describe(name)
        if name not in found:
            guards.name(_RULE, subject, "is missing, should be there")
            continue
        for part in sorted(parts.keys() | found[name].keys()):
            value, actual = parts.get(part, ""), found[name].get(part, "")
            if actual != value:
                finding = f"{part} is {_cut(actual)}, should be {_cut(value)}"
                guards.name(_RULE, subject, finding)
    for name in sorted(found.keys() - wanted.keys()):
        finding = f"{_describe(name)} is there, and no migration made it"
        if _is_harmless(name, found[name]):
            guards.remarks.append(finding)
        else:
            told = ", ".join(f"{part} {text}" for part, text in found[name].items())
            guards.name(_RULE, _describe(name), f"is there, should be missing ({told})")


def _is_harmless(name: str, parts: dict[str, str]) -> bool:
    is_unique = parts.get("definition", "").startswith("CREATE UNIQUE")
    return name.startswith("index ") and not is_unique


def _describe(name: str) -> str:
    kind, table, short = name.split(" ", 2)
    return f"table {table}" if kind == "table" else f"{kind} {short} of {table}"


def _cut(text: str) -> str:
    shown = text or "nothing"
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _check_role(guards: Guards, *, production: bool) -> None:
    for subject, power in _list_bypasses():
        guards.checked += 1
        if production:
            guards.name(_ROLE_RULE, subject, f"the connected role {power}")
        else:
            guards.remarks.append(f"{subject}: the connected role {power}")


def _list_bypasses() -> Iterator[tuple[str, str]]:
    names = ("owns it", "may TRUNCATE it", "may DELETE from it", "may add triggers")
    tables = defaultdict[str, list[str]](list)
    for table, *may in read_rows(_MAY, tables=definitions.list_tables()):
        may[2] = may[2] and table in _FOR_EVER
        powers = [name for name, has in zip(names, may, strict=True) if has]
        tables[", ".join(powers)].append(table)
    for names_of_powers, those in tables.items():
        if names_of_powers:
            yield f"table {', '.join(those)}", names_of_powers
    ((superuser, rls, replication, roles, create, replica),) = read_rows(_POWERS)
    for has, power in (
        (superuser, "is a superuser"),
        (rls, "goes round row security"),
        (replication, "may replicate"),
        (roles, "may make roles"),
        (create, "may make objects"),
        (replica, "may switch triggers off for its session"),
    ):
        if has:
            yield "role", power
