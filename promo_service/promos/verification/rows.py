"""Each row against what its table declares: its CHECKs, and columns that can't be NULL.

A constraint that is there now says nothing of rows from a time in which it wasn't, or
was not enforced. What is declared is read from the kept definitions of the migrations.
"""

from collections.abc import Iterator

from promo_service.promos.verification.definitions import read_kept
from promo_service.promos.verification.rules import Check, Rule


def build_row_checks(**keys: str) -> Iterator[Check]:
    """Yield a check for each table, given by the key that its ranges are of."""
    kept = read_kept()["objects"]
    for table, key in keys.items():
        conditions = dict(_list_conditions(kept, table))
        cases = ", ".join(
            f"CASE WHEN ({condition}) IS FALSE THEN '{name}' END"
            for name, condition in conditions.items()
        )
        everything = " AND ".join(f"({each})" for each in conditions.values())
        primary = kept[f"constraint {table} {table}_pkey"]["definition"]
        columns = primary.removeprefix("PRIMARY KEY (").removesuffix(")")
        rows = f"""WITH broken AS MATERIALIZED (
            SELECT concat_ws(' ', {columns}) AS id, concat_ws(', ', {cases}) AS names
            FROM {table} WHERE WITHIN({key}) AND ({everything}) IS FALSE
        ) """  # noqa: S608 - put together from constants
        rule = Rule(
            name="rows-obey-constraints",
            source="broken",
            subject=f"concat('{table} ', id)",
            what="'what it breaks'",
            actual="names",
            wanted="NULL",
        )
        yield Check(rows, (rule,))


def _list_conditions(
    kept: dict[str, dict[str, str]], table: str
) -> Iterator[tuple[str, str]]:
    for name, parts in kept.items():
        kind, of, short = name.split(" ", 2)
        if of != table:
            continue
        if kind == "constraint" and parts["definition"].startswith("CHECK "):
            yield short, parts["definition"].removeprefix("CHECK ").replace("%", "%%")
        elif kind == "column" and parts["null"] == "no":
            yield f"{short} is not null", f"{short} IS NOT NULL"
