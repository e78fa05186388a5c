"""What is loaded: the request, what it must be answered with, and the target."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Who does the work."""

    PRODUCT = "product"
    FLOOR = "floor"
    DATABASE = "database"


_ALL = (Side.PRODUCT, Side.FLOOR, Side.DATABASE)
_BOTH = (Side.PRODUCT, Side.FLOOR)


@dataclass(frozen=True)
class Load:
    """One kind of request, many times over."""

    name: str
    operation: str
    script: str
    route: str
    expected: int = 200
    sides: Sequence[Side] = (Side.PRODUCT,)
    # At least this share of what the floor does.
    target: float | None = None
    # How many of what exists it is spread over; 0 is all.
    spread: int = 0


LOADS = {
    load.name: load
    for load in (
        Load(
            "use",
            "Use_promo_points, spread over promos",
            "use",
            "promos/<uuid:promo_id>/use",
            expected=201,
            sides=_ALL,
            target=0.8,
        ),
        Load(
            "use-one",
            "Use_promo_points, all on one promo",
            "use",
            "promos/<uuid:promo_id>/use",
            expected=201,
            sides=_ALL,
            target=0.8,
            spread=1,
        ),
        Load(
            "points",
            "Get_promo_points",
            "points",
            "promos/<uuid:promo_id>/points",
            sides=_BOTH,
            target=0.8,
        ),
        Load(
            "list-mine",
            "Get_promo_list_me, 20 promos",
            "list_mine",
            "promos/me",
            sides=_BOTH,
            target=0.7,
        ),
    )
}
