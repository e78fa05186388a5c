"""`verify_ledger` knows what marks leave to do, and what no erasure leaves behind."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from promo_service.holders.models import Holder
from promo_service.promos.services import voiding
from promo_service.promos.services.pieces import finish_marked
from promo_service.tests.planting import find
from promo_service.tests.test_erasing import (  # noqa: F401  # a fixture
    erase,
    history,
)
from promo_service.tests.test_following_users import post, promoted

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def of_rule(name: str) -> list[str]:
    return [each for each in find(guards=False) if each.startswith(name)]


@pytest.fixture
def marked(owner: Any, grant: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(voiding, "PIECE", 3)
    for _ in range(8):
        grant(10)
    post([promoted(owner.id)])


def test_a_live_promo_of_an_administrator_is_right_under_a_mark_alone(owner, marked):
    assert find(guards=False) == []
    next(finish_marked())
    assert find(guards=False) == []

    Holder.objects.filter(user_id=owner.id).update(void_since=None, void_by=None)

    assert len(of_rule("only-normal-users-hold")) == 5


@pytest.mark.parametrize("name", ["void_since", "erase_since"])
def test_a_mark_older_than_an_hour_is_named(owner, marked, name):
    now = timezone.now()
    for age, named in [(HOUR * 0.9, 0), (HOUR * 1.1, 1)]:
        Holder.objects.filter(user_id=owner.id).update(**{name: now - age})

        assert len(of_rule("marks-are-worked-off")) == named


def test_after_erasure_no_text_is_named(owner, history):  # noqa: F811
    erase(owner)

    assert find(guards=False) == []


def test_every_text_of_an_erased_person_is_named(owner, history):  # noqa: F811
    post([promoted(owner.id)])
    Holder.objects.filter(user_id=owner.id).update(erased_at=timezone.now())

    found = of_rule("erased-leaves-no-text")

    kinds = {each.partition(": ")[2].partition(" of an erased")[0] for each in found}
    assert kinds == {
        "the description",
        "the description in revision 1",
        "the description in revision 2",
        "the description in revision 3",
        "the task",
        "the reason of a reversal",
        "a text in the answer",
    }
    Holder.objects.filter(user_id=owner.id).update(erase_since=timezone.now())
    assert of_rule("erased-leaves-no-text") == []


def test_a_name_in_an_answer_is_named_too(owner, history):  # noqa: F811
    erase(owner)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE idempotency_key "
            "SET answer = replace(answer, 'Erased user', 'Olivia') WHERE key = 'k2'"
        )

    (found,) = of_rule("erased-leaves-no-text")

    assert "key k2 of" in found
