"""Answers have what the document says of them, member by member."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.serializers import Serializer

from chassis.strict_json import JsonRenderer
from promo_service.promos import selectors
from promo_service.promos.models import LedgerEntry, Promo, PromoRevision, Redemption
from promo_service.promos.selectors.promos import NEWEST_FIRST
from promo_service.promos.serializers import answers, presenting
from promo_service.promos.services.using_all import use_my_points

pytestmark = pytest.mark.django_db


def as_json(answer: Any) -> bytes:
    return JsonRenderer().render(answer)


def documented(serializer: type[Serializer[Any]], shown: Any) -> bytes:
    """What DRF makes of it, by the serializer that the document is made of."""
    many = isinstance(shown, list)
    return as_json(serializer(shown, many=many).data)


@pytest.fixture(params=[{}, {"description": "For you", "points": 7}])
def promo(request, grant: Callable[..., Promo]) -> Promo:
    return grant(**request.param)


def test_a_promo(promo):
    found = selectors.get_promo(promo_id=promo.id, holder_id=None)
    shown = as_json(presenting.present_promo(found))
    assert shown == documented(answers.PromoAnswer, found)


def test_a_promo_of_a_list_is_as_it_is_by_itself(promo):
    promos = selectors.list_promos(holder_id=promo.holder_id)
    rows = promos.page(keys=NEWEST_FIRST, place=None, limit=2)
    found = selectors.get_promo(promo_id=promo.id, holder_id=None)
    [listed] = presenting.present_listed(rows)
    assert listed == presenting.present_promo(found)


def test_points(promo):
    points = selectors.get_points(promo_id=promo.id, holder_id=promo.holder_id)
    # The serializer is told of models, which call it `id`.
    found = selectors.get_promo(promo_id=promo.id, holder_id=None)
    shown = as_json(presenting.present_points(points))
    assert shown == documented(answers.PointsAnswer, found)


def test_a_ledger_and_revisions(owner, promo):
    use_my_points(actor=owner.caller, points=3)
    entries = list(LedgerEntry.objects.order_by("sequence"))
    revisions = list(PromoRevision.objects.all())
    assert len(entries) == 2
    shown = as_json(presenting.present_entries(entries))
    assert shown == documented(answers.EntryAnswer, entries)
    shown = as_json(presenting.present_revisions(revisions))
    assert shown == documented(answers.RevisionAnswer, revisions)


@pytest.mark.parametrize("task", [None, "A weekend"])
def test_a_redemption_of_several_parts(owner, grant, task):
    grant(5), grant(10)
    use_my_points(actor=owner.caller, points=12, task=task)
    redemption = Redemption.objects.get()
    parts = selectors.list_parts(redemption_ids=[redemption.id])
    said = {
        **{name: getattr(redemption, name) for name in ("id", "holder_id", "points")},
        **{name: getattr(redemption, name) for name in ("reversed_points", "task")},
        "creation_time": redemption.creation_time,
        "remaining_points": 3,
        "parts": parts,
    }
    shown = as_json(presenting.present_redemption(redemption, parts))
    assert shown == documented(answers.RedemptionAnswer, said)
