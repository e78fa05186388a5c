"""Closing days: once each, in order, without gaps, and only when they are over."""

import time
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from chassis import jobs
from promo_service.promos.management.commands import close_days as command
from promo_service.promos.models import ClosedDay, LedgerDay
from promo_service.promos.selectors import list_days, summarize
from promo_service.promos.selectors.movements import FIGURES
from promo_service.promos.services import closing
from promo_service.promos.services.closing import NotClosed, close_days
from promo_service.promos.services.modifying import modify_promo
from promo_service.tests.at_once import at_once
from promo_service.tests.planting import assert_found, execute

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
FIRST = START.date()
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def closed() -> list[date]:
    return list(ClosedDay.objects.order_by("day").values_list("day", flat=True))


def test_without_an_entry_there_is_no_day_to_close():
    assert list(close_days()) == []


def test_a_day_is_closed_one_hour_after_its_end(grant):
    grant(now=START)

    soon = MIDNIGHT + timedelta(hours=1)
    assert list(close_days(now=soon - timedelta.resolution)) == []
    assert closed() == []
    assert list(close_days(now=soon)) == [FIRST]


def test_a_day_without_movement_is_closed_too_and_none_twice(grant):
    grant(now=START)
    grant(now=START + 3 * DAY)

    first = list(close_days(now=START + 5 * DAY))
    again = list(close_days(now=START + 6 * DAY))

    assert first == [FIRST + n * DAY for n in range(5)]
    assert again == [FIRST + 5 * DAY]
    assert closed() == first + again
    assert LedgerDay.objects.count() == 2


def test_a_day_keeps_what_moved_by_type(grant):
    grant(10, promo_type="gift", now=START)
    grant(20, promo_type="gift", now=START)
    grant(5, promo_type="vip", now=START)

    list(close_days(now=START + 2 * DAY))

    kept = LedgerDay.objects.order_by("promo_type").values(
        *FIGURES, "day", "promo_type"
    )
    nothing = {**dict.fromkeys(FIGURES, 0), "day": FIRST}
    assert list(kept) == [
        {**nothing, "promo_type": "gift", "issued": 30},
        {**nothing, "promo_type": "vip", "issued": 5},
    ]


def test_a_promo_of_another_type_takes_its_past_along(grant, administrator):
    promo = grant(10, promo_type="gift", now=START)
    modify_promo(
        actor=administrator.caller,
        promo_id=promo.id,
        changes={"promo_type": "vip"},
        now=START + DAY,
    )

    list(close_days(now=START + 3 * DAY))

    kept = LedgerDay.objects.filter(day=FIRST + DAY).values_list("promo_type", "issued")
    assert sorted(kept) == [("gift", -10), ("vip", 10)]
    in_all = list_days(first=FIRST, last=FIRST + DAY)
    assert [each["issued"] for each in in_all] == [10, 0]


def test_reports_read_closed_days_as_totals_and_write_nothing(grant):
    grant(10, now=START)
    summarize(as_of=START + DAY)
    list_days()
    assert closed() == []

    list(close_days(now=START + DAY))
    LedgerDay.objects.update(issued=11)

    assert summarize(as_of=START + DAY).total["issued"] == 11
    assert summarize(as_of=START).total["issued"] == 10, "of a part of a closed day"
    assert list_days(first=FIRST, last=FIRST)[0]["issued"] == 11


@pytest.mark.django_db(transaction=True)
def test_closing_at_once_closes_each_day_once(grant):
    grant(10, now=START)

    results = at_once(4, lambda _: list(close_days(now=START + 20 * DAY)))

    assert sorted(day for result in results for day in result) == closed()
    assert len(closed()) == 20
    assert LedgerDay.objects.get().issued == 10


def test_a_day_that_can_not_be_added_up_stays_open(grant, monkeypatch):
    grant(10, now=START)
    monkeypatch.setattr(closing, "_ADD_UP", "SELECT 1 / 0")

    with pytest.raises(Exception, match="division by zero"):
        list(close_days(now=START + 2 * DAY))

    assert closed() == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            "UPDATE ledger_day SET issued = 7, used = 2 WHERE promo_type = 'welcome'",
            [
                "days-sum-up  day 2026-03-01: issued of welcome is 7, should be 10",
                "days-sum-up  day 2026-03-01: used of welcome is 2, should be 0",
            ],
        ),
        (
            "DELETE FROM ledger_day WHERE promo_type = 'welcome'",
            ["days-sum-up  day 2026-03-01: issued of welcome is 0, should be 10"],
        ),
        (
            (
                "INSERT INTO ledger_day (day, promo_type, issued, used, reversed, "
                "adjusted, voided) VALUES ('2026-03-02', 'gift', 0, 0, 0, -4, 0)"
            ),
            ["days-sum-up  day 2026-03-02: adjusted of gift is -4, should be 0"],
        ),
        (
            "DELETE FROM closed_day WHERE day = '2026-03-02'",
            ["days-without-gaps  day 2026-03-02: is open, but a later one is closed"],
        ),
        (
            "DELETE FROM ledger_day; DELETE FROM closed_day WHERE day = '2026-03-01'",
            ["days-sum-up  day 2026-03-01: issued of welcome is 0, should be 10"],
        ),
    ],
)
def test_verify_ledger_names_totals_that_entries_do_not_explain(
    grant, change, expected
):
    grant(10, now=START)
    list(close_days(now=START + 4 * DAY))
    assert_found([])

    execute([change])

    assert_found(expected)


def run(**options: Any) -> str:
    out = StringIO()
    call_command("close_days", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_the_command_says_which_days_it_closed(grant):
    grant(10, now=datetime.now(UTC) - 3 * DAY)

    said = run().splitlines()

    assert len(said) in {2, 3}  # it may be the first hour of a day
    assert said == [f"Closed {day}" for day in closed()]
    assert run() == f"No day to close: {closed()[-1]} is the last one closed.\n"


def test_the_command_says_that_there_was_never_anything_to_close():
    assert run() == "No day to close: none was ever closed.\n"


def test_when_it_succeeded_is_kept_and_shown():
    execute(["UPDATE job SET succeeded_at = now() - interval '9 days'"])
    shown = {"command": "close_days"}

    def seen() -> float:
        (family,) = jobs.JobsCollector().collect()
        assert family.name == "promosystem_job_succeeded_timestamp_seconds"
        return next(each.value for each in family.samples if each.labels == shown)

    assert time.time() - seen() > 9 * 86_400 - 60
    run()
    assert time.time() - seen() < 60


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_if_it_is_told_to_whatever_the_database_says(grant, monkeypatch):
    grant(10, now=datetime.now(UTC) - 3 * DAY)
    answers: list[Any] = [OperationalError("gone"), "demoted", NotClosed("No."), None]
    stopped = Stopped(len(answers))

    def answer() -> Any:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        if found == "demoted":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE 'it' USING ERRCODE = '25006'; END $$")
        yield from close_days()

    monkeypatch.setattr(command, "close_days", answer)
    monkeypatch.setattr(jobs, "stop_on_signals", lambda: stopped)
    said = run(every=60)

    assert said.startswith("Not closed: No.\nClosed ")
    assert stopped.pauses == [60] * 4
    assert len(closed()) >= 2


class Stopped:
    """An event that is set after so many pauses, which it keeps."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.pauses: list[float] = []

    def is_set(self) -> bool:
        return len(self.pauses) == self.rounds

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
