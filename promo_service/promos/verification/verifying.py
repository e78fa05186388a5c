"""Every check, one after the other, told of as it goes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from promo_service.promos.verification.days import estimate_days, verify_days
from promo_service.promos.verification.keys import KEYS
from promo_service.promos.verification.marks import (
    MARKS,
    TEXTS_OF_ANSWERS,
    TEXTS_OF_PROMOS,
    TEXTS_OF_REDEMPTIONS,
)
from promo_service.promos.verification.promos import PROMO_CHECKS
from promo_service.promos.verification.redemptions import (
    ENTRIES_OF_USES,
    REDEMPTIONS,
    SHARES,
)
from promo_service.promos.verification.references import (
    HOLDERS_OF_ANSWERS,
    REFERENCES_OF_KEYS,
    REFERENCES_OF_PROMOS,
    REFERENCES_OF_REDEMPTIONS,
)
from promo_service.promos.verification.reversals import REVERSALS, REVERSE_ENTRIES
from promo_service.promos.verification.revisions import REVISIONS
from promo_service.promos.verification.rows import build_row_checks
from promo_service.promos.verification.rules import Violation
from promo_service.promos.verification.schema import find_missing_guards
from promo_service.promos.verification.sweeps import Keyed, Sweep

ROWS_AT_A_TIME = 20_000


@dataclass(frozen=True, slots=True)
class Step:
    """What was looked at by now, of about how many, and what was wrong just now."""

    name: str
    done: int
    total: int
    violations: list[Violation] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def verify(*, production: bool = False, guards: bool = True) -> Iterator[Step]:
    """Look at everything, and yield each step's violations.

    In `production` the role that is connected may not be able to go round a guard.
    Without `guards` rows alone are looked at.
    """
    if guards:
        found = find_missing_guards(production=production)
        checked = found.checked
        yield Step("guards", checked, checked, found.violations, found.remarks)
    for sweep in _build_sweeps():
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


def _build_sweeps() -> tuple[Sweep, ...]:
    return (
        Sweep(
            name="entries",
            tables=(
                Keyed("ledger_entry", "promo_id", "promo_id, sequence"),
                Keyed("promo", "id", "id"),
                Keyed("promo_revision", "promo_id", "promo_id, version"),
                Keyed("redemption_part", "promo_id", "promo_id, redemption_id DESC"),
            ),
            checks=(
                *PROMO_CHECKS,
                REVISIONS,
                SHARES,
                ENTRIES_OF_USES,
                REVERSE_ENTRIES,
                *REFERENCES_OF_PROMOS,
                TEXTS_OF_PROMOS,
                *build_row_checks(
                    ledger_entry="promo_id",
                    promo="id",
                    promo_revision="promo_id",
                    redemption_part="promo_id",
                ),
            ),
        ),
        Sweep(
            name="redemptions",
            tables=(
                Keyed("redemption", "id", "id"),
                Keyed("redemption_part", "redemption_id", "redemption_id, promo_id"),
                Keyed("reversal", "redemption_id", "redemption_id"),
            ),
            checks=(
                REDEMPTIONS,
                REVERSALS,
                *REFERENCES_OF_REDEMPTIONS,
                TEXTS_OF_REDEMPTIONS,
                *build_row_checks(redemption="id", reversal="redemption_id"),
            ),
        ),
        Sweep(
            name="keys",
            tables=(Keyed("idempotency_key", "actor_id, key", "actor_id, key"),),
            checks=(
                KEYS,
                REFERENCES_OF_KEYS,
                TEXTS_OF_ANSWERS,
                *build_row_checks(idempotency_key="actor_id, key"),
            ),
        ),
        Sweep(
            name="holders",
            tables=(
                Keyed("holder", "user_id", "user_id"),
                Keyed("answer_holder", "holder_id", "holder_id, actor_id, key"),
            ),
            checks=(
                MARKS,
                HOLDERS_OF_ANSWERS,
                *build_row_checks(holder="user_id", answer_holder="holder_id"),
            ),
        ),
    )
