"""Which requests are given to the threads for passwords, by how they begin."""

import socket
from types import SimpleNamespace

import pytest

from auth_service.config.worker import hashes_a_password
from chassis.gunicorn_worker import peek

USER = "0192f3a1-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "line",
    [
        "POST /api/v1/auth/token HTTP/1.1",
        "POST /api/v1/auth/token?x=1 HTTP/1.1",
        "POST /api/v1/auth/%74oken HTTP/1.1",
        "POST /%61%70i/v1/auth/register HTTP/1.1",
        "POST /api/v1/users HTTP/1.1",
        "POST /api/v1/users/me/password HTTP/1.1",
        f"POST /api/v1/users/{USER}/password HTTP/1.1",
    ],
)
def test_whatever_hashes_a_password_goes_to_its_own_threads(line):
    assert hashes_a_password(line.encode())


@pytest.mark.parametrize(
    "line",
    [
        "",
        "POST /api/v1/auth/token/refresh HTTP/1.1",
        "POST /api/v1/auth/logout HTTP/1.1",
        "GET /api/v1/users HTTP/1.1",
        f"PATCH /api/v1/users/{USER} HTTP/1.1",
        "GET /.well-known/jwks.json HTTP/1.1",
        "POST /internal/v1/users/lookup HTTP/1.1",
        "POST /internal/v1/service-token HTTP/1.1",
        "GET /healthz HTTP/1.1",
        "GET /x?POST /api/v1/auth/token HTTP/1.1",
    ],
)
def test_nothing_else_does(line):
    assert not hashes_a_password(line.encode())


def test_a_look_at_a_request_takes_nothing_of_it():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        conn = SimpleNamespace(sock=ours)
        assert peek(conn, 512) is None
        theirs.sendall(b"POST /api")
        assert [peek(conn, 512) for _ in range(2)] == [b"POST /api"] * 2
        assert ours.recv(100) == b"POST /api"
        theirs.close()
        assert peek(conn, 512) == b""
