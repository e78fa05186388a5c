"""gunicorn's own log has the form of all others, and quotes no query."""

import json
import sys
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from chassis import gunicorn_hooks, metric_files
from chassis.gunicorn_hooks import JsonLogger


@pytest.fixture
def logger(capsys):
    configuration = Config()
    configuration.set("proc_name", "a_service")
    made = JsonLogger(configuration)
    [handler] = made.error_log.handlers
    handler.setStream(sys.stderr)  # gunicorn takes the one of its own import
    yield made
    made.error_log.handlers.clear()


def read(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_it_is_one_json_object_a_line(logger, capsys):
    logger.info("Listening at: %s (%s)", "http://127.0.0.1:1", 7)
    [event] = read(capsys)
    assert event.pop("timestamp")
    assert event == {
        "event": "Listening at: http://127.0.0.1:1 (7)",
        "level": "info",
        "logger": "gunicorn.error",
        "service": "a_service",
    }


def test_a_request_that_failed_is_named_without_its_query(logger, capsys):
    try:
        int("of a kind")
    except ValueError:
        logger.exception("Error handling request %s %s", "GET", "/a/path?q=secret")
    [event] = read(capsys)
    assert event["event"] == "Error handling request GET /a/path"
    assert "ValueError: invalid literal" in event["exception"]
    assert "secret" not in json.dumps(event)


def test_a_request_that_is_none_is_named_without_its_query(logger, capsys):
    logger.warning("Invalid request from ip=::1: Invalid line: 'GET /a?q=secret'")
    [event] = read(capsys)
    assert event["event"] == "Invalid request from ip=::1: Invalid line: 'GET /a"


def test_counts_that_can_not_be_kept_do_not_stop_gunicorn(
    monkeypatch, tmp_path, logger, capsys
):
    monkeypatch.setenv(metric_files.VARIABLE, str(tmp_path / "nowhere"))
    server = SimpleNamespace(log=logger)
    gunicorn_hooks.child_exit(server, SimpleNamespace(pid=7))
    [event] = read(capsys)
    assert event["event"] == "metrics_not_kept"
