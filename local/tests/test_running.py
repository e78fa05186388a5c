"""The whole system as `make run` starts it: how it starts, survives and stops."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
import requests

from local.ports import choose_free
from local.settings import ROOT
from local.stack import Stack, StackFailed
from local.waiting import wait_until

PROGRAMS = (
    *("postgres", "auth_service", "promo_service"),
    *("relay", "auth_purge", "promo_close_days", "gateway"),
)


@pytest.fixture(scope="module")
def stack():
    with Stack() as running:
        yield running


def run_beside(stack, **environment):
    """Start a second run from the same state folder; returns what it says."""
    return subprocess.run(
        [sys.executable, "-m", "local.run"],
        cwd=ROOT,
        env={**os.environ, "STATE_DIR": str(stack.state_dir), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def log_in(stack, base_url=None):
    credentials = {"username": "admin", "password": stack.admin_password}
    url = (base_url or stack.base_url) + "/api/v1/auth/token"
    return requests.post(url, json=credentials, timeout=10).status_code


def all_processes(stack):
    launcher = psutil.Process(stack.launcher_pid)
    return [launcher, *launcher.children(recursive=True)]


def alive(processes):
    """Return who still runs; a zombie only waits for its parent to notice."""
    return [
        process
        for process in processes
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def test_it_can_be_used_when_it_says_so(stack):
    assert log_in(stack) == 200


def test_it_listens_on_loopback_alone(stack):
    listening = []
    for process in all_processes(stack):
        with contextlib.suppress(psutil.NoSuchProcess):  # one of PostgreSQL's own
            listening += [
                connection.laddr.ip
                for connection in process.net_connections("inet")
                if connection.status == psutil.CONN_LISTEN
            ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_its_files_are_private(stack):
    for path in [stack.state_dir, *stack.state_dir.iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert (stack.state_dir / "admin-password").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_knows_nothing_it_has_no_use_for(stack, name):
    environment = stack.environment(name)
    assert not {n for n in environment if n.startswith(("ADMIN_", "PG", "STATE_"))}
    if name in ("postgres", "gateway"):
        assert set(environment) <= {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ"}
    assert stack.admin_password not in environment.values()


def test_no_service_knows_the_database_of_the_other(stack):
    auth, promo = (
        stack.database_url(name) for name in ("auth_service", "promo_service")
    )
    assert auth.rpartition("@")[0] not in promo
    assert auth.endswith("/auth")
    assert promo.endswith("/promo")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_dies_is_started_again(stack, name):
    before = stack.pid(name)
    os.kill(before, signal.SIGKILL)
    stack.await_restart(name, before, 30)
    assert wait_until(lambda: _answers(stack), 15)


def test_a_second_run_from_the_same_folder_is_one_sentence(stack):
    said = run_beside(stack, GATEWAY_PORT=str(choose_free(1)[0]))
    assert said.returncode == 1
    assert said.stderr.startswith("Promo System: It runs already from the state folder")
    assert said.stderr.count("\n") == 1
    assert log_in(stack) == 200


def test_a_setting_of_the_gateway_that_is_none_is_one_sentence():
    other = Stack({"PUBLIC_ORIGINS": "promo.example"})
    with pytest.raises(StackFailed, match="PUBLIC_ORIGINS must be origins") as failed:
        other.start()
    assert "Traceback" not in str(failed.value)
    shutil.rmtree(other.state_dir)


def test_another_run_lives_beside_it_and_answers_to_its_own_hosts(stack):
    path = "/api/v1/promos/me"
    theirs = {"Host": "promo.example"}
    assert (
        requests.get(stack.base_url + path, headers=theirs, timeout=5).status_code
        == 421
    )
    origins = "http://localhost https://promo.example"
    with Stack({"PUBLIC_ORIGINS": origins}) as other:
        told = requests.get(other.base_url + path, headers=theirs, timeout=5)
        assert told.status_code == 401
        assert log_in(other) == 200
        assert log_in(other, stack.base_url) == 401
    assert log_in(stack) == 200


def test_a_port_that_is_taken_is_one_sentence_and_nothing_is_started(stack, tmp_path):
    other = Stack()
    other.gateway_port = stack.gateway_port
    said = run_beside(stack, GATEWAY_PORT=str(stack.gateway_port))
    assert said.returncode == 1
    with pytest.raises(Exception, match=f"Port {stack.gateway_port} is taken"):
        other.start()
    assert not (other.state_dir / "postgres" / "cluster").exists()
    shutil.rmtree(other.state_dir)


def test_the_demo_shows_the_seven_apis(stack):
    shown = subprocess.run(
        [sys.executable, "-m", "local.demo"],
        cwd=ROOT,
        env={**os.environ, "STATE_DIR": str(stack.state_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stdout.endswith("All seven APIs answered as they should.\n")
    assert stack.admin_password not in shown.stdout


def test_it_stops_within_ten_seconds_and_finds_its_data_again(stack):
    before = all_processes(stack)
    began = time.monotonic()
    assert stack.stop() == 0
    assert time.monotonic() - began < 10
    assert not alive(before)
    assert "database system is shut down" in stack.log("postgres")
    stack.start()
    assert log_in(stack) == 200


def test_a_start_after_kill_9_of_everything_works(stack):
    everything = all_processes(stack)
    launcher = everything[0]
    supervisord = launcher.children()[0]
    # The masters alone: what they leave holds their ports.
    for process in (launcher, supervisord, *supervisord.children()):
        process.kill()
    stack.stop()
    (stack.state_dir / "postgres" / "cluster" / "postmaster.pid").write_text(
        f"{os.getpid()}\n"
    )
    stack.start()
    assert not alive(everything)
    assert log_in(stack) == 200


def test_a_start_after_kill_9_of_the_launcher_ends_what_it_left(stack):
    left = all_processes(stack)
    left[0].kill()
    stack.stop()
    assert log_in(stack) == 200, "the programs go on without the launcher"
    stack.start()
    assert not alive(left)
    assert log_in(stack) == 200


def test_it_stops_in_order_when_nobody_reads_what_it_says(stack):
    stack.stop()
    environment = {"GATEWAY_PORT": str(stack.gateway_port)}
    environment |= {"STATE_DIR": str(stack.state_dir)}
    with subprocess.Popen(
        [sys.executable, "-m", "local.run"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as launcher:
        assert launcher.stdout
        assert launcher.stderr
        launcher.stdout.readline()
        launcher.stdout.close()
        launched = stack.state_dir / "run" / "launch.json"
        assert wait_until(launched.exists, 60)
        everything = all_processes(stack)
        launcher.send_signal(signal.SIGHUP)
        assert launcher.stderr.read() == b""
    assert launcher.returncode == 0
    assert not alive(everything)
    stack.start()


def test_it_ends_in_order_when_supervisord_dies(stack):
    everything = all_processes(stack)
    supervisord = next(p for p in everything if "supervisor" in "".join(p.cmdline()))
    supervisord.kill()
    assert wait_until(lambda: not alive(everything), 15)
    assert stack.stop() == 1
    stack.start()
    assert log_in(stack) == 200


def _answers(stack):
    try:
        return log_in(stack) == 200
    except requests.ConnectionError:
        return False
