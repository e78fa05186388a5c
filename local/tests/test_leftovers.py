"""Leftovers: one's own are ended, whoever else has the process id is left alone."""

import json
import subprocess
import sys
import time

import psutil
import pytest

from local.leftovers import end_leftovers
from local.program import Program, specification_of
from local.settings import ROOT
from local.supervision import build_start_command
from local.waiting import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# Starts another one in its process group, and is then killed alone.
PARENT = [
    sys.executable,
    "-c",
    f"import subprocess, sys, time;subprocess.Popen({SLEEP!r}); time.sleep(60)",
]


@pytest.fixture
def run(tmp_path):
    return tmp_path


@pytest.fixture
def start(run):
    started = []

    def start_program(name: str, command: list[str]) -> "subprocess.Popen[bytes]":
        program = Program(name, command, {}, str(run), str(run / "log"))
        process = subprocess.Popen(
            build_start_command(program.save(run)), cwd=ROOT, start_new_session=True
        )
        started.append(process)
        assert wait_until((run / f"{name}.pid").exists, 10)
        return process

    yield start_program
    for process in started:
        process.kill()
        process.wait()


def test_a_recorded_process_is_ended(run, start):
    process = start("gateway", SLEEP)
    assert end_leftovers(run) == ["gateway"]
    assert not psutil.pid_exists(process.pid)
    assert not list(run.glob("*.pid"))


def test_a_process_that_merely_has_the_id_is_left_alone(run, start):
    process = start("gateway", SLEEP)
    path = run / "gateway.pid"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "started": record["started"] - 100}))
    assert end_leftovers(run) == []
    assert process.poll() is None


def test_what_outlives_its_parent_is_ended_too(run, start):
    parent = start("gateway", PARENT)
    children = psutil.Process(parent.pid).children
    assert wait_until(lambda: bool(children()), 10)
    child = children()[0]
    time.sleep(0.2)
    parent.kill()
    parent.wait()
    assert end_leftovers(run) == ["gateway"]
    assert psutil.wait_procs([child], timeout=5)[0]


def test_a_program_that_starts_again_ends_what_its_predecessor_left(run, start):
    first = start("gateway", PARENT)
    children = psutil.Process(first.pid).children
    assert wait_until(lambda: bool(children()), 10)
    orphan = children()[0]
    time.sleep(0.2)
    first.kill()
    first.wait()
    second = start("gateway", SLEEP)
    assert wait_until(lambda: not orphan.is_running(), 10)
    assert second.poll() is None


def test_a_program_that_ignores_sigterm_is_killed(run, start):
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    process = start("auth_service", [sys.executable, "-c", stubborn])
    time.sleep(0.3)
    assert end_leftovers(run, patience=0.2) == ["auth_service"]
    assert not psutil.pid_exists(process.pid)


def test_a_broken_record_is_nobody(run):
    (run / "gateway.pid").write_text("{")
    assert end_leftovers(run) == []
    assert not (run / "gateway.pid").exists()


def test_a_specification_is_private(run, start):
    start("gateway", SLEEP)
    assert specification_of(run, "gateway").stat().st_mode & 0o777 == 0o600
