"""What tests look at in a ledger."""

from promo_service.promos.models import LedgerEntry, Promo


def assert_ledger_is_whole(promo: Promo) -> None:
    """I1 to I3 for one promo, as it is in the database now."""
    promo.refresh_from_db()
    entries = list(LedgerEntry.objects.filter(promo=promo).order_by("sequence"))
    balance = 0
    for number, entry in enumerate(entries, start=1):
        balance += entry.points
        assert (entry.sequence, entry.balance) == (number, balance)
    assert balance == promo.remaining_points
    assert 0 <= balance <= promo.promo_amount
    assert promo.last_sequence == len(entries)
    times = [entry.creation_time for entry in entries]
    assert times == sorted(times)


def movements(promo: Promo) -> list[tuple[str, int]]:
    """The promo's ledger as (type, points), the oldest first."""
    entries = LedgerEntry.objects.filter(promo=promo).order_by("sequence")
    return list(entries.values_list("type", "points"))
