"""Logs as one JSON object a line on standard error: structlog, and logging alike."""

import ctypes
import logging
import os
import select
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from chassis import tracing
from chassis.database_errors import format_exception

REQUEST_ID = "request_id"
_STANDARD_ERROR = 2


class _Waiting(ctypes.Structure):
    """poll(2)'s `struct pollfd`."""

    _fields_ = (
        ("fd", ctypes.c_int),
        ("events", ctypes.c_short),
        ("revents", ctypes.c_short),
    )


# Unlike Python's own, these keep the interpreter's lock (GIL): a thread that lets go of
# it for a line has to wait for it behind all others, which costs more CPU time than all
# else that an event takes. So they may do nothing that can wait.
_poll = ctypes.PyDLL(None).poll
_poll.argtypes = (ctypes.POINTER(_Waiting), ctypes.c_ulong, ctypes.c_int)
_write = ctypes.PyDLL(None).write
_write.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
_write.restype = ctypes.c_ssize_t


def _write_at_once(line: bytes) -> int:
    """Write a line if that needs no waiting; return how many bytes were written."""
    waiting = _Waiting(_STANDARD_ERROR, select.POLLOUT, 0)
    if len(line) > select.PIPE_BUF or _poll(ctypes.byref(waiting), 1, 0) != 1:
        return 0
    if waiting.revents != select.POLLOUT:
        return 0
    written: int = _write(_STANDARD_ERROR, line, len(line))
    return max(0, written)


def _write_in_time(rest: bytes) -> int:
    """Write as much as is taken, however long that takes; other threads go on."""
    try:
        return os.write(_STANDARD_ERROR, rest)
    except BlockingIOError:
        select.select([], [_STANDARD_ERROR], [])
        return 0


class LineLogger:
    """Writes the lines that structlog has made, and takes no further look at them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def info(self, line: str) -> None:
        """This function will write one line, in one piece."""
        rest = line.encode() + b"\n"
        rest = rest[_write_at_once(rest) :]
        while rest:
            rest = rest[_write_in_time(rest) :]

    debug = warning = error = critical = exception = info


def logging_config(level: str, service: str) -> dict[str, Any]:
    """This function will return Django's LOGGING, and set structlog up to use it."""
    structlog.configure(
        processors=[*_shared_processors(service), *_render()],
        # What is below the level costs nothing.
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=LineLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": json_formatter, "service": service}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {"django.request": {"level": "CRITICAL"}},
    }


def json_formatter(service: str) -> logging.Formatter:
    """This function will return what writes a record as one line of JSON."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared_processors(service),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_render(),
        ],
    )


def current_request_id() -> str | None:
    """This function will return the id of the request being answered, if any."""
    request_id: str | None = structlog.contextvars.get_contextvars().get(REQUEST_ID)
    return request_id


def _shared_processors(service: str) -> list[Any]:
    def add_time_and_service(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
        event["timestamp"] = datetime.now(UTC)
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        *tracing.log_processors(),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        add_time_and_service,
    ]


def _render() -> list[Any]:
    return [
        structlog.processors.ExceptionRenderer(format_exception),
        structlog.processors.JSONRenderer(serializer=_dump),
    ]


def _dump(event: Any, default: Any) -> str:
    return orjson.dumps(event, default=default, option=orjson.OPT_UTC_Z).decode()
