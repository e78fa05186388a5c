"""An answer leaves gunicorn in as few pieces as it can, and whole."""

from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser

from chassis.gunicorn_worker import OnePieceResponse


class Socket:
    """Keeps what it is given, piece by piece."""

    def __init__(self):
        self.pieces = []

    def sendall(self, data):
        """This function will keep a piece."""
        self.pieces.append(bytes(data))


@pytest.fixture
def socket():
    return Socket()


@pytest.fixture
def answer(socket):
    def start(status, *headers, method="GET"):
        request = SimpleNamespace(
            method=method, version=(1, 1), should_close=lambda: False
        )
        response = wsgi.Response(request, socket, Config())
        response.start_response(status, list(headers))
        return response

    return start


def test_gunicorn_makes_its_answers_of_it():
    assert wsgi.Response is OnePieceResponse


def test_head_and_body_are_one_piece(answer, socket):
    response = answer("200 OK", ("Content-Length", "4"))
    response.write(b"body")
    response.close()

    [piece] = socket.pieces
    head, _, body = piece.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.count(b"Content-Length: 4") == 1
    assert body == b"body"


def test_a_second_part_of_the_body_is_a_piece_of_its_own(answer, socket):
    response = answer("200 OK", ("Content-Length", "8"))
    for part in (b"body", b"more"):
        response.write(part)
    response.close()

    first, second = socket.pieces
    assert first.endswith(b"\r\n\r\nbody")
    assert second == b"more"


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("DELETE", "204 No Content")]
)
def test_an_answer_without_a_body_is_a_head(answer, socket, method, status):
    response = answer(status, ("Content-Length", "0"), method=method)
    response.write(b"")
    response.close()

    [piece] = socket.pieces
    assert piece.endswith(b"\r\n\r\n")
    assert piece.count(b"HTTP/1.1") == 1


def test_an_answer_that_nothing_was_written_of_is_a_head(answer, socket):
    answer("200 OK", ("Content-Length", "0")).close()

    [piece] = socket.pieces
    assert piece.endswith(b"\r\n\r\n")


def test_a_body_of_unknown_length_is_chunked_after_its_head(answer, socket):
    response = answer("200 OK")
    response.write(b"body")
    response.close()

    head, chunk, end = socket.pieces
    assert b"Transfer-Encoding: chunked" in head
    assert (chunk, end) == (b"4\r\nbody\r\n", b"0\r\n\r\n")


def environ_of(*headers: bytes):
    lines = b"\r\n".join([b"POST /x HTTP/1.1", b"Host: a", *headers, b"", b""])
    request = next(RequestParser(Config(), iter([lines]), ("127.0.0.1", 1)))
    _, environ = wsgi.create(
        request, Socket(), ("127.0.0.1", 1), ("127.0.0.1", 2), Config()
    )
    return environ


@pytest.mark.parametrize(
    ("header", "variable"),
    [
        (b"Idempotency-Key", "HTTP_IDEMPOTENCY_KEY"),
        (b"authorization", "HTTP_AUTHORIZATION"),
        (b"X-Request-Id", "HTTP_X_REQUEST_ID"),
    ],
)
def test_two_of_what_may_be_said_once_are_no_valid_one(header, variable):
    once = environ_of(header + b": k,k")
    twice = environ_of(header + b": k", b"Accept: a", header.upper() + b": k")

    assert once[variable] == "k,k"
    assert twice[variable] == "k\nk"
    assert twice["HTTP_ACCEPT"] == "a"


def test_lists_of_two_headers_are_one_list():
    environ = environ_of(b'If-Match: "1"', b"Accept: a", b'If-Match: "2"')

    assert environ["HTTP_IF_MATCH"] == '"1","2"'


@pytest.mark.parametrize("header", [b"Content-Type: a/b", b"Content-Length: 0"])
def test_two_of_what_tells_the_body_are_refused(header):
    with pytest.raises(ParseException):
        environ_of(header, header)


def test_no_client_can_write_what_stands_between_two_of_them():
    with pytest.raises(ParseException):
        environ_of(b"Idempotency-Key: k\nk")
