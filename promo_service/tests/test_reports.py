"""Get_promo_summary and Get_promo_timeline, by example."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from promo_service.promos.models import ClosedDay, LedgerDay
from promo_service.promos.selectors import list_days, summarize
from promo_service.promos.services.closing import close_days
from promo_service.promos.services.modifying import delete_promo, modify_promo
from promo_service.promos.services.reversing import reverse_redemption
from promo_service.promos.services.using import use_promo_points

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING = {
    "issued": 0,
    "used": 0,
    "reversed": 0,
    "adjusted": 0,
    "voided": 0,
    "expired": 0,
    "outstanding": 0,
    "expiring_within_30_days": 0,
}


def figures(**those: int) -> dict[str, int]:
    return {**NOTHING, **those}


def summary_at(moment: datetime) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
    """In all, and by type; twice the same, from entries and from closed days."""
    open_one = summarize(as_of=moment)
    list(close_days(now=moment + 3 * DAY))
    assert summarize(as_of=moment) == open_one
    ClosedDay.objects.all().delete()
    by_type = {each.pop("promo_type"): each for each in open_one.by_type}
    return open_one.total, by_type


@pytest.fixture
def moved(grant, owner, administrator):
    """A promo of 100 points with every kind of movement, one a day."""
    promo = grant(100, now=START)
    used = use_promo_points(
        actor=owner.caller, promo_id=promo.id, points=40, now=START + DAY
    )
    reverse_redemption(
        actor=administrator.caller,
        redemption_id=used.redemption.id,
        points=15,
        present=lambda *_: "{}",
        now=START + 2 * DAY,
    )
    modify_promo(
        actor=administrator.caller,
        promo_id=promo.id,
        changes={"promo_amount": 90},
        now=START + 3 * DAY,
    )
    delete_promo(actor=administrator.caller, promo_id=promo.id, now=START + 4 * DAY)
    return promo


def test_nothing_is_summed_up_as_nothing(administrator):
    answer = administrator.client.get("/api/v1/promos/summary")

    assert answer.status_code == 200
    assert answer.json()["total"] == NOTHING
    assert answer.json()["by_type"] == []


def test_a_summary_tells_of_each_movement(administrator, moved):
    answer = administrator.client.get("/api/v1/promos/summary").json()

    expected = figures(issued=100, used=40, reversed=15, adjusted=-10, voided=65)
    assert answer["total"] == expected
    assert answer["by_type"] == [{"promo_type": "welcome", **expected}]
    assert answer["as_of"].endswith("Z")


def test_a_summary_is_as_of_a_time_that_is_part_of_it(moved):
    before, by_type = summary_at(START - timedelta.resolution)
    assert (before, by_type) == (NOTHING, {})

    granted, _ = summary_at(START)
    assert granted == figures(issued=100, outstanding=100)

    used, _ = summary_at(START + DAY)
    assert used == figures(issued=100, used=40, outstanding=60)

    adjusted, _ = summary_at(START + 3 * DAY)
    assert adjusted == figures(
        issued=100, used=40, reversed=15, adjusted=-10, outstanding=65
    )


def test_a_promo_counts_under_the_type_and_end_that_it_had_then(grant, administrator):
    promo = grant(100, promo_type="gift", now=START)
    grant(7, promo_type="vip", now=START)
    modify_promo(
        actor=administrator.caller,
        promo_id=promo.id,
        changes={"promo_type": "vip", "end_time": START + 3 * DAY},
        now=START + DAY,
    )

    _, before = summary_at(START + DAY - timedelta.resolution)
    _, after = summary_at(START + 2 * DAY)

    assert before == {
        "gift": figures(issued=100, outstanding=100),
        "vip": figures(issued=7, outstanding=7),
    }
    assert after == {
        "vip": figures(issued=107, outstanding=107, expiring_within_30_days=100)
    }


@pytest.mark.parametrize(
    ("ends_after", "expected"),
    [
        (-timedelta.resolution, {"expired": 5}),
        (timedelta(0), {"expired": 5}),
        (timedelta.resolution, {"outstanding": 5, "expiring_within_30_days": 5}),
        (30 * DAY, {"outstanding": 5, "expiring_within_30_days": 5}),
        (30 * DAY + timedelta.resolution, {"outstanding": 5}),
        (None, {"outstanding": 5}),
    ],
)
def test_an_end_decides_what_is_expired_and_what_soon_will_be(
    grant, ends_after, expected
):
    moment = START + 5 * DAY
    end = None if ends_after is None else moment + ends_after
    grant(5, now=START, end_time=end)

    total, _ = summary_at(moment)

    assert total == figures(issued=5, **expected)


def test_what_can_not_be_used_yet_or_now_is_outstanding_too(grant):
    grant(3, now=START, start_time=START + 300 * DAY)
    grant(4, now=START, is_active=False)

    total, _ = summary_at(START)

    assert total == figures(issued=7, outstanding=7)


def test_types_are_sorted(grant):
    for promo_type in ("b", "a-2", "c", "a"):
        grant(1, promo_type=promo_type, now=START)

    assert list(summary_at(START)[1]) == ["a", "a-2", "b", "c"]


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("as_of=2999-01-01T00:00:00Z", "as_of", "in_the_future"),
        ("as_of=2026-11-23", "as_of", "invalid"),
        ("as_of=2026-11-23T10:00:00", "as_of", "invalid"),
        ("as_of=", "as_of", "invalid"),
        ("asof=2026-11-23T10:00:00Z", "asof", "unknown_field"),
    ],
)
def test_a_summary_of_no_time_is_refused(administrator, query, field, code):
    answer = administrator.client.get(f"/api/v1/promos/summary?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, code)]


def test_any_past_time_can_be_asked_for(administrator, moved):
    for moment in ("0001-01-01T00:00:00Z", "2026-03-02T11:30:00.5%2b02:00"):
        answer = administrator.client.get(f"/api/v1/promos/summary?as_of={moment}")
        assert answer.status_code == 200

    assert answer.json()["as_of"] == "2026-03-02T09:30:00.500000Z"
    assert answer.json()["total"] == figures(issued=100, outstanding=100)


def test_a_timeline_tells_of_each_day(administrator, moved):
    path = "/api/v1/promos/timeline?from=2026-02-28&to=2026-03-05"
    from_entries = administrator.client.get(path).json()
    list(close_days(now=START + 30 * DAY))
    from_totals = administrator.client.get(path).json()

    none = dict.fromkeys(("issued", "used", "reversed", "adjusted", "voided"), 0)
    assert from_totals == from_entries
    assert from_entries["days"] == [
        {"day": "2026-02-28", **none},
        {"day": "2026-03-01", **none, "issued": 100},
        {"day": "2026-03-02", **none, "used": 40},
        {"day": "2026-03-03", **none, "reversed": 15},
        {"day": "2026-03-04", **none, "adjusted": -10},
        {"day": "2026-03-05", **none, "voided": 65},
    ]


def test_a_timeline_is_of_the_last_30_days_unless_it_is_told(grant):
    now = START + 100 * DAY
    grant(5, now=now)

    days = list_days(now=now)
    others = list_days(last=date(2026, 3, 1))

    assert len(days) == len(others) == 30
    assert (days[-1]["day"], days[-1]["issued"]) == (now.date(), 5)
    assert others[0]["day"] == date(2026, 1, 31)


def test_a_time_stands_for_its_day_in_utc(administrator):
    path = "/api/v1/promos/timeline?from=2026-03-02T00:30:00%2b01:00&to=2026-03-01"

    days = administrator.client.get(path).json()["days"]

    assert [each["day"] for each in days] == ["2026-03-01"]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("from=2024-01-01&to=2024-12-31", 366),
        ("from=0001-01-01&to=0001-01-01", 1),
        ("from=9999-12-31&to=9999-12-31", 1),
        ("to=0001-01-05", 5),
    ],
)
def test_as_many_as_366_days_of_any_time_can_be_asked_for(administrator, query, days):
    answer = administrator.client.get(f"/api/v1/promos/timeline?{query}")

    assert answer.status_code == 200
    assert len(answer.json()["days"]) == days


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("from=2024-01-01&to=2025-01-01", [("to", "too_long")]),
        ("from=2024-01-02&to=2024-01-01", [("to", "end_before_start")]),
        ("from=2024-02-30", [("from", "invalid")]),
        ("from=2024-1-1&to=20240101", [("from", "invalid"), ("to", "invalid")]),
        ("from=2024-W01-1", [("from", "invalid")]),
        ("from=2024-01-01T00:00:00", [("from", "invalid")]),
        ("from=", [("from", "invalid")]),
        ("since=2024-01-01", [("since", "unknown_field")]),
        ("to=2024-01-01&to=2024-01-02", [("to", "repeated")]),
    ],
)
def test_a_timeline_of_no_days_or_too_many_is_refused(administrator, query, errors):
    answer = administrator.client.get(f"/api/v1/promos/timeline?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == errors


SAFE = 2**53 - 1


def plant_a_closed_day(**planted: tuple[int, int]) -> None:
    """As if so many points of two types had moved in it."""
    day = ClosedDay.objects.create(day=date(2026, 1, 1), closed_at=START)
    names = ("issued", "used", "reversed", "adjusted", "voided")
    for place, promo_type in enumerate(("gift", "welcome")):
        moved = {name: planted.get(name, (0, 0))[place] for name in names}
        LedgerDay.objects.create(day=day, promo_type=promo_type, **moved)


def test_figures_that_javascript_would_round_are_told_as_digits_too(administrator):
    plant_a_closed_day(
        issued=(SAFE, 2), used=(SAFE + 1, SAFE), adjusted=(-SAFE - 1, -1), voided=(1, 0)
    )

    summary = administrator.client.get("/api/v1/promos/summary").json()
    path = "/api/v1/promos/timeline?from=2026-01-01&to=2026-01-02"
    whole, nothing = administrator.client.get(path).json()["days"]

    exact = {
        "issued": "9007199254740993",
        "used": "18014398509481983",
        "adjusted": "-9007199254740993",
    }
    assert summary["total"]["exact"] == whole["exact"] == exact
    assert summary["total"]["issued"] == whole["issued"] == SAFE + 2
    gift, welcome = summary["by_type"]
    assert gift["exact"] == {"used": str(SAFE + 1), "adjusted": str(-SAFE - 1)}
    assert "exact" not in welcome
    assert "exact" not in nothing
