"""`verify_ledger` compares the guards in the database with what the migrations make."""

from pathlib import Path
from typing import Any

import pytest

from promo_service.promos.verification import definitions, schema, verifying
from promo_service.tests.planting import assert_found, execute, find

pytestmark = pytest.mark.django_db

EMPTY = "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
# What is done to the database, and what is named; `*` stands for anything.
CHANGES: list[tuple[str, list[str]]] = [
    *(
        (change.format(trigger=trigger, table=table), [f"trigger {trigger} {named}"])
        for table, trigger in (
            ("ledger_entry", "ledger_entry_append_only"),
            ("promo_revision", "promo_revision_append_only"),
            ("promo_revision", "promo_revision_erasable"),
            ("promo", "promo_used_up"),
        )
        for change, named in (
            ("DROP TRIGGER {trigger} ON {table}", "of *: is missing, should be there"),
            (
                "ALTER TABLE {table} DISABLE TRIGGER {trigger}",
                "of *: enabled is D, should be O",
            ),
            (
                "ALTER TABLE {table} ENABLE REPLICA TRIGGER {trigger}",
                "of *: enabled is R, should be O",
            ),
        )
    ),
    (
        (
            "CREATE OR REPLACE TRIGGER promo_revision_erasable BEFORE UPDATE ON "
            "promo_revision FOR EACH ROW WHEN (false) EXECUTE FUNCTION refuse_change()"
        ),
        [
            "trigger promo_revision_erasable of *: definition is *WHEN (false)*",
            "trigger promo_revision_erasable of *: function is *refuse_change()*",
        ],
    ),
    (
        f"CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger {EMPTY}",
        ["trigger *_append_only of *: function is *RETURN NEW*, should be *"] * 2,
    ),
    (
        f"CREATE OR REPLACE FUNCTION note_used_up() RETURNS trigger {EMPTY}",
        ["trigger promo_used_up of promo: function is *, should be *"],
    ),
    (
        (
            "CREATE OR REPLACE FUNCTION refuse_change_but_erasure() RETURNS trigger "
            f"{EMPTY}"
        ),
        ["trigger promo_revision_erasable of *: function is *, should be *"],
    ),
    (
        "ALTER FUNCTION refuse_change() SECURITY DEFINER SET search_path = public",
        ["trigger *_append_only of *: function is *SECURITY DEFINER*"] * 2,
    ),
    (
        (
            "CREATE OR REPLACE TRIGGER promo_used_up AFTER UPDATE ON promo FOR EACH "
            "ROW WHEN (NEW.remaining_points < 0) EXECUTE FUNCTION note_used_up()"
        ),
        ["trigger promo_used_up of promo: definition is *"],
    ),
    (
        (
            "CREATE OR REPLACE TRIGGER ledger_entry_append_only BEFORE DELETE ON "
            "ledger_entry EXECUTE FUNCTION refuse_change()"
        ),
        ["trigger ledger_entry_append_only of ledger_entry: definition is *"],
    ),
    (
        (
            "CREATE TRIGGER mine BEFORE INSERT ON redemption FOR EACH ROW "
            "EXECUTE FUNCTION refuse_change()"
        ),
        ["trigger mine of redemption: is there, should be missing *"],
    ),
    *(
        (
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            [f"constraint {name} of {table}: is missing, should be there"],
        )
        for table, name in (
            ("promo", "promo_remaining_within_amount"),
            ("ledger_entry", "entry_sign_fits_type"),
            ("holder", "holder_role"),
            ("idempotency_key", "key_has_an_answer"),
        )
    ),
    (
        (
            "ALTER TABLE promo DROP CONSTRAINT promo_remaining_within_amount, ADD "
            "CONSTRAINT promo_remaining_within_amount CHECK (true)"
        ),
        ["constraint promo_remaining_within_amount of promo: definition is CHECK *"],
    ),
    (
        (
            "ALTER TABLE redemption DROP CONSTRAINT redemption_points_positive, "
            "ADD CONSTRAINT redemption_points_positive CHECK (points >= 1) NOT VALID"
        ),
        [
            (
                "constraint redemption_points_positive of redemption: definition is "
                "*NOT VALID, *"
            ),
            "constraint redemption_points_positive of redemption: validated is false*",
        ],
    ),
    (
        (
            "ALTER TABLE reversal DROP CONSTRAINT reversal_points_positive, "
            "ADD CONSTRAINT reversal_points_positive CHECK (points >= 1) NOT ENFORCED"
        ),
        [
            "constraint reversal_points_positive of reversal: definition is *",
            "constraint reversal_points_positive of reversal: enforced is false*",
            "constraint reversal_points_positive of reversal: validated is false*",
        ],
    ),
    (
        "ALTER TABLE promo ADD CONSTRAINT mine CHECK (promo_amount <> 13)",
        ["constraint mine of promo: is there, should be missing *"],
    ),
    *(
        (
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            [
                f"constraint {name} of {table}: is missing, should be there",
                f"index {name} of {table}: is missing, should be there",
            ],
        )
        for table, name in (
            ("idempotency_key", "idempotency_key_pkey"),
            ("ledger_entry", "ledger_entry_pkey"),
            ("redemption_part", "redemption_part_pkey"),
        )
    ),
    (
        (
            "ALTER TABLE idempotency_key DROP CONSTRAINT idempotency_key_pkey, ADD "
            "CONSTRAINT idempotency_key_pkey PRIMARY KEY (actor_id, key, status)"
        ),
        [
            "constraint idempotency_key_pkey of *: definition is *",
            "index idempotency_key_pkey of *: definition is *",
        ],
    ),
    (
        "DROP INDEX promo_code_once_a_holder",
        ["index promo_code_once_a_holder of promo: is missing, should be there"],
    ),
    (
        (
            "DROP INDEX promo_code_once_a_holder; CREATE UNIQUE INDEX "
            "promo_code_once_a_holder ON promo (holder_id, promo_code, id)"
        ),
        ["index promo_code_once_a_holder of promo: definition is *"],
    ),
    (
        (
            "DROP INDEX promo_code_once_a_holder; CREATE UNIQUE INDEX "
            "promo_code_once_a_holder ON promo (holder_id, promo_code) WHERE false"
        ),
        ["index promo_code_once_a_holder of promo: definition is *WHERE false*"],
    ),
    (
        "CREATE UNIQUE INDEX mine ON redemption (task)",
        ["index mine of redemption: is there, should be missing *"],
    ),
    ("CREATE INDEX mine ON redemption (task)", []),
    *(
        (
            f"ALTER TABLE {table} ALTER {column} DROP NOT NULL",
            [f"column {column} of {table}: null is yes, should be no"],
        )
        for table, column in (
            ("ledger_entry", "actor_id"),
            ("promo", "remaining_points"),
            ("redemption", "holder_id"),
            ("idempotency_key", "fingerprint"),
        )
    ),
    (
        "ALTER TABLE ledger_entry ALTER points SET DEFAULT 0",
        ["column points of ledger_entry: default is 0, should be nothing"],
    ),
    (
        "ALTER TABLE promo ALTER is_used_up SET DEFAULT true",
        ["column is_used_up of promo: default is true, should be false"],
    ),
    (
        "ALTER TABLE promo ALTER ends DROP EXPRESSION",
        [
            "column ends of promo: default is nothing, *",
            "column ends of promo: generated is nothing, should be s",
        ],
    ),
    (
        "ALTER TABLE redemption ALTER task TYPE text",
        ["column task of redemption: type is text, should be character *"],
    ),
    (
        "ALTER TABLE redemption ADD note text",
        ["column note of redemption: is there, should be missing *"],
    ),
    (
        "ALTER TABLE redemption DROP reversed_points",
        [
            "column reversed_points of redemption: is missing, should be there",
            "constraint redemption_reversed_within_points of *: is missing, *",
        ],
    ),
    (
        "CREATE RULE mine AS ON UPDATE TO promo DO INSTEAD NOTHING",
        ["rule mine of promo: is there, should be missing *"],
    ),
    (
        "CREATE RULE mine AS ON INSERT TO ledger_entry DO ALSO NOTHING",
        ["rule mine of ledger_entry: is there, should be missing *"],
    ),
    (
        "ALTER TABLE promo ENABLE ROW LEVEL SECURITY",
        ["table promo: row security is true, should be false"],
    ),
    (
        "CREATE POLICY mine ON promo USING (promo_type <> 'x')",
        ["policy mine of promo: is there, should be missing *"],
    ),
    (
        "CREATE TABLE mine () INHERITS (redemption)",
        ["child mine of redemption: is there, should be missing *"],
    ),
    (
        "ALTER TABLE idempotency_key SET UNLOGGED",
        ["table idempotency_key: persistence is u, should be p"],
    ),
    (
        "ALTER TABLE promo SET (fillfactor = 100)",
        ["table promo: options is fillfactor=100, should be fillfactor=85"],
    ),
]


@pytest.mark.parametrize(
    ("change", "named"), [pytest.param(*row, id=row[0]) for row in CHANGES]
)
def test_a_guard_that_is_not_as_migrated_is_named(change, named):
    execute([change])

    found = schema.find_missing_guards(production=False).violations
    expected = [f"guards-as-migrated  {each}" for each in named]
    assert_found(expected, found=found)


def test_each_foreign_key_is_missed_by_its_columns():
    keys = {
        name: parts["definition"]
        for name, parts in definitions.read_kept()["objects"].items()
        if parts.get("definition", "").startswith("FOREIGN KEY")
    }
    assert len(keys) == 10
    for name in keys:
        _, table, constraint = name.split(" ")
        execute([f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"])

    found = schema.find_missing_guards(production=False).violations
    assert [each.finding for each in found] == ["is missing, should be there"] * 10


def test_a_foreign_key_that_cascades_is_named():
    execute(
        [
            """DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE promo DROP CONSTRAINT %I,
            ADD CONSTRAINT %I FOREIGN KEY (holder_id) REFERENCES holder ON DELETE
            CASCADE', conname, conname) FROM pg_constraint WHERE contype = 'f'
            AND conrelid = 'promo'::regclass); END $$"""
        ]
    )

    (found,) = schema.find_missing_guards(production=False).violations
    assert "ON DELETE CASCADE, should be FOREIGN KEY (holder_id)" in found.finding


def test_a_table_that_is_gone_is_named_with_all_that_it_had():
    execute(["ALTER TABLE reversal RENAME TO reversals"])

    found = schema.find_missing_guards(production=False).violations
    assert "table reversal" in [each.subject for each in found]
    assert {each.finding for each in found} == {"is missing, should be there"}


def test_a_migration_that_was_not_applied_is_named():
    execute(["DELETE FROM django_migrations WHERE name = '0008_used_up'"])

    (found,) = schema.find_missing_guards(production=False).violations
    assert str(found) == (
        "guards-as-migrated  migration promos.0008_used_up: is not applied"
    )


def test_what_a_newer_version_added_is_named_with_the_reason():
    execute(
        [
            """INSERT INTO django_migrations (app, name, applied)
            VALUES ('promos', '9999_later', now())""",
            "CREATE TABLE later (id uuid)",
        ]
    )

    guards = schema.find_missing_guards(production=False)
    assert guards.violations == []
    assert guards.remarks[0].startswith("migration promos.9999_later is newer than")


def test_another_postgresql_is_told_of(monkeypatch):
    kept = {**definitions.read_kept(), "postgresql": 16}
    monkeypatch.setattr(definitions, "read_kept", lambda: kept)

    (remark, *_) = schema.find_missing_guards(production=False).remarks
    assert remark.startswith("definitions are kept as PostgreSQL 16 writes them")


def test_the_kept_definitions_are_those_of_the_migrations():
    path = Path(definitions.__file__).with_name("definitions.json")
    made = definitions.describe()
    if made["postgresql"] == definitions.read_kept()["postgresql"]:
        assert path.read_text() == definitions.write(made), "make definitions"


def test_a_role_that_could_go_round_the_guards_is_wrong_in_production_alone():
    assert find() == []
    found = find(production=True)
    assert all(each.startswith("service-can-not-bypass  ") for each in found)
    text = "\n".join(found)
    assert "idempotency_key, job, ledger_entry" in text
    assert "owns it, may TRUNCATE it, may DELETE from it, may add triggers" in text


def test_every_table_is_gone_through():
    swept: set[Any] = {
        each.table for sweep in verifying._build_sweeps() for each in sweep.tables
    }
    others = {"books", "closed_day", "job", "ledger_day"}
    assert swept | others == set(definitions.list_tables())
