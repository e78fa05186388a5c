"""Administrators' tokens that are out of date, and lists that are one's own."""

import pytest

from chassis.roles import Role
from promo_service.tests.conftest import store_holder

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "attributes",
    [
        {"role": Role.NORMAL},
        {"role": Role.ADMINISTRATOR, "is_active": False},
        {"role": Role.ADMINISTRATOR, "deleted": True},
    ],
)
def test_an_administrators_token_that_is_out_of_date(
    administrator, owner, grant, nothing_changes, attributes
):
    url = f"/api/v1/promos/{grant(10).id}"
    store_holder(administrator.id, version=2, **attributes)
    nothing_changes()

    answers = [
        administrator.client.get("/api/v1/promos"),
        administrator.client.patch(url, {"promo_amount": 5}),
        administrator.client.post(f"{url}/use", {"points": 1}),
        administrator.client.delete(url),
    ]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert {answer.json()["code"] for answer in answers} == {"invalid_token"}


def test_an_administrators_token_that_the_row_bears_out_is_taken(administrator, grant):
    grant(10)
    store_holder(administrator.id, version=2, role=Role.ADMINISTRATOR)

    assert administrator.client.get("/api/v1/promos").status_code == 200


def test_own_redemptions_alone_are_listed(owner, stranger, grant):
    used = owner.client.post(f"/api/v1/promos/{grant(10).id}/use", {"points": 1})

    own = owner.client.get("/api/v1/redemptions/me").json()["results"]
    others = stranger.client.get("/api/v1/redemptions/me").json()["results"]

    assert (own, others) == ([used.json()], [])
