"""gunicorn's own log has the form of all others, and quotes no query."""

import io
import json
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from chassis import gunicorn_hooks, metric_files
from chassis.gunicorn_hooks import JsonLogger


@pytest.fixture
def written():
    return io.StringIO()


@pytest.fixture
def logger(written):
    configuration = Config()
    configuration.set("proc_name", "a_service")
    made = JsonLogger(configuration)
    [own] = [each for each in made.error_log.handlers if hasattr(each, "_gunicorn")]
    own.setStream(written)
    yield made
    made.error_log.removeHandler(own)


def read(written):
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_it_is_one_json_object_a_line(logger, written):
    logger.info("Listening at: %s (%s)", "http://127.0.0.1:1", 7)
    [event] = read(written)
    assert event.pop("timestamp")
    assert event == {
        "event": "Listening at: http://127.0.0.1:1 (7)",
        "level": "info",
        "logger": "gunicorn.error",
        "service": "a_service",
    }


def test_a_request_that_failed_is_named_without_its_query(logger, written):
    try:
        int("of a kind")
    except ValueError:
        logger.exception("Error handling request %s %s", "GET", "/a/path?q=secret")
    [event] = read(written)
    assert event["event"] == "Error handling request GET /a/path"
    assert "ValueError: invalid literal" in event["exception"]
    assert "secret" not in json.dumps(event)


def test_a_request_that_is_none_is_named_without_its_query(logger, written):
    logger.warning("Invalid request from ip=::1: Invalid line: 'GET /a?q=secret'")
    [event] = read(written)
    assert event["event"] == "Invalid request from ip=::1: Invalid line: 'GET /a"


def test_counts_that_can_not_be_kept_do_not_stop_gunicorn(
    monkeypatch, tmp_path, logger, written
):
    monkeypatch.setenv(metric_files.VARIABLE, str(tmp_path / "nowhere"))
    server = SimpleNamespace(log=logger)
    gunicorn_hooks.child_exit(server, SimpleNamespace(pid=7))
    [event] = read(written)
    assert event["event"] == "metrics_not_kept"
