"""What a retry is told, and whose key it is; times that never run backwards."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chassis.roles import Role
from promo_service.promos.models import (
    LedgerEntry,
    Promo,
    Redemption,
    RedemptionPart,
)
from promo_service.promos.services import modifying, using
from promo_service.tests.conftest import person

pytestmark = pytest.mark.django_db(transaction=True)

ONCE = {"Idempotency-Key": "once"}


def test_what_was_given_back_since_is_not_in_a_replay(owner, grant):
    url = f"/api/v1/promos/{grant(100).id}/use"
    first = owner.client.post(url, {"points": 60}, headers=ONCE)
    Redemption.objects.update(reversed_points=10)
    RedemptionPart.objects.update(reversed_points=10)

    again = owner.client.post(url, {"points": 60}, headers=ONCE)

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()


def test_a_key_of_another_administrator_is_another_key(administrator, owner):
    other = person(Role.ADMINISTRATOR)
    body = {
        "user_id": str(owner.id),
        "promo_type": "gift",
        "promo_code": "NEW",
        "promo_amount": 5,
    }
    administrator.client.post("/api/v1/promos", body, headers=ONCE)

    answer = other.client.post("/api/v1/promos", body, headers=ONCE)

    assert answer.status_code == 409
    assert answer.json()["code"] == "duplicate_promo_code"
    assert Promo.objects.count() == 1


def test_a_modification_is_never_before_the_last_entry(administrator, owner, grant):
    promo = grant(100)
    using.use_promo_points(
        actor=owner.caller,
        promo_id=promo.id,
        points=1,
        now=timezone.now() + timedelta(hours=1),
    )

    modifying.modify_promo(
        actor=administrator.caller, promo_id=promo.id, changes={"promo_amount": 50}
    )

    entries = LedgerEntry.objects.order_by("sequence")
    times = list(entries.values_list("creation_time", flat=True))
    assert times == sorted(times)
