"""Counts of several processes: added up, kept when one ends, and in few files."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chassis import metric_files

COUNT = """
from chassis.metrics import IN_FLIGHT, REFUSALS, REQUEST_SECONDS
REFUSALS.labels("not_found").inc(3)
REQUEST_SECONDS.labels("GET", "a/route", "2xx").observe(0.2)
IN_FLIGHT.inc()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    folder = tmp_path / "metrics"
    monkeypatch.delenv(metric_files.VARIABLE, raising=False)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    metric_files.choose_folder(str(folder))
    metric_files.clear_folder()
    return folder


def count_in_a_process(folder: Path) -> int:
    environment = {"PYTHONPATH": ".", metric_files.VARIABLE: str(folder)}
    with subprocess.Popen([sys.executable, "-c", COUNT], env=environment) as process:
        assert process.wait() == 0
    return process.pid


def read(name: str) -> float:
    metrics = metric_files.collect_all_workers()
    samples = [sample for metric in metrics for sample in metric.samples]
    return sum(float(sample.value) for sample in samples if sample.name == name)


def test_processes_count_together(folder):
    for _ in range(3):
        count_in_a_process(folder)
    assert read("promosystem_refusals_total") == 9
    assert read("promosystem_http_request_duration_seconds_count") == 3
    assert read("promosystem_http_requests_in_flight") == 3


def test_what_a_process_counted_stays_when_it_ends_and_its_files_do_not(folder):
    for _ in range(20):
        metric_files.keep_counts_of(count_in_a_process(folder))
    assert read("promosystem_refusals_total") == 60
    assert read("promosystem_http_request_duration_seconds_count") == 20
    assert read("promosystem_http_request_duration_seconds_sum") == pytest.approx(4)
    assert read("promosystem_http_requests_in_flight") == 0
    assert {file.name for file in folder.iterdir()} == {
        "counter_0.db",
        "histogram_0.db",
    }


def test_a_process_that_counted_nothing_leaves_nothing(folder):
    metric_files.keep_counts_of(4_000_000)
    assert read("promosystem_refusals_total") == 0


def test_a_scrape_that_takes_too_long_loses_no_counts(folder, monkeypatch):
    monkeypatch.setattr(metric_files, "_PATIENCE_SECONDS", 0.05)
    pid = count_in_a_process(folder)
    held = os.open(folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    metric_files.keep_counts_of(pid)
    os.close(held)
    assert (folder / f"counter_{pid}.db").exists()
    assert read("promosystem_refusals_total") == 3


def test_a_new_start_counts_from_nothing_and_a_stop_leaves_no_folder(folder):
    count_in_a_process(folder)
    metric_files.clear_folder()
    assert read("promosystem_refusals_total") == 0
    metric_files.remove_folder()
    assert not folder.exists()


def test_a_folder_that_holds_something_else_is_left_there(folder):
    (folder / "precious").touch()
    metric_files.remove_folder()
    assert (folder / "precious").exists()


def test_a_reload_keeps_the_folder(folder):
    metric_files.choose_folder(None)
    assert os.environ[metric_files.VARIABLE] == str(folder)
