"""Issue "The whole contract, strictly kept": schemathesis finds nothing, anywhere.

Every check that schemathesis has, on both documents, against the real system. More of
it, or other requests: `make test-contract MAX_EXAMPLES=200 SEED=7`.
"""

from tests_e2e.contract.trial import Trial


def test_schemathesis_finds_nothing(trial: Trial):
    assert trial.found_nothing, trial.output


def test_every_operation_of_the_document_was_answered_with_success(trial: Trial):
    successes = trial.count_successes()
    assert successes
    assert min(successes.values()) > 0, successes
