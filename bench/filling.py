"""Fills the databases with promos, users and a ledger in proportion.

Everything has a number, counted from 1, and an id made of it alone; what must hold
holds, so `verify_ledger` finds nothing.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bench.filled_rows import (
    FIRST_NAMES,
    HEAVY_EVERY,
    LAST_NAMES,
    NEXT,
    PROMO_ROWS,
    START,
    STEPS,
    USER_ROWS,
)
from bench.loading import Loading, Show, say_nothing

PROMOS_A_HOLDER = 20
NOBODYS_PASSWORD = "!"  # noqa: S105 - Django's hash that no password has
_SPAN = timedelta(days=730)


def promo_id(number: int) -> UUID:
    """Return the id of a promo, or of a user: like version 7, in the order of numbers.

    In SQL it is `bench.filled_rows.uuid_of`.
    """
    return UUID(f"0190{number:08x}70008000{number:012x}")


holder_id = promo_id


def redemption_id(number: int, use: int, promos: int) -> UUID:
    """Return the id of a promo's use, counted from 1, of so many promos."""
    tick = number + promos // STEPS[f"use_{use}"]
    return UUID(f"0191{tick:08x}{7000 + use}8000{number:012x}")


def count_holders(promos: int) -> int:
    """Return how many holders so many promos have."""
    return max(1, promos // PROMOS_A_HOLDER)


def holder_of(number: int, promos: int) -> int:
    """Return whose a promo is, of so many promos: the number of the holder.

    Every 199th is the first holder's, who has very many.
    """
    if number % HEAVY_EVERY == 0:
        return 1
    return 1 + (number - 1) % count_holders(promos)


def username(number: int) -> str:
    """Return a user's name: a first name, a last name, and the number."""
    family = LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]
    return f"{FIRST_NAMES[number % len(FIRST_NAMES)]}.{family}.{number}"


@dataclass(frozen=True, kw_only=True)
class Filling:
    """So many promos until `now`; the same numbers always give the same rows."""

    promos: int
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what the queries of `bench.filled_rows` are filled in with."""
        holders = count_holders(self.promos)
        return {
            "promos": self.promos,
            "holders": holders,
            "campaign": max(1, holders // 5),
            "begin": self.now - _SPAN,
            "step": _SPAN / self.promos,
            **{name: self.promos // part for name, part in STEPS.items()},
        }


def fill_promos(url: str, filling: Filling, *, show: Show = say_nothing) -> None:
    """This function will fill a promo database without promos, as its owner.

    `show` is told of each stage how much of it is done. Raises ValueError where there
    are promos already, and RuntimeError where the schema is not what it was.
    """
    with Loading(url, PROMO_ROWS, show) as loading:
        loading.require_empty("promo")
        loading.load("promos", filling.promos, filling.parameters, START, NEXT)


def fill_users(
    url: str,
    filling: Filling,
    *,
    password_hash: str = NOBODYS_PASSWORD,
    show: Show = say_nothing,
) -> None:
    """This function will add the holders of so many promos to an auth database.

    All of them have the password of that hash. Who is there already stays. Raises
    RuntimeError where the schema is not what it was.
    """
    parameters = {**filling.parameters, "password": password_hash}
    with Loading(url, USER_ROWS, show) as loading:
        loading.load("users", count_holders(filling.promos), parameters)
