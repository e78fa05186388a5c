"""`verify_ledger` sees the guards in the database itself, and how it tells of all."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from promo_service.promos.management import progress
from promo_service.promos.verification import verifying
from promo_service.tests.planting import (
    assert_found,
    execute,
    find,
    make_history,
    plant,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(owner, administrator, stranger):
    return make_history(owner, administrator, stranger)


@pytest.mark.parametrize(
    ("table", "trigger"),
    [
        ("ledger_entry", "ledger_entry_append_only"),
        ("promo_revision", "promo_revision_append_only"),
        ("promo_revision", "promo_revision_erasable"),
    ],
)
@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER {trigger} ON {table}",
        "ALTER TABLE {table} DISABLE TRIGGER {trigger}",
        "ALTER TABLE {table} ENABLE REPLICA TRIGGER {trigger}",
        (
            "CREATE OR REPLACE TRIGGER {trigger} BEFORE INSERT ON {table} "
            "EXECUTE FUNCTION refuse_change()"
        ),
    ],
)
def test_a_trigger_that_does_not_guard_is_named(table, trigger, change):
    execute([change.format(table=table, trigger=trigger)])

    assert_found([f"I4  table {table}: trigger {trigger} is not there as it should *"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            "ALTER TABLE promo DROP CONSTRAINT promo_remaining_within_amount",
            "table promo: constraint promo_remaining_within_amount is missing *",
        ),
        (
            (
                "ALTER TABLE redemption DROP CONSTRAINT redemption_points_positive, "
                "ADD CONSTRAINT redemption_points_positive CHECK (points > 0) NOT VALID"
            ),
            "table redemption: constraint redemption_points_positive is * validated",
        ),
        (
            (
                "ALTER TABLE promo DROP CONSTRAINT promo_ends_after_start, "
                "ADD CONSTRAINT promo_ends_after_start CHECK (TRUE) NOT ENFORCED"
            ),
            "table promo: constraint promo_ends_after_start is missing *",
        ),
        (
            "DROP INDEX promo_code_once_a_holder",
            "table promo: constraint promo_code_once_a_holder is missing *",
        ),
        (
            "ALTER TABLE idempotency_key DROP CONSTRAINT idempotency_key_pkey",
            "table idempotency_key: primary key (actor_id, key) is missing, *",
        ),
        (
            "ALTER TABLE ledger_entry DROP CONSTRAINT {foreign_key}",
            "table ledger_entry: foreign key (promo_id) is missing or not validated",
        ),
        (
            (
                "CREATE TRIGGER mine BEFORE INSERT ON promo EXECUTE FUNCTION "
                "refuse_change(); ALTER TABLE promo DISABLE TRIGGER mine"
            ),
            "table promo: trigger mine is disabled, should be enabled",
        ),
    ],
)
def test_a_constraint_that_does_not_hold_is_named(change, named):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND "
            "conrelid = 'ledger_entry'::regclass AND confrelid = 'promo'::regclass"
        )
        foreign_key = cursor.fetchone()[0]

    execute([change.format(foreign_key=foreign_key)])

    assert_found([f"schema  {named}"])


def test_a_role_that_could_go_round_the_guards_is_wrong_in_production_alone():
    assert find() == []
    assert len(find(production=True)) == 2
    assert all(each.startswith("I4  ") for each in find(production=True))


def run(**options: Any) -> tuple[int, list[str]]:
    """The command's exit status, and what it said."""
    out = StringIO()
    try:
        call_command("verify_ledger", stdout=out, **options)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def test_the_last_line_sums_up_what_was_looked_at(history):
    status, lines = run()

    assert status == 0
    assert "9 of 9 entries" in "\n".join(lines)
    assert "9 entries, 2 redemptions, 5 keys" in lines[-1]
    assert lines[-1].endswith(": no violation")


def test_each_row_is_counted_once_however_the_ranges_fall(history, monkeypatch):
    monkeypatch.setattr(verifying, "ROWS_AT_A_TIME", 2)
    assert "9 entries, 2 redemptions, 5 keys" in run()[1][-1]


def test_a_violation_is_printed_and_makes_the_status_1(history):
    plant(f"UPDATE promo SET remaining_points = 7 WHERE id = '{history.promo}'")

    status, lines = run()

    named = f"I2  promo {history.promo}: remaining_points is 7, should be 0"
    assert status == 1
    assert lines.count(named) == 1
    assert lines[-1].endswith(": 1 violation (I2: 1)")


def test_only_so_many_violations_are_printed_and_all_are_counted(history):
    plant("UPDATE promo SET remaining_points = 8 WHERE deleted_at IS NULL")
    plant("UPDATE promo SET promo_amount = 700 WHERE deleted_at IS NULL")

    status, lines = run(limit=3)

    assert status == 1
    assert sum(line.startswith("I") for line in lines) == 3
    assert "(more than 3; the rest are counted alone)" in lines
    assert lines[-1].endswith(": 6 violations (I2: 4, I4: 2)")


def test_no_row_is_left_out_between_two_ranges(history, monkeypatch):
    """Of each sweep every row is wrong, and the ranges are as small as can be."""
    monkeypatch.setattr(verifying, "ROWS_AT_A_TIME", 1)
    plant("UPDATE promo SET promo_amount = 700")
    plant("UPDATE redemption SET points = points + 1")
    plant("UPDATE idempotency_key SET status = 500")

    found = find()

    assert len([each for each in found if "promo_amount" in each]) == 6
    assert len([each for each in found if "by its parts" in each]) == 2
    assert len([each for each in found if "status" in each]) == 5


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar_that_goes_away(history, monkeypatch):
    monkeypatch.setattr(progress, "_PAUSE", 0)
    plant(f"UPDATE promo SET remaining_points = 7 WHERE id = '{history.promo}'")
    out = Terminal()

    with pytest.raises(SystemExit):
        call_command("verify_ledger", stdout=out)

    lines = [line.split("\033[K") for line in out.getvalue().split("\n")]
    bars = [shown for line in lines for shown in line[:-1]]
    assert "[##############################] 100%  9 of 9 entries\r" in bars
    assert [line[-1][:4] for line in lines if line[-1]] == [
        "Note",
        "Note",
        "I2  ",
        "Veri",
    ]
