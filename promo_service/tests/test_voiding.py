"""More promos than one transaction voids: a mark first, then piece by piece (I6)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from promo_service.holders.models import Holder
from promo_service.promos.models import LedgerEntry, Promo
from promo_service.promos.services import voiding
from promo_service.promos.services.pieces import finish_marked
from promo_service.tests.background import Background
from promo_service.tests.filling import many_by_sql
from promo_service.tests.serving import serve, wait_for
from promo_service.tests.test_bulk_granting import row
from promo_service.tests.test_following_users import (
    ADA,
    assert_all_are_void,
    codes,
    post,
    promoted,
    service_token,
    told,
)
from promo_service.tests.test_metrics import Moved
from promo_service.tests.test_waiting import create

pytestmark = pytest.mark.django_db(transaction=True)

EVE = uuid7()


@pytest.fixture
def many(monkeypatch, grant) -> list[Promo]:
    """More than a piece, which is small here."""
    monkeypatch.setattr(voiding, "PIECE", 3)
    return [grant(10) for _ in range(8)]


def live(holder_id: Any) -> int:
    return Promo.objects.filter(holder_id=holder_id, deleted_at=None).count()


def finish() -> int:
    """Do all pieces; how many there were."""
    return sum(1 for _ in finish_marked())


def test_a_thousand_are_void_with_the_event(owner):
    many_by_sql(owner.id, 1000)

    assert codes(post([promoted(owner.id)])) == ["applied"]

    assert live(owner.id) == 0
    assert Holder.objects.get(user_id=owner.id).void_since is None


def test_more_are_left_to_a_mark_and_the_event_is_answered(owner):
    many_by_sql(owner.id, 1001)

    assert codes(post([promoted(owner.id)])) == ["applied"]

    holder = Holder.objects.get(user_id=owner.id)
    assert (live(owner.id), holder.void_by) == (1001, ADA)
    assert holder.void_since is not None
    assert finish() == 3  # the last one looks whether any is left
    assert live(owner.id) == 0


def test_all_are_void_by_whom_the_event_names_and_the_mark_is_gone(owner, many):
    owner.client.post("/api/v1/promos/me/use", {"points": 15})
    moved = Moved()

    post([promoted(owner.id)])
    finish()

    assert_all_are_void(many)
    assert moved == {"voided": 65}
    holder = Holder.objects.get(user_id=owner.id)
    assert (holder.void_since, holder.void_by) == (None, None)
    assert finish() == 0


@pytest.fixture
def attempts(administrator, owner, many) -> dict[str, Callable[[], Any]]:
    """Everything that would move points of the holder, or change a promo."""
    used = owner.client.post("/api/v1/promos/me/use", {"points": 4}).json()
    path = f"/api/v1/promos/{many[-1].id}"
    gift = row(owner.id)
    admin = administrator.client
    return {
        "use": lambda: owner.client.post(f"{path}/use", {"points": 1}),
        "use for": lambda: admin.post(f"{path}/use", {"points": 1}),
        "use mine": lambda: owner.client.post("/api/v1/promos/me/use", {"points": 1}),
        "grant": lambda: admin.post("/api/v1/promos", gift),
        "bulk": lambda: admin.post("/api/v1/promos/bulk", {"promos": [gift]}),
        "reverse": lambda: admin.post(f"/api/v1/redemptions/{used['id']}/reverse", {}),
        "modify": lambda: admin.patch(path, {"promo_amount": 99}),
        "delete": lambda: admin.delete(path),
    }


@pytest.mark.parametrize("normal_again", [False, True])
def test_under_the_mark_nothing_moves_even_if_the_user_is_normal_again(
    owner, many, attempts, nothing_changes, normal_again
):
    post([promoted(owner.id)])
    if normal_again:
        post([told(owner.id, 3, void_version=2)])
    nothing_changes()

    answers = {name: attempt() for name, attempt in attempts.items()}

    refused = {
        name: answer.json()["errors"][0]["code"]
        if answer.status_code == 400
        else answer.json()["code"]
        for name, answer in answers.items()
    }
    assert refused == {
        "use": "holder_not_eligible",
        "use for": "holder_not_eligible",
        "use mine": "holder_not_eligible",
        "grant": "holder_not_eligible",
        "bulk": "holder_not_eligible",
        "reverse": "promo_deleted",
        "modify": "not_found",
        "delete": "not_found",
    }
    assert answers["reverse"].json()["reversible_points"] == 0


def test_after_the_last_piece_a_user_who_is_normal_again_begins_with_nothing(
    administrator, owner, many, grant
):
    post([promoted(owner.id), told(owner.id, 3, void_version=2)])
    finish()

    assert_all_are_void(many)
    create(administrator, owner.id)
    used = owner.client.post("/api/v1/promos/me/use", {"points": 1})
    assert used.status_code == 201
    assert live(owner.id) == 1


def test_a_later_event_leaves_the_mark_and_who_caused_it(owner, many):
    post([promoted(owner.id)])
    since = Holder.objects.get(user_id=owner.id).void_since

    deleted = told(
        owner.id, 3, deleted=True, void_version=3, actor_id=str(EVE), name="Gone"
    )
    assert codes(post([deleted])) == ["applied"]

    holder = Holder.objects.get(user_id=owner.id)
    assert (holder.void_since, holder.void_by) == (since, ADA)
    assert (holder.deleted, holder.name) == (True, "Gone")
    finish()
    assert_all_are_void(many, ADA)


def test_what_was_left_in_the_middle_is_gone_on_with(owner, many):
    post([promoted(owner.id)])
    begun = finish_marked()
    next(begun)
    begun.close()
    assert live(owner.id) == 5

    finish()

    assert_all_are_void(many)


def test_a_holder_whom_another_process_is_at_is_left_to_it(owner, many):
    post([promoted(owner.id)])

    with transaction.atomic():
        Holder.objects.select_for_update(no_key=True).get(user_id=owner.id)
        assert Background(finish).result() == 0

    assert live(owner.id) == 8
    assert finish()


def test_a_holder_whose_piece_fails_holds_up_no_other(owner, stranger, many, grant):
    for _ in range(8):
        grant(10, user_id=stranger.id)
    first, second = sorted([owner.id, stranger.id])
    post([promoted(owner.id), promoted(stranger.id)])
    # The next entry would have the number of one that is there.
    Promo.objects.filter(holder_id=first).update(last_sequence=0)

    finish()

    assert (live(first), live(second)) == (8, 0)
    Promo.objects.filter(holder_id=first).update(last_sequence=1)
    finish()
    assert live(first) == 0


def test_a_grant_under_way_is_void_with_the_others(administrator, owner, many):
    with transaction.atomic():
        create(administrator, owner.id)
        telling = Background(lambda: codes(post([promoted(owner.id)])))
        telling.until_it_waits()

    assert telling.result() == ["applied"]
    finish()
    assert live(owner.id) == 0
    assert LedgerEntry.objects.filter(type="void").count() == 9


def test_promos_that_were_made_at_one_moment_are_all_void(
    administrator, owner, monkeypatch
):
    monkeypatch.setattr(voiding, "PIECE", 3)
    rows = [row(owner.id) for _ in range(10)]
    administrator.client.post("/api/v1/promos/bulk", {"promos": rows})

    post([promoted(owner.id)])
    finish()

    assert live(owner.id) == 0


class TestProcesses:
    """With the service as it runs."""

    @pytest.fixture
    def auth_service(self) -> None:
        """No mock: requests go over the wire here."""

    def test_a_process_that_is_killed_is_gone_on_from_by_the_next(self, owner):
        many_by_sql(owner.id, 20_000)
        event = promoted(owner.id)

        with serve() as service:
            answer = service.ask(
                "POST",
                "/internal/v1/user-events",
                service_token(),
                json={"events": [event]},
            )
            assert codes(answer) == ["applied"]
            wait_for(lambda: live(owner.id) < 20_000)
            service.kill()
        left = live(owner.id)
        assert left > 0
        assert Holder.objects.get(user_id=owner.id).void_since is not None

        with serve():
            wait_for(lambda: not Holder.objects.filter(void_since__isnull=False), 30)

        assert live(owner.id) == 0
        assert LedgerEntry.objects.filter(type="void").count() == 20_000
