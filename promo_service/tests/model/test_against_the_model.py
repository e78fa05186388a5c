"""Whatever is done in whatever order, answers and ledgers are those of the model.

The same 80 histories each time; other ones, and more of them, with
`MODEL_EXAMPLES=1000 make test ARGS=promo_service/tests/model`.
"""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from promo_service.tests.model.comparison import seen
from promo_service.tests.model.machine import PromoMachine

EXAMPLES = os.environ.get("MODEL_EXAMPLES")
# What must have happened, or the histories are too tame to say anything.
HAPPENED = {
    "grant": {"ok", "replay", "duplicate_promo_code", "holder_not_eligible"},
    "use": {"ok", "replay", "not_found"},
    "use_all": {"ok", "insufficient_points"},
    "reverse": {"ok", "reversal_exceeds_redemption", "promo_deleted"},
    "modify": {"ok"},
    "delete": {"ok"},
    "event": {"applied"},
}


@pytest.mark.django_db(transaction=True)
def test_every_answer_and_the_whole_ledger_are_the_models():
    run_state_machine_as_test(
        PromoMachine,
        settings=settings(
            max_examples=int(EXAMPLES or 80),
            derandomize=EXAMPLES is None,
            database=None,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    wanted = {(kind, how) for kind, hows in HAPPENED.items() for how in hows}
    assert wanted <= seen.keys(), sorted(wanted - seen.keys())
