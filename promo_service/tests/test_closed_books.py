"""No entry is dated into a closed day, whatever the clock says, whatever writes it."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from promo_service.promos.models import (
    Books,
    ClosedDay,
    LedgerDay,
    LedgerEntry,
    PromoRevision,
    Redemption,
)
from promo_service.promos.selectors import summarize
from promo_service.promos.services import closing
from promo_service.promos.services.closing import NotClosed, close_days, reopen_days
from promo_service.promos.services.using import use_promo_points
from promo_service.tests.planting import execute, find
from promo_service.tests.test_following_users import post, promoted

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
PROMOS = "/api/v1/promos"


def body(owner, code, **changes):
    grant = {"user_id": str(owner.id), "promo_type": "gift", "promo_code": code}
    return {**grant, "promo_amount": 10, **changes}


def list_dated() -> Iterator[tuple[Any, ...]]:
    """Entries and revisions, each with its time."""
    for model in (LedgerEntry, PromoRevision):
        for row in model.objects.all():
            yield model, row.pk, row.creation_time


def closed_until() -> datetime:
    until = Books.objects.get().closed_until
    assert until is not None
    return until


def tomorrow() -> date:
    return datetime.now(UTC).date() + DAY


@pytest.fixture
def ahead(grant, owner):
    """A promo that was used, and whose days were closed by a clock two days ahead."""
    then = datetime.now(UTC) - 2 * DAY
    promo = grant(100, now=then)
    use_promo_points(actor=owner.caller, promo_id=promo.id, points=5, now=then)
    list(close_days(now=datetime.now(UTC) + 2 * DAY + closing.CERTAINLY_OVER))
    assert ClosedDay.objects.latest("day").day == tomorrow()
    return promo


# Whatever writes an entry, after a use: what to send, and how many entries there are.
WRITERS = {
    "grant": lambda a, o, p, r: a.post(PROMOS, body(o, "X")),
    "bulk": lambda a, o, p, r: a.post(
        f"{PROMOS}/bulk", {"promos": [body(o, "X"), body(o, "Y")]}
    ),
    "use": lambda a, o, p, r: o.client.post(f"{PROMOS}/{p}/use", {"points": 3}),
    "use for a user": lambda a, o, p, r: a.post(f"{PROMOS}/{p}/use", {"points": 3}),
    "use my points": lambda a, o, p, r: o.client.post(
        f"{PROMOS}/me/use", {"points": 3}
    ),
    "reverse": lambda a, o, p, r: a.post(
        f"/api/v1/redemptions/{r}/reverse", {"points": 1}
    ),
    "adjust": lambda a, o, p, r: a.patch(f"{PROMOS}/{p}", {"promo_amount": 120}),
    "rename": lambda a, o, p, r: a.patch(f"{PROMOS}/{p}", {"promo_type": "vip"}),
    "delete": lambda a, o, p, r: a.delete(f"{PROMOS}/{p}"),
    "void": lambda a, o, p, r: post([promoted(o.id)]),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_what_a_clock_would_date_into_a_closed_day_is_dated_after_it(
    ahead, administrator, owner, writer
):
    used = Redemption.objects.get().id
    until = closed_until()
    assert until.date() == tomorrow() + DAY
    totals = list(LedgerDay.objects.values())
    before = set(list_dated())

    answer = WRITERS[writer](administrator.client, owner, ahead.id, used)

    assert answer.status_code in {200, 201, 204}, answer.json()
    added = set(list_dated()) - before
    assert added
    assert {moment for *_, moment in added} == {until}
    if "creation_time" in (answer.json() if answer.content else {}):
        assert datetime.fromisoformat(answer.json()["creation_time"]) in {
            until,
            ahead.creation_time,
        }
    assert list(LedgerDay.objects.values()) == totals
    assert "days-sum-up" not in "\n".join(find())


def test_what_the_clock_dates_later_is_dated_by_the_clock(grant, owner):
    promo = grant(100, now=datetime.now(UTC) - 3 * DAY)
    list(close_days())

    began = datetime.now(UTC)
    owner.client.post(f"{PROMOS}/{promo.id}/use", {"points": 5})

    last = LedgerEntry.objects.latest("sequence")
    assert timedelta() <= last.creation_time - began < timedelta(minutes=1)
    assert find() == []


def run(**options):
    out = StringIO()
    call_command("close_days", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_days_that_a_clock_closed_are_opened_again(ahead, owner):
    today = tomorrow() - DAY
    names = {each.partition("  ")[0] for each in find()}
    assert names == {"days-are-over-when-closed", "books-are-closed-behind"}

    said = run(reopen=today).splitlines()

    assert said[:2] == [f"Reopened {today}", f"Reopened {tomorrow()}"]
    assert said[2] == f"2 days are open again; {today - DAY} is the last one closed."
    assert closed_until().date() == today
    assert find() == []
    owner.client.post(f"{PROMOS}/{ahead.id}/use", {"points": 5})
    entry = LedgerEntry.objects.latest("sequence")
    assert entry.creation_time.date() in {today, tomorrow()}
    assert (
        run() == f"No day to close: {today - DAY} is the last one closed.\n" or closed()
    )


def closed() -> int:
    return ClosedDay.objects.count()


def test_a_day_that_is_opened_again_is_added_up_anew(grant):
    first = datetime.now(UTC) - 4 * DAY
    grant(10, now=first)
    grant(20, now=first + 2 * DAY)
    before = list(close_days())
    report = summarize(as_of=first + 3 * DAY).total
    LedgerDay.objects.filter(issued=20).update(issued=21)

    assert reopen_days(since=(first + DAY).date()) == before[1:]
    assert list(close_days()) == before[1:]

    assert summarize(as_of=first + 3 * DAY).total == report
    assert find() == []


def test_all_days_may_be_opened_again(grant):
    grant(10, now=datetime.now(UTC) - 3 * DAY)
    days = list(close_days())

    said = run(reopen=days[0]).splitlines()

    assert said[-1] == f"{len(days)} days are open again; none is closed."
    assert Books.objects.get().closed_until is None
    assert (closed(), LedgerDay.objects.count()) == (0, 0)
    assert find() == []


def test_a_day_that_is_open_is_not_opened(grant):
    grant(10, now=datetime.now(UTC) - 3 * DAY)
    list(close_days())
    before = list(ClosedDay.objects.values())

    with pytest.raises(CommandError, match=r"No day from .* on is closed"):
        run(reopen=tomorrow())
    assert list(ClosedDay.objects.values()) == before
    assert find() == []


def test_only_what_holds_closed_days_loses_rows(grant, django_assert_num_queries):
    grant(10, now=datetime.now(UTC) - 3 * DAY)
    days = list(close_days())
    with django_assert_num_queries(8, exact=False) as queries:
        reopen_days(since=days[0])
    deleted = [q["sql"].split()[2].strip('"') for q in queries if "DELETE" in q["sql"]]
    assert deleted == ["ledger_day", "closed_day"]


def test_nothing_is_closed_while_the_clocks_differ(grant, monkeypatch):
    grant(10, now=datetime.now(UTC) - 3 * DAY)
    monkeypatch.setattr(
        closing, "database_time", lambda: datetime.now(UTC) + timedelta(hours=3)
    )
    with pytest.raises(NotClosed, match=r"The database's clock says .*"):
        list(close_days())
    assert closed() == 0
    with pytest.raises(SystemExit):
        run()


def test_books_of_a_version_that_knew_none_are_caught_up(grant):
    grant(10, now=datetime.now(UTC) - 3 * DAY)
    list(close_days())
    until = Books.objects.get().closed_until
    Books.objects.update(closed_until=None)
    assert [each.partition("  ")[0] for each in find()] == ["books-are-closed-behind"]

    assert list(close_days()) == []

    assert Books.objects.get().closed_until == until
    assert find() == []


@pytest.mark.django_db(transaction=True)
def test_a_writer_under_way_is_waited_for_and_added_up(grant, owner):
    """It has looked at the books before they were closed, and commits afterwards."""
    day = datetime.now(UTC) - 3 * DAY
    promo = grant(100, now=day)
    used, commit = threading.Event(), threading.Event()
    days: list[date] = []

    def use() -> None:
        with transaction.atomic():
            execute(
                [
                    f"""UPDATE promo SET remaining_points = 95, last_sequence = 2,
                    last_entry_time = '{day}' WHERE id = '{promo.id}'"""
                ]
            )
            used.set()
            assert commit.wait(20)
        connection.close()

    def close() -> None:
        days.extend(close_days())
        connection.close()

    threads = [threading.Thread(target=each) for each in (use, close)]
    threads[0].start()
    assert used.wait(20)
    threads[1].start()
    threads[1].join(0.7)
    assert closed() == 0, "it waits"
    assert closed_until() > day, "and nothing new gets into the day"
    commit.set()
    for thread in threads:
        thread.join(20)
    assert len(days) >= 2


@pytest.mark.django_db(transaction=True)
def test_an_old_transaction_that_does_not_end_is_not_waited_for_for_ever(
    grant, monkeypatch
):
    grant(10, now=datetime.now(UTC) - 3 * DAY)
    monkeypatch.setattr(closing, "LONGEST_WAIT", 0.2)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            execute(["SELECT pg_current_xact_id()"])
            held.set()
            assert done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    with pytest.raises(NotClosed, match="still open"):
        list(close_days())
    assert closed() == 0
    done.set()
    thread.join(20)
    assert list(close_days())
