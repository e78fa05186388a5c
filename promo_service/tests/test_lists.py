"""Lists: pages by keyset, in both directions, while rows come and go."""

import pytest

from promo_service.promos.models import LedgerEntry
from promo_service.promos.services.modifying import delete_promo

pytestmark = pytest.mark.django_db(transaction=True)


def walk(client, url, link="next"):
    pages = []
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.content
        pages.append([row["id"] for row in answer.json()["results"]])
        last, url = url, answer.json()[link]
    return pages, last


def test_pages_lead_to_the_end_and_back(administrator, grant):
    ids = [str(grant().id) for _ in range(7)][::-1]

    there, last = walk(administrator.client, "/api/v1/promos?page_size=3")
    back, _ = walk(administrator.client, last, "previous")

    assert there == [ids[:3], ids[3:6], ids[6:]]
    assert back[::-1] == there


def test_rows_that_come_and_go_disturb_nobody_elses_page(administrator, grant):
    promos = [grant() for _ in range(6)]
    first = administrator.client.get("/api/v1/promos?page_size=3").json()

    grant()
    delete_promo(actor=administrator.caller, promo_id=promos[3].id)
    second = administrator.client.get(first["next"]).json()

    assert [row["id"] for row in second["results"]] == [
        str(promos[index].id) for index in (2, 1, 0)
    ]
    assert second["next"] is None


def test_own_promos_are_listed_newest_first_in_one_query(
    owner, stranger, grant, django_assert_num_queries
):
    promos = [grant() for _ in range(20)]
    grant(user_id=stranger.id)
    owner.client.get("/api/v1/promos/me")

    with django_assert_num_queries(1):
        listed = owner.client.get("/api/v1/promos/me").json()["results"]

    assert [row["id"] for row in listed] == [str(p.id) for p in promos[::-1]]
    assert {row["user"]["id"] for row in listed} == {str(owner.id)}


def test_all_promos_are_two_queries(administrator, grant, django_assert_num_queries):
    for _ in range(20):
        grant()
    administrator.client.get("/api/v1/promos")

    with django_assert_num_queries(2):
        listed = administrator.client.get("/api/v1/promos").json()["results"]

    assert len(listed) == 20


def test_links_use_the_host_that_the_client_used(administrator, grant):
    grant()
    grant()

    answer = administrator.client.get(
        "/api/v1/promos?page_size=1",
        headers={"Host": "localhost:8443", "X-Forwarded-Proto": "https"},
    )

    assert answer.json()["next"].startswith("https://localhost:8443/api/v1/promos?")


@pytest.mark.parametrize(
    "size", ["0", "201", "-1", "ten", "1.0", "", "\u0661", "1" * 30]
)
def test_a_page_size_out_of_range_is_refused(administrator, size):
    answer = administrator.client.get("/api/v1/promos", {"page_size": size})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "page_size"


def test_a_cursor_that_was_tampered_with_is_refused(administrator, grant):
    grant()
    grant()
    link = administrator.client.get("/api/v1/promos?page_size=1").json()["next"]

    for broken in (
        link + "x",
        link.replace("cursor=", "cursor=x"),
        "/api/v1/promos?cursor=%00",
    ):
        answer = administrator.client.get(broken)
        assert answer.status_code == 400
        assert answer.json()["code"] in {"invalid_cursor", "validation_error"}


def test_a_cursor_of_another_list_is_refused(administrator, owner, grant):
    promo = grant()
    grant()
    owner.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 1})
    url = f"/api/v1/promos/{promo.id}/ledger?page_size=1"
    link = administrator.client.get(url).json()["next"]
    cursor = link.partition("cursor=")[2]

    answer = administrator.client.get(f"/api/v1/promos?cursor={cursor}")

    assert answer.json()["code"] == "invalid_cursor"


def test_a_cursor_of_another_promos_ledger_is_refused(administrator, grant):
    promo, other = grant(10), grant(10)
    for amount in (11, 12):
        url = f"/api/v1/promos/{promo.id}"
        administrator.client.patch(url, {"promo_amount": amount})
    link = administrator.client.get(f"{url}/ledger?page_size=1").json()["next"]

    answer = administrator.client.get(link.replace(str(promo.id), str(other.id)))

    assert answer.json()["code"] == "invalid_cursor"


def test_a_ledger_is_paged_by_sequence(owner, administrator, grant):
    promo = grant(10)
    for _ in range(4):
        owner.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 2})
    url = f"/api/v1/promos/{promo.id}/ledger?page_size=2"

    found = []
    while url:
        page = owner.client.get(url).json()
        found += page["results"]
        url = page["next"]

    assert [entry["sequence"] for entry in found] == [5, 4, 3, 2, 1]
    assert found[-1]["actor"] == {"id": str(administrator.id), "role": "administrator"}
    assert found[0]["redemption_id"] is not None
    assert sum(entry["points"] for entry in found) == 2
    assert LedgerEntry.objects.count() == 5


def test_a_redemption_is_shown_to_its_owner_after_the_promo_is_gone(
    owner, administrator, stranger, grant
):
    promo = grant(10)
    used = owner.client.post(
        f"/api/v1/promos/{promo.id}/use", {"points": 4, "task": "T"}
    )
    delete_promo(actor=administrator.caller, promo_id=promo.id)
    url = f"/api/v1/redemptions/{used.json()['id']}"

    for client in (owner.client, administrator.client):
        assert client.get(url).json() == used.json()
    assert stranger.client.get(url).status_code == 404
