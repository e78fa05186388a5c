"""What lists are narrowed to, and in which order they come then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from promo_service.promos.services.modifying import delete_promo

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


@pytest.fixture
def some(owner, stranger, administrator, grant):
    """One promo of each kind, by a name."""
    now = timezone.now()
    used_up = grant(5, promo_code="USED-UP")
    owner.client.post(f"/api/v1/promos/{used_up.id}/use", {"points": 5})
    deleted = grant(promo_code="DELETED")
    delete_promo(actor=administrator.caller, promo_id=deleted.id)
    return {
        "used_up": used_up,
        "endless": grant(promo_code="ENDLESS"),
        "late": grant(promo_code="LATE", end_time=now + 9 * DAY),
        "soon": grant(promo_code="SOON", end_time=now + DAY, promo_type="gift"),
        "expired": grant(
            promo_code="EXPIRED", start_time=now - 9 * DAY, end_time=now - DAY
        ),
        "scheduled": grant(promo_code="SCHEDULED", start_time=now + DAY),
        "inactive": grant(promo_code="INACTIVE", is_active=False),
        "inactive_expired": grant(
            promo_code="INACTIVE-EXPIRED",
            start_time=now - 9 * DAY,
            end_time=now - 2 * DAY,
            is_active=False,
        ),
        "strangers": grant(promo_code="SOON", user_id=stranger.id),
    }


def names(some, client, path, **query):
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    by_id = {str(promo.id): name for name, promo in some.items()}
    return [by_id[row["id"]] for row in answer.json()["results"]]


def test_without_filters_the_newest_come_first(some, administrator, owner):
    newest = list(some)[::-1]
    assert names(some, administrator.client, "/api/v1/promos") == newest
    assert names(some, owner.client, "/api/v1/promos/me") == newest[1:]


def test_active_and_expired_promos_come_by_their_end_endless_last(some, owner):
    mine = "/api/v1/promos/me"
    active = names(some, owner.client, mine, status="active")
    assert active == ["soon", "late", "endless"]
    assert names(some, owner.client, mine, status="expired") == ["expired"]
    answer = owner.client.get(mine, {"status": "active"}).json()["results"]
    assert {row["status"] for row in answer} == {"active"}


def test_ends_before_is_exclusive_and_ends_after_inclusive(some, owner):
    mine, end = "/api/v1/promos/me", some["soon"].end_time.isoformat()
    before = names(some, owner.client, mine, ends_before=end)
    assert before == ["inactive_expired", "expired"]
    assert names(some, owner.client, mine, ends_after=end) == ["soon", "late"]
    both = names(
        some,
        owner.client,
        mine,
        ends_after=end,
        ends_before=some["late"].end_time.isoformat(),
    )
    assert both == ["soon"]


def test_created_before_is_exclusive_and_created_after_inclusive(some, administrator):
    path, moment = "/api/v1/promos", some["soon"].creation_time.isoformat()
    before = names(some, administrator.client, path, created_before=moment)
    after = names(some, administrator.client, path, created_after=moment)
    assert before == ["late", "endless", "used_up"]
    assert set(before) | set(after) == set(some)
    assert after[-1] == "soon"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"promo_code": "soon"}, ["strangers", "soon"]),
        ({"promo_type": "gift"}, ["soon"]),
        ({"promo_type": "gift", "promo_code": "LATE"}, []),
        ({"username": "STRANGER"}, ["strangers"]),
        ({"username": "nobody"}, []),
        ({"username": "stranger", "promo_code": "soon"}, ["strangers"]),
    ],
)
def test_filters_combine_with_and(some, administrator, query, found):
    assert names(some, administrator.client, "/api/v1/promos", **query) == found


def test_a_user_is_a_filter_by_id(some, administrator, stranger):
    path = "/api/v1/promos"
    found = names(some, administrator.client, path, user_id=str(stranger.id))
    assert found == ["strangers"]


def test_pages_by_end_lead_to_the_end_and_back(some, owner):
    url, there = "/api/v1/promos/me?status=active&page_size=1", []
    while url:
        page = owner.client.get(url).json()
        there += [row["promo_code"] for row in page["results"]]
        last, url = page["previous"], page["next"]
    back = []
    while last:
        page = owner.client.get(last).json()
        back += [row["promo_code"] for row in page["results"]]
        last = page["previous"]
    assert there == ["SOON", "LATE", "ENDLESS"]
    assert back == ["LATE", "SOON"]


def test_a_cursor_with_other_filters_is_refused(some, owner):
    page = owner.client.get("/api/v1/promos/me?status=active&page_size=1").json()

    answer = owner.client.get(page["next"].replace("active", "expired"))

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    "query",
    [
        {"status": "inactive"},
        {"status": ""},
        {"ends_before": "tomorrow"},
        {"ends_after": "2026-11-23T07:24:00"},
        {"created_before": "2026-11-23"},
        {"user_id": "me"},
        {"promo_type": "NO SLUG"},
        {"promo_code": ""},
        {"username": ""},
        {"statsu": "active"},
    ],
    ids=str,
)
def test_a_filter_with_a_bad_value_is_refused(administrator, query):
    answer = administrator.client.get("/api/v1/promos", query)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == next(iter(query))


def test_redemptions_are_listed_by_user_and_by_promo(
    owner, stranger, administrator, grant
):
    mine, other = grant(), grant()
    theirs = grant(user_id=stranger.id)
    used = [
        somebody.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 2}).json()
        for somebody, promo in [(owner, mine), (owner, other), (stranger, theirs)]
    ]

    def listed(client, path, **query):
        return client.get(path, query).json()["results"]

    everybodys = listed(administrator.client, "/api/v1/redemptions")
    assert everybodys == used[::-1]
    by_user = {"user_id": str(owner.id)}
    assert listed(administrator.client, "/api/v1/redemptions", **by_user) == used[1::-1]
    by_promo = {"promo_id": str(mine.id)}
    assert listed(administrator.client, "/api/v1/redemptions", **by_promo) == used[:1]
    assert listed(owner.client, "/api/v1/redemptions/me") == used[1::-1]


def test_revisions_say_what_was_changed_by_whom(administrator, grant):
    promo = grant(100)
    url = f"/api/v1/promos/{promo.id}"
    administrator.client.patch(url, {"promo_amount": 120})
    administrator.client.delete(url)

    rows = administrator.client.get(f"{url}/revisions").json()["results"]

    told = [(row["version"], row["promo_amount"], row["deleted"]) for row in rows]
    assert told == [(3, 120, True), (2, 120, False), (1, 100, False)]
    actor = {"id": str(administrator.id), "role": "administrator"}
    assert [row["actor"] for row in rows] == [actor] * 3
