"""The list of users: newest first, by page, filtered, searched by prefix."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from auth_service.accounts.models import User
from auth_service.tests.conftest import faults, refusal, store_user
from chassis.roles import Role

pytestmark = pytest.mark.django_db
USERS = "/api/v1/users"
START = datetime(2026, 1, 1, tzinfo=UTC)


def names(response) -> list[str]:
    assert response.status_code == 200, response.json()
    return [user["username"] for user in response.json()["results"]]


@pytest.fixture
def crowd(administrator) -> list[str]:
    """Ten users, the newest first; the administrator who asks is the newest of all."""
    for number in range(10):
        store_user(
            username=f"user{number}", creation_time=START + timedelta(minutes=number)
        )
    return ["admin", *(f"user{number}" for number in reversed(range(10)))]


def test_the_newest_come_first_and_the_deleted_not_at_all(administrator, crowd):
    User.objects.filter(username="user5").update(deleted_at=START)
    assert names(administrator.client.get(USERS)) == [
        name for name in crowd if name != "user5"
    ]


def test_pages_lead_to_the_end_and_back(administrator, crowd):
    page = administrator.client.get(f"{USERS}?page_size=4")
    assert page.json()["previous"] is None
    seen, last = names(page), page
    while last.json()["next"]:
        last = administrator.client.get(last.json()["next"])
        seen += names(last)
    assert seen == crowd
    back = names(last)
    while last.json()["previous"]:
        last = administrator.client.get(last.json()["previous"])
        back = names(last) + back
    assert back == crowd


def test_users_who_come_and_go_meanwhile_disturb_no_page(administrator, crowd):
    page = administrator.client.get(f"{USERS}?page_size=4")
    store_user(username="newcomer")
    User.objects.filter(username=names(page)[-1]).update(deleted_at=START)
    following = administrator.client.get(page.json()["next"])
    assert names(following) == crowd[4:8]


def test_users_of_the_same_moment_are_all_seen_once(administrator):
    for number in range(5):
        store_user(username=f"twin{number}", creation_time=START)
    page = administrator.client.get(f"{USERS}?page_size=2")
    seen = names(page)
    while page.json()["next"]:
        page = administrator.client.get(page.json()["next"])
        seen += names(page)
    assert sorted(seen) == sorted(set(seen))
    assert len(seen) == 6


def test_filters_combine(administrator, crowd):
    store_user(Role.ADMINISTRATOR, username="idle", is_active=False)
    store_user(username="asleep", is_active=False)
    get = administrator.client.get
    assert names(get(f"{USERS}?role=administrator")) == ["idle", "admin"]
    assert names(get(f"{USERS}?is_active=false")) == ["asleep", "idle"]
    assert names(get(f"{USERS}?is_active=false&role=normal")) == ["asleep"]
    assert names(get(f"{USERS}?is_active=true&role=administrator")) == ["admin"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ali", ["alison", "Alice"]),
        ("ALI", ["alison", "Alice"]),
        ("alice", ["Alice"]),
        ("lid", []),
        ("Alison B", ["alison"]),
        ("%25", ["percent"]),
        ("_", ["under_score"]),
        ("a_i", []),
        ("%5C", ["backslash"]),
        ("%5C%25", []),
        ("É", ["emile"]),
        ("é", ["emile"]),
        ("'", []),
    ],
)
def test_a_search_finds_prefixes_of_username_and_name(administrator, search, found):
    store_user(username="Alice", name="A. Liddell")
    store_user(username="alison", name="Alison Brown")
    store_user(username="percent", name="% of all")
    store_user(username="under_score", name="_ of all")
    store_user(username="backslash", name="\\ of all")
    store_user(username="emile", name="\u00c9mile")
    store_user(username="aXiom", name="Someone")
    assert names(administrator.client.get(f"{USERS}?search={search}")) == found


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("role=owner", ("role", "invalid_choice")),
        ("is_active=yes", ("is_active", "invalid")),
        ("is_active=1", ("is_active", "invalid")),
        ("is_active=True", ("is_active", "invalid")),
        ("search=", ("search", "blank")),
        ("search=a%00b", ("search", "control_character")),
        ("search=" + "x" * 151, ("search", "max_length")),
        ("page_size=0", ("page_size", "min_value")),
        ("page_size=201", ("page_size", "max_value")),
        ("page_size=ten", ("page_size", "invalid")),
        ("page=2", ("page", "unknown_field")),
        ("role=normal&role=normal", ("role", "repeated")),
    ],
)
def test_a_filter_that_means_nothing_is_named(administrator, query, fault):
    assert fault in faults(administrator.client.get(f"{USERS}?{query}"))


def test_a_cursor_of_other_filters_is_refused(administrator, crowd):
    link = administrator.client.get(f"{USERS}?page_size=2&role=normal").json()["next"]
    response = administrator.client.get(link.replace("role=normal", "is_active=true"))
    assert refusal(response) == (400, "invalid_cursor")


@pytest.fixture
def town(administrator) -> None:
    """20,000 users, of whom few are administrators, suspended, or named so."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO account (id, username, password, name, mobile_number, role,
                                 is_active, creation_time, version, void_version)
            SELECT gen_random_uuid(), 'user' || i, '', 'Name ' || i,
                   CASE WHEN i % 500 > 0 THEN '+201001234567' END,
                   CASE WHEN i % 500 > 0 THEN 'normal' ELSE 'administrator' END,
                   i % 500 <> 1, %s + i * interval '1 minute', 1, 0
            FROM generate_series(1, 20000) AS i
            """.replace("i % 500", "i %% 500"),
            [START],
        )
        cursor.execute("ANALYZE account")


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", "account_newest"),
        ("is_active=true&role=normal", "account_"),
        ("role=administrator", "account_role_newest"),
        ("is_active=false", "account_suspended_newest"),
        ("search=user123", "account_username_"),
        ("search=Name 123", "account_name_prefix"),
    ],
)
def test_every_filter_has_an_index_to_walk(administrator, query, index):
    plan = explain(administrator, f"{USERS}?{query}")
    assert index in plan
    assert "Seq Scan" not in plan


@pytest.mark.usefixtures("town")
def test_a_rare_name_is_known_to_be_rare(administrator):
    plan = explain(administrator, f"{USERS}?search=Name 1234")
    expected = re.search(r"account_name_prefix +\(cost=\S+ rows=(\d+)", plan)
    assert expected, plan
    assert int(expected[1]) < 50  # without statistics one in 200 users: 100


@pytest.mark.usefixtures("town")
def test_a_deep_page_starts_reading_where_it_begins(administrator):
    page = administrator.client.get(f"{USERS}?page_size=200").json()
    for _ in range(20):
        page = administrator.client.get(page["next"]).json()
    plan = explain(administrator, page["next"], analyze=True)
    assert "account_newest" in plan
    assert "Index Cond: (ROW(creation_time, id) <" in plan
    assert "Rows Removed by Filter" not in plan


def explain(administrator, url: str, *, analyze: bool = False) -> str:
    """How PostgreSQL answers the list's one statement."""
    with CaptureQueriesContext(connection) as captured:
        assert administrator.client.get(url).status_code == 200
    sql = captured.captured_queries[-1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'ANALYZE' if analyze else ''} {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())
