"""Ports of this machine: whether one is free, and which ones to take."""

import contextlib
import errno
import random
import socket

from local.console import Refusal

LOOPBACK = "127.0.0.1"
# Below what Linux (32768) and macOS (49152) hand to outgoing connections. A port from
# there could belong to somebody's connection when a program is started again.
_OURS = range(20_000, 32_000)


def read_port(text: str) -> int:
    """Return the number of a port, 1 to 65535; raises Refusal for anything else."""
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535:
        return int(text)
    raise Refusal(
        f"GATEWAY_PORT is {text!r}, and a port is a number from 1 to 65535. "
        "For example: GATEWAY_PORT=8081 make run"
    )


def require_free(port: int) -> None:
    """Raise Refusal where the gateway could not listen on the port, saying why."""
    if _answers("::1", port) or _answers(LOOPBACK, port):
        raise _taken(port)
    try:
        _bind(port)
    except PermissionError:
        raise Refusal(
            f"Port {port} is reserved for root on this machine. "
            "Choose one above 1023: GATEWAY_PORT=8081 make run"
        ) from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise _taken(port) from None


def choose_free(count: int) -> list[int]:
    """Return that many different ports on which nobody listens now."""
    chosen: list[int] = []
    for port in random.sample(_OURS, k=len(_OURS)):
        with contextlib.suppress(OSError):
            _bind(port)
            chosen.append(port)
        if len(chosen) == count:
            return chosen
    raise Refusal(
        f"No {count} free ports between {_OURS.start} and {_OURS.stop}: "
        "end some of the programs that listen there."
    )


def _taken(port: int) -> Refusal:
    return Refusal(
        f"Port {port} is taken by another program. "
        "Choose another: GATEWAY_PORT=8081 make run"
    )


def _answers(host: str, port: int) -> bool:
    """Tell whether somebody answers; `localhost` may lead there instead of to us."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _bind(port: int) -> None:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        candidate.bind((LOOPBACK, port))
