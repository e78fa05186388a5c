"""`manage.py verify_ledger`: what it says, how it ends, and that no row is left out."""

from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command

from chassis import jobs
from promo_service.promos.management import progress
from promo_service.promos.models import IdempotencyKey, Promo
from promo_service.promos.verification import definitions, verifying
from promo_service.tests.planting import execute, find, make_history, plant

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(owner, administrator, stranger):
    return make_history(owner, administrator, stranger)


def run(**options: Any) -> tuple[int, list[str]]:
    """The command's exit status, and what it said."""
    out = StringIO()
    try:
        call_command("verify_ledger", stdout=out, **options)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def test_nothing_is_named_where_nothing_is_wrong(history):
    assert find() == []


def test_nothing_is_named_where_nothing_is():
    assert find() == []


def test_every_answer_that_is_kept_is_found_to_be_an_effect(administrator, owner):
    def post(who, path: str, body: dict[str, Any]) -> Any:
        key = {"Idempotency-Key": path}
        answer = who.client.post(f"/api/v1/{path}", body, headers=key)
        assert answer.status_code == 201, answer.json()
        return answer.json()

    grant = {"user_id": str(owner.id), "promo_type": "gift", "promo_amount": 10}
    rows = [{**grant, "promo_code": code} for code in ("A", "B")]
    post(administrator, "promos", {**grant, "promo_code": "C"})
    post(administrator, "promos/bulk", {"promos": rows})
    used = post(owner, "promos/me/use", {"points": 25})
    post(administrator, f"redemptions/{used['id']}/reverse", {"points": 7})

    assert find() == []
    assert IdempotencyKey.objects.count() == 4


def test_the_last_line_sums_up_what_was_looked_at(history):
    status, lines = run()

    assert status == 0
    assert "17 of 17 entries" in "\n".join(lines)
    assert "17 entries, 3 redemptions, 10 keys, 2 holders" in lines[-1]
    assert lines[-1].endswith(": no violation")


def test_each_row_is_counted_once_however_the_ranges_fall(history, monkeypatch):
    monkeypatch.setattr(verifying, "ROWS_AT_A_TIME", 2)
    assert "17 entries, 3 redemptions, 10 keys, 2 holders" in run()[1][-1]


def test_without_its_promos_a_ledger_is_never_without_violation(history):
    """Whatever else is left, and whether or not a range has an entry."""
    execute(
        f"ALTER TABLE {table} DISABLE TRIGGER USER"
        for table in ("ledger_entry", "promo_revision")
    )
    keys = [
        name.split(" ")
        for name, parts in definitions.read_kept()["objects"].items()
        if parts.get("definition", "").startswith("FOREIGN KEY")
    ]
    execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for _, table, name in keys)
    for table in ("promo", "promo_revision", "ledger_entry", "redemption_part"):
        execute([f"DELETE FROM {table}"])
        status, lines = run()
        assert status == 3
        assert " violations (" in lines[-1]


def test_a_violation_is_printed_and_makes_the_status_3(history):
    plant(f"UPDATE promo SET remaining_points = 9 WHERE id = '{history.promo}'")

    status, lines = run()

    named = (
        f"ledger-sums-to-balance  promo {history.promo}: "
        "remaining_points is 9, should be 7"
    )
    assert status == 3
    assert lines.count(named) == 1
    assert lines[-1].endswith(": 1 violation (ledger-sums-to-balance: 1)")


def test_only_so_many_violations_are_printed_and_all_are_counted(history):
    plant("UPDATE promo SET promo_amount = 700 WHERE deleted_at IS NULL")

    status, lines = run(limit=3)

    assert status == 3
    assert sum("promo_amount is 700" in line for line in lines) == 3
    assert "(more than 3; the rest are counted alone)" in lines
    assert lines[-1].endswith(
        ": 8 violations (ledger-sums-to-amount: 4, promo-is-its-last-revision: 4)"
    )


def test_no_row_is_left_out_between_two_ranges(history, monkeypatch):
    """Of each sweep every row is wrong, and the ranges are as small as can be."""
    monkeypatch.setattr(verifying, "ROWS_AT_A_TIME", 1)
    plant("UPDATE promo SET promo_amount = 700")
    plant("UPDATE redemption SET points = points + 1")
    plant("UPDATE idempotency_key SET status = 500")

    found = find()

    assert len([each for each in found if "promo_amount is 700" in each]) == 12
    assert len([each for each in found if "points (by its parts)" in each]) == 3
    assert len([each for each in found if "status is 500" in each]) == 10


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar_that_goes_away(history, monkeypatch):
    monkeypatch.setattr(progress, "_PAUSE", 0)
    plant(f"UPDATE promo SET remaining_points = 9 WHERE id = '{history.promo}'")
    out = Terminal()

    with pytest.raises(SystemExit):
        call_command("verify_ledger", stdout=out)

    lines = [line.split("\033[K") for line in out.getvalue().split("\n")]
    bars = [shown for line in lines for shown in line[:-1]]
    assert "[##############################] 100%  17 of 17 entries\r" in bars
    last = [line[-1] for line in lines if line[-1]]
    assert [line.split()[0] for line in last if not line.startswith("Note")] == [
        "ledger-sums-to-balance",
        "Verified",
    ]


def seen() -> float:
    (family,) = jobs.JobsCollector().collect()
    samples = {each.labels["command"]: each.value for each in family.samples}
    return float(samples["verify_ledger"])


def test_success_is_kept_and_a_violation_is_none(history):
    execute(["UPDATE job SET succeeded_at = now() - interval '9 days'"])
    before = seen()
    execute([f"UPDATE promo SET last_sequence = 99 WHERE id = '{history.promo}'"])

    assert run()[0] == 3
    assert seen() == before

    execute([f"UPDATE promo SET last_sequence = 8 WHERE id = '{history.promo}'"])
    assert run()[0] == 0
    assert seen() > before + 8 * 86_400


@pytest.mark.django_db(transaction=True)
def test_with_every_it_goes_on_after_a_violation(grant, monkeypatch):
    grant(10)
    Promo.objects.update(last_sequence=9)
    rounds: list[float] = []
    stop = SimpleNamespace(is_set=lambda: len(rounds) == 2, wait=rounds.append)
    monkeypatch.setattr(jobs, "stop_on_signals", lambda: stop)

    status, lines = run(every=5)

    assert (status, rounds) == (0, [5, 5])
    assert sum("1 violation (promo-knows-its-ledger: 1)" in line for line in lines) == 2
