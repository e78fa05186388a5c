"""Rows made from numbers alone, and the promises that they keep."""

import pytest
from django.db import connection

from bench.filling import (
    Filling,
    count_holders,
    fill_promos,
    holder_id,
    holder_of,
    promo_id,
    redemption_id,
    username,
)
from bench.loading import read_schema
from promo_service.holders.models import Holder
from promo_service.promos.models import (
    EntryType,
    IdempotencyKey,
    LedgerEntry,
    Promo,
    PromoRevision,
    Redemption,
    RedemptionPart,
    Status,
)
from promo_service.promos.verification import verify

PROMOS = 2000


def _url() -> str:
    of = connection.settings_dict
    return (
        f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}"
        f"/{of['NAME']}"
    )


@pytest.fixture
def filled(transactional_db) -> Filling:
    filling = Filling(promos=PROMOS)
    fill_promos(_url(), filling)
    return filling


def test_an_id_is_made_of_its_number_and_in_its_order():
    assert str(promo_id(1)) == "01900000-0001-7000-8000-000000000001"
    assert str(promo_id(10_000_000)) == "01900098-9680-7000-8000-000000989680"
    assert promo_id(99) < promo_id(100)
    assert holder_id(7) == promo_id(7)


def test_a_filled_database_has_nothing_that_must_not_be(filled):
    found = [str(each) for step in verify() for each in step.violations]
    assert found == []


def test_promos_are_whose_and_what_they_are_said_to_be(filled):
    promos = Promo.objects.select_related("holder").in_bulk()
    assert len(promos) == PROMOS
    assert Holder.objects.count() == count_holders(PROMOS) == PROMOS / 20
    for number in range(1, PROMOS + 1):
        owner = holder_of(number, PROMOS)
        promo = promos[promo_id(number)]
        assert promo.holder_id == holder_id(owner)
        assert promo.holder.username == username(owner)
    times = [promos[promo_id(number)].creation_time for number in range(1, PROMOS + 1)]
    assert times == sorted(times)


def test_the_ledger_is_in_proportion(filled):
    assert LedgerEntry.objects.count() == pytest.approx(3 * PROMOS, rel=0.1)
    uses = LedgerEntry.objects.filter(type="use").count()
    assert uses == pytest.approx(2 * PROMOS, rel=0.1)
    for model in (Redemption, RedemptionPart, IdempotencyKey):
        assert model.objects.count() == uses
    assert PromoRevision.objects.count() >= PROMOS
    assert Redemption.objects.filter(
        id__in=[redemption_id(number, 1, PROMOS) for number in range(1, 101)],
        parts__promo_id__in=[promo_id(number) for number in range(1, 101)],
    )
    kinds = set(LedgerEntry.objects.values_list("type", flat=True))
    assert kinds == {kind.value for kind in EntryType}


def test_promos_are_of_every_kind(filled):
    promos = list(Promo.objects.all())
    alive = [promo for promo in promos if promo.deleted_at is None]
    assert 0 < len(promos) - len(alive) < PROMOS / 50
    assert {promo.status_at(filled.now) for promo in alive} == set(Status)
    assert len({promo.promo_type for promo in alive}) >= 7
    assert any(promo.end_time is None for promo in alive)
    active = [p for p in alive if p.status_at(filled.now) is Status.ACTIVE]
    assert len(active) > PROMOS / 4


def test_filling_leaves_the_schema_as_it_was(transactional_db):
    tables = sorted(set(connection.introspection.table_names()))
    before = read_schema(connection.connection, tables)
    fill_promos(_url(), Filling(promos=200))
    assert len(before) > 100
    assert read_schema(connection.connection, tables) == before


def test_a_database_with_rows_is_left_alone(filled):
    with pytest.raises(ValueError, match="promo already"):
        fill_promos(_url(), filled)
    assert Promo.objects.count() == PROMOS
