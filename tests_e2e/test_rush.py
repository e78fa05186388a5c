"""A rush of log-ins holds up neither refreshes nor what the services ask each other."""

import time

import pytest

from local.stack import Stack
from tests_e2e.people import register
from tests_e2e.rush import WIDE_RATES, Others, Rush

SIZE = 150
# A quiet machine's promise; a busy one's own quiet figure counts, several times.
LIMIT_SECONDS, TIMES_QUIET = 0.25, 5


@pytest.fixture(scope="module")
def wide_stack():
    with Stack(WIDE_RATES) as running:
        yield running


def test_a_rush_of_log_ins_is_turned_away_and_holds_nobody_else_up(wide_stack):
    user = register(wide_stack.base_url)
    rush = Rush(
        wide_stack.base_url, {"username": user.username, "password": user.password}
    )
    with Others(wide_stack, user) as others:
        time.sleep(1.5)
        quiet = others.take_p99()
        rush.run(SIZE)
        busy = others.take_p99()

    assert not others.wrong
    assert rush.statuses.total() == SIZE
    assert rush.statuses.keys() == {200, 503}, rush.statuses
    assert set(rush.retry_after) <= {1, 2, 3, 4}
    assert busy.keys() == {"refresh", "key set", "look-up", "health"}
    for name, seconds in busy.items():
        assert seconds < max(LIMIT_SECONDS, TIMES_QUIET * quiet[name]), (busy, quiet)


def test_who_was_turned_away_was_locked_out_of_nothing(wide_stack):
    user = register(wide_stack.base_url)
    wrong = {"username": user.username, "password": user.password}
    Rush(wide_stack.base_url, wrong).run(20)
    assert user.log_in().access
