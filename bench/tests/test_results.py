"""Medians, ratios and verdicts."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pytest

from bench import chart, report
from bench.choices import Choices
from bench.findings import Finding, find
from bench.generators import read_output
from bench.loads import LOADS, Load, Side
from bench.pgbench import read_output as read_pgbench
from bench.results import LOAD_GENERATOR, Outcome, Results, Run, RunFailed
from local.console import Refusal

WRK = """Running 5s test @ http://127.0.0.1:20000
  2 threads and 16 connections
Requests/sec:   1234.56

RESULT {"requests":5000,"microseconds":2500000,"bytes":500000,"wrong":0,"broken":0,"latency_50":8000,"latency_99":21500}
EXAMPLE 
"""  # noqa: E501, W291
PGBENCH = """pgbench (18.0)
number of transactions actually processed: 9000
number of failed transactions: 0 (0.000%)
latency average = 2.667 ms
tps = 3000.000000 (without initial connection time)
"""


def _runs(load: Load, side: Side, rates: Sequence[int], cpu: float = 1.0) -> list[Run]:
    spent = {"gateway": cpu, "postgres": cpu, LOAD_GENERATOR: 9.0}
    return [
        Run(load, side, number, Outcome(rate, 1.0), spent, statements=1.0)
        for number, rate in enumerate(rates, start=1)
    ]


def _results(load: Load, product: Sequence[int], other: Sequence[int]) -> Results:
    yardstick = load.yardstick
    assert yardstick is not None
    ours = _runs(load, Side.PRODUCT, product, cpu=2.0)
    return Results([*ours, *_runs(load, yardstick, other)])


def _verdict(results: Results, work: str) -> Finding:
    [found] = [line for line in find(results) if line.work == work]
    return found


def test_a_ratio_is_of_the_medians_and_tells_the_extremes_of_single_rounds():
    results = _results(LOADS["use"], [80, 90, 10], [100, 200, 50])
    ratio = results.compare(LOADS["use"], Side.FLOOR)
    assert results.rate(LOADS["use"], Side.PRODUCT) == 80
    assert (ratio.of_medians, ratio.lowest, ratio.highest) == (0.8, 0.2, 0.8)


def test_cpu_time_is_compared_without_that_of_the_load_generator():
    results = _results(LOADS["use"], [80], [100])
    assert results.compare_cpu(LOADS["use"], Side.FLOOR) == 0.5


@pytest.mark.parametrize(("rate", "verdict"), [(80, "met"), (79, "MISSED")])
def test_a_share_of_the_floor_is_met_from_the_target_on(rate, verdict):
    results = _results(LOADS["use"], [rate], [100])
    assert _verdict(results, LOADS["use"].operation).verdict == verdict


@pytest.mark.parametrize(("requests", "verdict"), [(4, "met"), (3, "MISSED")])
def test_promos_in_bulk_are_counted_one_by_one(requests, verdict):
    results = Results(_runs(LOADS["bulk"], Side.PRODUCT, [requests]))
    found = _verdict(results, LOADS["bulk"].operation)
    assert found.verdict == verdict
    assert found.measured == f"{requests * 500:,} promos a second"


def test_without_a_target_there_is_no_verdict():
    results = Results(_runs(LOADS["refresh"], Side.PRODUCT, [100]))
    assert _verdict(results, "refresh_token").verdict == ""


def test_one_statement_too_many_is_a_target_missed():
    assert _verdict(_results(LOADS["use"], [1], [1]), "Statements, use").holds
    runs = [
        Run(run.load, run.side, run.round, run.outcome, run.cpu, statements=2.0)
        for run in _runs(LOADS["points"], Side.PRODUCT, [1])
    ]
    more = Results([*runs, *_runs(LOADS["points"], Side.FLOOR, [1])])
    assert _verdict(more, "Statements, points").verdict == "MISSED"


def test_the_largest_worker_counts_for_memory():
    results = Results(_runs(LOADS["refresh"], Side.PRODUCT, [1]))
    results.memory = {"auth_service": 110.5, "promo_service": 109.9}
    assert not _verdict(results, "Memory of a worker, auth_service").holds
    assert _verdict(results, "Memory of a worker, promo_service").holds


def test_what_a_load_generator_says_is_read():
    outcome = read_output(WRK)
    assert (outcome.done, outcome.seconds) == (5000, 2.5)
    assert (outcome.latency_50, outcome.latency_99) == (8.0, 21.5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (WRK.replace('"wrong":0', '"wrong":7').replace("EXAMPLE ", "EXAMPLE 409"), "7"),
        (WRK.replace('"broken":0', '"broken":2'), "2 connections"),
        (WRK.replace('"requests":5000', '"requests":0'), "Of 0 answers"),
        ("unable to connect", "unable to connect"),
    ],
)
def test_one_wrong_answer_fails_the_run(text, told):
    with pytest.raises(RunFailed, match=told):
        read_output(text)


def test_what_pgbench_says_is_read():
    outcome = read_pgbench(PGBENCH)
    assert outcome.done / outcome.seconds == 3000
    assert outcome.latency_50 == 2.667


def test_a_failed_transaction_fails_the_run():
    with pytest.raises(RunFailed):
        read_pgbench(
            PGBENCH.replace("failed transactions: 0", "failed transactions: 1")
        )


def test_only_what_is_asked_for_is_loaded():
    choices = Choices.read({"ONLY": "points,use", "ROUNDS": "2", "SECONDS": "1"})
    assert [load.name for load in choices.loads] == ["use", "points"]
    assert not choices.are_complete
    assert Choices.read({}).are_complete
    assert not Choices.read({"ROUNDS": "4"}).are_complete


@pytest.mark.parametrize(
    "environment", [{"ONLY": "uses"}, {"ROUNDS": "0"}, {"SECONDS": "five"}]
)
def test_what_can_not_be_chosen_is_refused(environment):
    with pytest.raises(Refusal):
        Choices.read(environment)


def test_the_chart_is_an_svg_with_a_bar_a_side_and_a_mark_a_target():
    results = _results(LOADS["points"], [80], [100])
    results.runs += _runs(LOADS["refresh"], Side.PRODUCT, [50])
    drawn = ET.fromstring(chart.draw(results))  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    assert len(drawn.findall(f"{space}rect")) == 1 + 3
    assert len(drawn.findall(f"{space}path")) == 1
    text = "".join(drawn.itertext())
    assert "80 requests (0.80 of the floor)" in text


def test_what_is_kept_has_every_round_and_every_verdict():
    results = _results(LOADS["points"], [80, 70], [100, 110])
    kept = report.describe(results, Choices.read({}), {"load_generator": "wrk"})
    sides = kept["loads"]["points"]["sides"]
    assert sides["product"]["rounds"] == [80, 70]
    assert sides["floor"]["a_second"] == 105
    assert [line["holds"] for line in kept["findings"]] == [False, True]
