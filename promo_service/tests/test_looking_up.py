"""What auth_service answers is kept, but for what an event is to void."""

import pytest

from promo_service.holders.directory import UserState
from promo_service.holders.models import Holder
from promo_service.holders.services import store_looked_up
from promo_service.promos.services.following_users import UserEvent, apply_user_event
from promo_service.tests.ledgers import movements
from promo_service.tests.test_following_users import promoted, told

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_voids_is_left_to_its_event(owner, grant):
    """Or the event would find its version known, and void nothing."""
    promo = grant(10)
    event = promoted(owner.id)

    store_looked_up([UserState.read(event)])

    assert Holder.objects.get(user_id=owner.id).version == 1
    apply_user_event(UserEvent.read(event))
    assert movements(promo) == [("grant", 10), ("void", -10)]


def test_what_voids_nothing_is_kept(owner):
    store_looked_up([UserState.read(told(owner.id, 2, name="Another Name"))])

    assert Holder.objects.get(user_id=owner.id).name == "Another Name"
