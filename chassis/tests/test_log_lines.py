"""A line of the log is written whole; it waits for its reader, and others go on."""

import os
import threading
from contextlib import contextmanager

import pytest

from chassis import logs
from chassis.logs import LineLogger

LINE = "a line of the log: größer"
WRITTEN = f"{LINE}\n".encode()


@contextmanager
def standard_error_as_a_pipe():
    """This function will give both ends of it (a fixture would be before capturing)."""
    reader, writer = os.pipe()
    kept = os.dup(2)
    os.dup2(writer, 2)
    try:
        yield reader, writer
    finally:
        os.dup2(kept, 2)
        for each in (reader, writer, kept):
            os.close(each)


def fill(writer):
    """This function will fill the pipe, and return how many bytes that took."""
    os.set_blocking(writer, False)
    filled = 0
    try:
        while True:
            filled += os.write(writer, b"." * 4096)
    except BlockingIOError:
        return filled


def read(reader, count):
    """This function will return so many bytes."""
    found = b""
    while len(found) < count:
        found += os.read(reader, count - len(found))
    return found


def test_it_ends_with_a_line_feed(capfd):
    LineLogger("somebody").info(LINE)
    assert capfd.readouterr().err.encode() == WRITTEN


@pytest.mark.parametrize("taken", [-1, 0, 7])
def test_what_is_not_taken_at_once_follows(capfd, monkeypatch, taken):
    whole = logs._write

    def write_some(to, line, _):
        return -1 if taken < 0 else whole(to, line, taken)

    monkeypatch.setattr(logs, "_write", write_some)
    LineLogger("somebody").info(LINE)
    assert capfd.readouterr().err.encode() == WRITTEN


@pytest.mark.parametrize("blocking", [True, False])
def test_while_nobody_reads_it_waits_and_the_others_go_on(blocking):
    with standard_error_as_a_pipe() as (reader, writer):
        filled = fill(writer)
        os.set_blocking(writer, blocking)
        writing = threading.Thread(target=LineLogger("somebody").info, args=(LINE,))
        writing.start()
        writing.join(0.2)
        waited = writing.is_alive()
        before, written = read(reader, filled), read(reader, len(WRITTEN))
        writing.join(10)

    assert waited
    assert before == b"." * filled
    assert written == WRITTEN
    assert not writing.is_alive()


def test_one_that_is_longer_than_a_pipe_takes_at_once_is_written_whole():
    line = "x" * 200_000
    with standard_error_as_a_pipe() as (reader, _):
        writing = threading.Thread(target=LineLogger("somebody").info, args=(line,))
        writing.start()
        written = read(reader, len(line) + 1)
        writing.join(10)

    assert written == line.encode() + b"\n"
    assert not writing.is_alive()
