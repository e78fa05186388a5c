"""Which steps of a migration are refused, and how one is allowed."""

import django
import pytest
from django.conf import settings

if not settings.configured:  # the linter compares columns' types; it asks no database
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()

from typing import Any

from django.contrib.postgres import operations as pg
from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now, Upper

from local.lint_migrations import lint

NEW_INDEX = models.Index(fields=["code"], name="by_code")
NOT_NEGATIVE = models.CheckConstraint(
    condition=models.Q(points__gte=0), name="not_negative"
)
ONCE = models.UniqueConstraint(fields=["code"], name="once")


def run(statement: str) -> migrations.RunSQL:
    return migrations.RunSQL(statement, migrations.RunSQL.noop)


LEFTOVER = run("DROP INDEX CONCURRENTLY IF EXISTS by_code")


def forwards(*_: Any) -> None:
    """What a migration of data does."""


def shop() -> ProjectState:
    """An app with two tables that are there already."""
    state = ProjectState()
    for operation in (
        migrations.CreateModel("Holder", [("id", models.UUIDField(primary_key=True))]),
        migrations.CreateModel(
            "Promo",
            [
                ("id", models.UUIDField(primary_key=True)),
                ("code", models.CharField(max_length=50)),
                ("note", models.CharField(max_length=50, null=True)),
                ("points", models.IntegerField()),
                ("kept", models.IntegerField(db_default=0)),
                ("holder", models.ForeignKey("shop.holder", models.PROTECT, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["points"], name="by_points")],
                "constraints": [NOT_NEGATIVE],
            },
        ),
    ):
        operation.state_forwards("shop", state)
    return state


def lint_steps(*operations: Any, **attributes: Any) -> list[str]:
    migration = migrations.Migration("0002_change", "shop")
    for name, value in {"operations": list(operations), **attributes}.items():
        setattr(migration, name, value)
    return [
        fault.removeprefix("shop.0002_change: ") for fault in lint(migration, shop())
    ]


def add(**fields: Any) -> list[Any]:
    return [migrations.AddField("promo", name, field) for name, field in fields.items()]


def alter(**fields: Any) -> list[Any]:
    return [
        migrations.AlterField("promo", name, field) for name, field in fields.items()
    ]


SAFE = {
    "a new table with indexes and constraints": [
        migrations.CreateModel("Task", [("id", models.UUIDField(primary_key=True))]),
        migrations.AddField("task", "code", models.CharField(max_length=9, default="")),
        migrations.AddIndex("task", models.Index(fields=["code"], name="task_code")),
        migrations.AddConstraint(
            "task", models.UniqueConstraint(fields=["code"], name="task_code_once")
        ),
    ],
    "a column that may be null": add(extra=models.IntegerField(null=True)),
    "a column that the database fills": add(
        extra=models.IntegerField(db_default=0),
        since=models.DateTimeField(db_default=Now()),
    ),
    "a foreign key that the database does not check": add(
        other=models.ForeignKey(
            "shop.holder",
            models.PROTECT,
            null=True,
            db_index=False,
            db_constraint=False,
        )
    ),
    "a constraint that new rows alone must fulfil": [
        pg.AddConstraintNotValid("promo", NOT_NEGATIVE.clone())
    ],
    "a constraint that was there and is looked at now": [
        pg.ValidateConstraint("promo", "not_negative")
    ],
    "a constraint that goes": [migrations.RemoveConstraint("promo", "not_negative")],
    "a longer text": alter(code=models.CharField(max_length=80)),
    "a text of any length": alter(code=models.TextField()),
    "a column that may be null from now on": alter(
        points=models.IntegerField(null=True)
    ),
    "what Django alone knows": [
        migrations.AlterModelOptions("promo", {"ordering": ["id"]}),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("promo", "points")]
        ),
    ],
    "data that move, and back": [migrations.RunPython(forwards, forwards)],
    "SQL that nobody waits for": [
        migrations.RunSQL("CREATE FUNCTION one() RETURNS int …", "DROP FUNCTION one()")
    ],
}

UNSAFE: dict[str, tuple[list[Any], str]] = {
    "a column that the running version does not fill": (
        add(extra=models.IntegerField(default=0)),
        "AddField promo extra: is not filled",
    ),
    "a default that differs by row": (
        add(key=models.UUIDField(db_default=RandomUUID())),
        "AddField promo key: may rewrite the table",
    ),
    "a computed column": (
        add(
            upper=models.GeneratedField(
                expression=Upper("code"),
                output_field=models.TextField(),
                db_persist=True,
            )
        ),
        "AddField promo upper: rewrites the table",
    ),
    "a column with an index": (
        add(extra=models.IntegerField(null=True, db_index=True)),
        "AddField promo extra: has an index",
    ),
    "a unique column": (
        add(extra=models.IntegerField(null=True, unique=True)),
        "AddField promo extra: has an index",
    ),
    "a foreign key that is checked": (
        add(
            other=models.ForeignKey(
                "shop.holder", models.PROTECT, null=True, db_index=False
            )
        ),
        "AddField promo other: has a foreign key",
    ),
    "an index under lock": (
        [migrations.AddIndex("promo", NEW_INDEX)],
        "AddIndex promo by_code: builds an index under lock",
    ),
    "an index that goes under lock": (
        [migrations.RemoveIndex("promo", "by_points")],
        "RemoveIndex promo by_points: waits under lock",
    ),
    "a concurrent index in a transaction": (
        [LEFTOVER, pg.AddIndexConcurrently("promo", NEW_INDEX)],
        "AddIndexConcurrently promo by_code: does not work in a transaction",
    ),
    "a constraint that reads the table": (
        [migrations.AddConstraint("promo", ONCE)],
        "AddConstraint promo once: reads the whole table under lock",
    ),
    "uniqueness the old way": (
        [migrations.AlterUniqueTogether("promo", {("code", "points")})],
        "AlterUniqueTogether promo: builds an index under lock",
    ),
    "a column that goes": (
        [migrations.RemoveField("promo", "points")],
        "RemoveField promo points: drops a column",
    ),
    "a column of another name": (
        [migrations.RenameField("promo", "points", "amount")],
        "RenameField promo points: renames a column",
    ),
    "a column of another name in the database": (
        alter(points=models.IntegerField(db_column="amount")),
        "AlterField promo points: renames a column",
    ),
    "a column of another type": (
        alter(points=models.BigIntegerField()),
        "AlterField promo points: changes a column's type",
    ),
    "a shorter text": (
        alter(code=models.CharField(max_length=40)),
        "AlterField promo code: changes a column's type",
    ),
    "a text in another order": (
        alter(code=models.CharField(max_length=50, db_collation="C")),
        "AlterField promo code: changes a column's type",
    ),
    "a column that may no longer be null": (
        alter(note=models.CharField(max_length=50, default="")),
        "AlterField promo note: forbids NULL",
    ),
    "a default that goes": (
        alter(kept=models.IntegerField()),
        "AlterField promo kept: takes away the default",
    ),
    "an index that a column gets": (
        alter(points=models.IntegerField(db_index=True)),
        "AlterField promo points: has an index",
    ),
    "a table that goes": (
        [migrations.DeleteModel("Promo")],
        "DeleteModel promo: drops a table",
    ),
    "a table of another name": (
        [migrations.AlterModelTable("promo", "gift")],
        "AlterModelTable promo: renames a table",
    ),
    "a drop behind Django's back": (
        [
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.RemoveField("promo", "points")]
            )
        ],
        "RemoveField promo points: drops a column",
    ),
    "data that can't move back": (
        [migrations.RunPython(forwards)],
        "RunPython forwards: can't be taken back",
    ),
    "SQL that can't be taken back": (
        [migrations.RunSQL("SELECT 1")],
        "RunSQL SELECT 1: can't be taken back",
    ),
}


@pytest.mark.parametrize("steps", SAFE.values(), ids=SAFE)
def test_what_the_running_version_can_live_with_passes(steps: list[Any]) -> None:
    assert lint_steps(*steps) == []


@pytest.mark.parametrize(("steps", "fault"), UNSAFE.values(), ids=UNSAFE)
def test_what_it_can_not_live_with_is_refused(steps: list[Any], fault: str) -> None:
    (found,) = lint_steps(*steps)
    assert found.startswith(fault)


def test_indexes_that_nobody_waits_for_have_a_migration_of_their_own() -> None:
    steps = [
        LEFTOVER,
        pg.AddIndexConcurrently("promo", NEW_INDEX),
        pg.RemoveIndexConcurrently("promo", "by_points"),
    ]
    assert lint_steps(*steps, atomic=False) == []
    faults = lint_steps(
        *steps, *add(extra=models.IntegerField(null=True)), atomic=False
    )
    assert len(faults) == 2
    assert all("a migration of its own" in fault for fault in faults)


def test_what_a_broken_build_has_left_may_be_removed_beside_the_index() -> None:
    index = pg.AddIndexConcurrently("promo", NEW_INDEX)
    assert lint_steps(LEFTOVER, index, atomic=False) == []
    for other in ("DROP INDEX by_code", "DROP INDEX CONCURRENTLY by_code", "SELECT 1"):
        faults = lint_steps(run(other), index, atomic=False)
        assert any("a migration of its own" in fault for fault in faults)


def test_what_a_broken_build_has_left_must_be_removed_before_the_index() -> None:
    index = pg.AddIndexConcurrently("promo", NEW_INDEX)
    another = run("DROP INDEX CONCURRENTLY IF EXISTS another")
    for steps in ([index], [another, index], [index, LEFTOVER]):
        (fault,) = lint_steps(*steps, atomic=False)
        assert "can't be repeated where it was broken off" in fault


def test_a_constraint_is_not_looked_at_under_the_lock_of_its_addition() -> None:
    (fault,) = lint_steps(
        pg.AddConstraintNotValid("promo", NOT_NEGATIVE.clone()),
        pg.ValidateConstraint("promo", "not_negative"),
    )
    assert fault.startswith("ValidateConstraint promo not_negative: reads the table")


def test_data_do_not_move_under_the_locks_of_a_schema_change() -> None:
    (fault,) = lint_steps(
        *add(extra=models.IntegerField(null=True)),
        migrations.RunPython(forwards, forwards),
    )
    assert fault.startswith("RunPython forwards: moves data under the locks")


@pytest.mark.parametrize(
    ("sql", "danger"),
    [
        ("CREATE INDEX by_code ON promo (code)", "builds an index"),
        ("create unique index by_code on promo (code)", "builds an index"),
        ("ALTER TABLE promo DROP COLUMN code", "drops what"),
        ("DROP TABLE promo", "drops what"),
        ("ALTER TABLE promo RENAME COLUMN code TO name", "renames what"),
        ("ALTER TABLE promo ALTER COLUMN points TYPE bigint", "may rewrite"),
        ("ALTER TABLE promo ALTER points SET NOT NULL", "reads the whole table"),
        ("ALTER TABLE promo ADD CONSTRAINT c CHECK (points > 0)", "reads the whole"),
        ("TRUNCATE promo", "keeps everybody waiting"),
        ("LOCK TABLE promo", "keeps everybody waiting"),
    ],
)
def test_sql_is_read_for_the_same_dangers(sql: str, danger: str) -> None:
    (fault,) = lint_steps(migrations.RunSQL(sql, migrations.RunSQL.noop))
    assert f": {danger}" in fault
    assert fault.startswith(f"RunSQL {sql[:10]}")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX CONCURRENTLY by_code ON promo (code)",
        "ALTER TABLE promo ADD CONSTRAINT c CHECK (points > 0) NOT VALID",
        "CREATE TRIGGER t BEFORE UPDATE ON promo EXECUTE FUNCTION refuse_change()",
    ],
)
def test_sql_that_nobody_waits_for_passes(sql: str) -> None:
    assert lint_steps(migrations.RunSQL(sql, migrations.RunSQL.noop)) == []


def test_an_operation_that_nobody_has_judged_is_refused() -> None:
    (fault,) = lint_steps(pg.CreateCollation("french", locale="fr"))
    assert "nobody has judged" in fault


def test_an_unsafe_step_is_allowed_where_its_migration_says_why() -> None:
    allowed = {"RemoveField promo points": "Not read since 1.3."}
    step = migrations.RemoveField("promo", "points")
    assert lint_steps(step, allowed_steps=allowed) == []


def test_what_is_allowed_needs_a_reason() -> None:
    step = migrations.RemoveField("promo", "points")
    (fault,) = lint_steps(step, allowed_steps={"RemoveField promo points": " "})
    assert fault == "RemoveField promo points: is allowed without a reason"


def test_what_is_allowed_must_be_there() -> None:
    (fault,) = lint_steps(allowed_steps={"RemoveField promo points": "Not read."})
    assert fault.startswith("RemoveField promo points: is allowed, and no such step")


def test_an_allowance_is_for_one_step_alone() -> None:
    (fault,) = lint_steps(
        migrations.RemoveField("promo", "points"),
        migrations.RemoveField("promo", "note"),
        allowed_steps={"RemoveField promo points": "Not read since 1.3."},
    )
    assert fault.startswith("RemoveField promo note: ")
