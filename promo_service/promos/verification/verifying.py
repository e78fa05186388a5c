"""Every check, one after the other, told of as it goes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from promo_service.promos.verification.days import estimate_days, verify_days
from promo_service.promos.verification.keys import KEYS
from promo_service.promos.verification.promos import PROMO_CHECKS
from promo_service.promos.verification.redemptions import REDEMPTIONS, SHARES
from promo_service.promos.verification.rules import Violation
from promo_service.promos.verification.schema import find_missing_guards
from promo_service.promos.verification.sweeps import Sweep

ROWS_AT_A_TIME = 20_000

_SWEEPS = (
    # By entries, of which a promo may have many: so no statement has too many of them.
    Sweep(
        name="entries",
        table="ledger_entry",
        key="promo_id",
        order="promo_id, sequence",
        checks=(*PROMO_CHECKS, SHARES),
    ),
    Sweep(
        name="redemptions",
        table="redemption",
        key="id",
        order="id",
        checks=(REDEMPTIONS,),
    ),
    Sweep(
        name="keys",
        table="idempotency_key",
        key="actor_id, key",
        order="actor_id, key",
        checks=(KEYS,),
    ),
)


@dataclass(frozen=True, slots=True)
class Step:
    """What was looked at by now, of about how many, and what was wrong just now."""

    name: str
    done: int
    total: int
    violations: list[Violation] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def verify(*, production: bool = False) -> Iterator[Step]:
    """This function will look at everything, and yield each step's violations.

    In `production` the role that is connected may not be able to go round a guard.
    """
    guards = find_missing_guards(production=production)
    checked = guards.checked
    yield Step("guards", checked, checked, guards.violations, guards.remarks)
    for sweep in _SWEEPS:
        yield from _steps(sweep.name, sweep.estimate_rows(), sweep.run(ROWS_AT_A_TIME))
    yield from _steps(
        "entries of closed days", estimate_days(), verify_days(ROWS_AT_A_TIME)
    )


def _steps(
    name: str, total: int, parts: Iterable[tuple[int, list[Violation]]]
) -> Iterator[Step]:
    done = 0
    for rows, violations in parts:
        done += rows
        yield Step(name, done, max(total, done + 1), violations)
    yield Step(name, done, done)
