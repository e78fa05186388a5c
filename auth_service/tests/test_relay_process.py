"""`manage.py relay_events` as the process that it is, with a real server to tell."""

import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings as all_settings
from django.db import InterfaceError, OperationalError, connection

from auth_service.outbox import loop
from auth_service.outbox.loop import pause_seconds, run
from auth_service.outbox.models import UserEvent
from auth_service.outbox.relay import Report
from auth_service.outbox.taking import QUICK
from auth_service.tests.conftest import store_user
from auth_service.tests.receiving import event_of
from chassis.tests.lines import Line

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]


class Server(ThreadingHTTPServer):
    """Takes every event; each request waits until it is let go."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.came: list[list[str]] = []
        self.let_go = threading.Event()
        self.let_go.set()
        self.hangs: Callable[[dict[str, Any]], bool] = lambda event: False
        self.ended = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.ended.set()
        self.let_go.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # http.server's name
        server: Any = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ids = [event["id"] for event in body["events"]]
        server.came.append(ids)
        server.let_go.wait(20)
        if any(server.hangs(event) for event in body["events"]):
            server.ended.wait(20)
        results = [{"id": one, "code": "applied"} for one in ids]
        answer = json.dumps({"results": results}).encode()
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except OSError:
            pass  # whoever asked was killed

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.end()


@pytest.fixture
def start(server, tmp_path) -> Iterator[Any]:
    """Starts relays; whatever is left of them in the end is killed."""
    started: list[subprocess.Popen[str]] = []
    database = connection.settings_dict
    login = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"

    def start_one(port: int = int(database["PORT"])) -> subprocess.Popen[str]:
        place = f"{database['HOST']}:{port}/{database['NAME']}"
        environment = {
            **os.environ,
            "DATABASE_URL": f"postgres://{login}@{place}",
            "SIGNING_KEYS_DIR": all_settings.SIGNING_KEYS_DIR,
            "PROMO_SERVICE_URL": f"http://127.0.0.1:{server.server_port}",
            "RELAY_HEARTBEAT_FILE": str(tmp_path / "heartbeat"),
        }
        process = subprocess.Popen(
            [sys.executable, "auth_service/manage.py", "relay_events"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_one
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(condition: Any, seconds: float = 20) -> float:
    """How long it took until it was so."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


def delivered() -> int:
    return UserEvent.objects.filter(delivered_at__isnull=False).count()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes_the_batch_and_ends_well(server, start, number):
    server.let_go.clear()
    store_user()
    relay = start()
    wait_for(lambda: server.came)
    relay.send_signal(number)
    time.sleep(0.2)
    assert relay.poll() is None
    server.let_go.set()
    assert relay.wait(timeout=10) == 0
    assert delivered() == 1


def test_killed_amid_the_sending_it_leaves_all_of_it_to_the_next(server, start):
    server.let_go.clear()
    events = {str(event.id) for event in (event_of(store_user()) for _ in range(3))}
    first = start()
    wait_for(lambda: {one for ids in server.came for one in ids} == events)
    first.kill()
    first.wait()
    assert delivered() == 0
    server.let_go.set()
    start()
    took = wait_for(lambda: delivered() == len(events))
    assert took < QUICK.held_for.total_seconds() + 5
    assert {one for ids in server.came[3:] for one in ids} == events


@pytest.mark.parametrize("hanging", [1, 9])
def test_who_hangs_delays_no_other_user(server, start, hanging):
    slow = {str(store_user().id) for _ in range(hanging)}
    server.hangs = lambda event: event["user_id"] in slow
    start()
    wait_for(lambda: len(server.came) >= hanging)
    before = delivered()
    took = []
    for number in range(1, 6):
        store_user()
        took.append(wait_for(lambda number=number: delivered() == before + number))
        time.sleep(0.3)
    assert before == 0
    # The middle one of five: on a busy machine one or two may be late.
    assert statistics.median(took) < 1, took
    assert max(took) < 4, took


def test_an_event_arrives_within_2_seconds_also_after_an_outage(server, start):
    store_user()
    start()
    wait_for(lambda: delivered() == 1)
    store_user()
    assert wait_for(lambda: delivered() == 2) < 2
    server.end()
    store_user()
    time.sleep(3)
    again = Server(server.server_port)
    try:
        assert wait_for(lambda: delivered() == 3) < 2
    finally:
        again.end()


def test_it_outlives_the_loss_of_its_connection_and_shows_that_it_lives(
    server, start, tmp_path
):
    relay = start()
    store_user()
    wait_for(lambda: delivered() == 1)
    heartbeat = tmp_path / "heartbeat"
    seen = heartbeat.stat().st_mtime_ns
    wait_for(lambda: heartbeat.stat().st_mtime_ns > seen)
    close_all_others()
    store_user()
    assert wait_for(lambda: delivered() == 2) < 2
    relay.send_signal(signal.SIGTERM)
    said = relay.communicate(timeout=10)[1]
    assert relay.returncode == 0
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["delivered"] for line in lines if line["event"] == "user_events"] == [
        1,
        1,
    ]
    assert "user-" not in said


def test_a_fail_over_leaves_it_no_connection_that_can_not_write(server, start):
    """What it opened while the server was read-only would stay so for ever."""
    relay = start()
    store_user()
    wait_for(lambda: delivered() == 1)
    set_for_all("SET default_transaction_read_only = on")
    try:
        close_all_others()
        time.sleep(1.5)
    finally:
        set_for_all("RESET default_transaction_read_only")
    store_user()
    assert wait_for(lambda: delivered() == 2) < 3
    relay.send_signal(signal.SIGTERM)
    said = relay.communicate(timeout=10)[1]
    assert relay.returncode == 0
    lines = [json.loads(line) for line in said.splitlines()]
    assert "25006" in [line.get("sqlstate") for line in lines]


def test_a_database_that_is_gone_without_a_word_holds_it_up_for_seconds(server, start):
    with Line(int(connection.settings_dict["PORT"])) as line:
        start(line.port)
        store_user()
        wait_for(lambda: delivered() == 1)
        line.cut_off()
        store_user()
        time.sleep(3)
        line.restore()
        assert wait_for(lambda: delivered() == 2) < 5


def set_for_all(setting: str) -> None:
    database = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{database}" {setting}')


def close_all_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_pauses_grow_with_jitter_and_stay_under_one_and_a_half_seconds():
    assert pause_seconds(0) == 0.2
    assert all(0.2 <= pause_seconds(1) <= 0.4 for _ in range(50))
    long = [pause_seconds(100) for _ in range(200)]
    assert all(0.75 <= pause <= 1.5 for pause in long)
    assert len(set(long)) > 100


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, KeyError])
def test_what_the_loop_outlives_is_the_database_alone(error, monkeypatch):
    stop = threading.Event()
    rests: list[float] = []
    finished: list[bool] = []

    class Tired:
        def step(self, _: float) -> Report:
            raise error("gone")

        def finish(self) -> None:
            finished.append(True)

    def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 3:
            stop.set()

    monkeypatch.setattr(loop, "pause_seconds", lambda failures: failures)
    monkeypatch.setattr(stop, "wait", rest)
    relay: Any = Tired()
    if error is KeyError:
        with pytest.raises(KeyError):
            run(relay, stop=stop, heartbeat=None)
    else:
        run(relay, stop=stop, heartbeat=None)
        assert rests == [1, 2, 3]
        assert finished == [True]
