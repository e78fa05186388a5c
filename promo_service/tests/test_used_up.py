"""A promo is flagged as used up just when it is: indexes leave it out by that flag."""

from uuid import UUID

import pytest

from promo_service.promos.models import Promo

pytestmark = pytest.mark.django_db

PROMOS = "/api/v1/promos"


def flagged(promo: Promo) -> bool:
    return Promo.objects.values_list("is_used_up", flat=True).get(id=promo.id)


def active(person) -> list[UUID]:
    page = person.client.get(f"{PROMOS}/me?status=active").json()
    return [UUID(each["id"]) for each in page["results"]]


def use(person, path: str, points: int):
    answer = person.client.post(f"{PROMOS}/{path}/use", {"points": points})
    assert answer.status_code == 201
    return answer.json()


def test_the_last_point_sets_it_and_no_other(owner, grant):
    promo = grant(10)
    use(owner, promo.id, 9)
    assert (flagged(promo), active(owner)) == (False, [promo.id])

    use(owner, promo.id, 1)

    assert (flagged(promo), active(owner)) == (True, [])


def test_a_use_of_all_promos_sets_it_on_those_that_it_empties(owner, grant):
    first, second = grant(10), grant(10)

    use(owner, "me", 15)

    assert (flagged(first), flagged(second)) == (True, False)


def test_what_is_given_back_takes_it_away(owner, administrator, grant):
    promo = grant(10)
    redemption = use(owner, promo.id, 10)

    path = f"/api/v1/redemptions/{redemption['id']}/reverse"
    assert administrator.client.post(path, {"points": 1}).status_code == 201

    assert (flagged(promo), active(owner)) == (False, [promo.id])


def test_a_larger_amount_takes_it_away_and_a_smaller_one_sets_it(
    owner, administrator, grant
):
    promo = grant(10)
    use(owner, promo.id, 10)
    for amount, expected in ((11, False), (10, True)):
        change = {"promo_amount": amount}
        answer = administrator.client.patch(f"{PROMOS}/{promo.id}", change)
        assert answer.status_code == 200
        assert flagged(promo) is expected


def test_it_is_kept_whoever_moves_points(grant):
    promo = grant(10)
    for remaining, expected in ((0, True), (3, False)):
        Promo.objects.filter(id=promo.id).update(remaining_points=remaining)
        assert flagged(promo) is expected
