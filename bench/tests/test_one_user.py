"""One user with very many promos, in small: all of it runs, and the ledger is right."""

import pytest

from bench.scale.burden import read_promos_wanted
from bench.scale.one_user import measure_one_user
from local.console import Refusal


def test_one_user_with_many_promos_is_measured_from_end_to_end(capsys):
    # More than are void at once, so that the rest is left to pieces.
    measured = measure_one_user(1_200)

    assert len(measured.uses) == 50
    assert measured.gone_after > 0
    assert measured.known_after
    shown = capsys.readouterr().out
    for line in measured.find():
        [told] = [each for each in shown.splitlines() if each.startswith(line.work)]
        assert line.measured in told
        assert told.endswith(line.verdict)


def test_a_number_of_promos_that_is_none_is_refused():
    assert read_promos_wanted({}) == 200_000
    assert read_promos_wanted({"PROMOS_OF_ONE": "0"}) == 0
    with pytest.raises(Refusal, match="PROMOS_OF_ONE"):
        read_promos_wanted({"PROMOS_OF_ONE": "many"})
