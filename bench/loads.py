"""What is loaded: the request, what it must be answered with, and the targets."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Who does the work."""

    PRODUCT = "product"
    FLOOR = "floor"
    DATABASE = "pgbench"
    HASHER = "hasher"


_WITH_FLOOR = (Side.PRODUCT, Side.FLOOR)


@dataclass(frozen=True, kw_only=True)
class Load:
    """One kind of request, many times over."""

    name: str
    operation: str
    script: str
    service: str = "promo_service"
    expected: int = 200
    # Of `bench.people`, whom the script asks for.
    people: str = "holders"
    sides: Sequence[Side] = (Side.PRODUCT,)
    connections: int = 16
    # How many times as long as other loads.
    lasting: int = 1
    # Over how many of the promos it is spread; 0 is all.
    spread: int = 0
    # What is counted, and how many of it a request is.
    unit: str = "requests"
    units: int = 1
    # Targets: a share of the second side's rate; a rate; statements a request.
    share: float | None = None
    rate: int | None = None
    statements: int | None = None

    @property
    def yardstick(self) -> Side | None:
        """Return the side that the product is held against, if any."""
        return self.sides[1] if len(self.sides) > 1 else None


_ALL = (
    Load(
        name="use",
        operation="Use_promo_points, spread over promos",
        script="use",
        expected=201,
        sides=(*_WITH_FLOOR, Side.DATABASE),
        share=0.8,
        statements=1,
    ),
    Load(
        name="use-one",
        operation="Use_promo_points, all on one promo",
        script="use",
        expected=201,
        sides=(*_WITH_FLOOR, Side.DATABASE),
        spread=1,
        share=0.8,
        statements=1,
    ),
    Load(
        name="points",
        operation="Get_promo_points",
        script="points",
        sides=_WITH_FLOOR,
        share=0.8,
        statements=1,
    ),
    Load(
        name="list-mine",
        operation="Get_promo_list_me, 20 promos",
        script="list_mine",
        sides=_WITH_FLOOR,
        share=0.7,
        statements=1,
    ),
    Load(
        name="list-all",
        operation="Get_promo_list_all_users, first page of 50",
        script="list_all",
        people="administrator",
        statements=2,
    ),
    Load(
        name="create",
        operation="Create_promo",
        script="create",
        expected=201,
        people="administrator",
        statements=6,
    ),
    Load(
        name="bulk",
        operation="Create_promos, 500 a request",
        script="bulk",
        expected=201,
        people="administrator",
        connections=4,
        lasting=3,
        unit="promos",
        units=500,
        rate=2_000,
    ),
    Load(
        name="obtain",
        operation="obtain_token",
        script="obtain",
        service="auth_service",
        people="users",
        sides=(Side.PRODUCT, Side.HASHER),
        share=0.9,
    ),
    Load(
        name="refresh",
        operation="refresh_token",
        script="refresh",
        service="auth_service",
        people="sessions",
    ),
)
LOADS = {load.name: load for load in _ALL}
