"""A line of the log is written whole, whatever the pipe takes at once."""

import pytest

from chassis import logs
from chassis.logs import LineLogger

LINE = "a line of the log: größer"


@pytest.fixture
def write(capfd):
    def write_line():
        LineLogger("somebody").info(LINE)
        return capfd.readouterr().err

    return write_line


def test_it_ends_with_a_line_feed(write):
    assert write() == f"{LINE}\n"


@pytest.mark.parametrize("taken", [0, 7])
def test_what_a_pipe_does_not_take_at_once_follows(write, monkeypatch, taken):
    whole = logs._write
    monkeypatch.setattr(logs, "_write", lambda to, line, _: whole(to, line, taken))

    assert write() == f"{LINE}\n"


def test_a_line_that_could_not_be_written_is_tried_again(write, monkeypatch):
    monkeypatch.setattr(logs, "_write", lambda *_: -1)

    assert write() == f"{LINE}\n"
