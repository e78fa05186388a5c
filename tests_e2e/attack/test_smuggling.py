"""Nobody gets a second request past the gateway inside of a first one (RFC 9112)."""

import socket

import pytest

from tests_e2e.attack.expectations import orderly
from tests_e2e.gateway.running import Gateway, build_request
from tests_e2e.people import Client, grant

CHUNKED = "Transfer-Encoding: chunked"
# Read in one way each of these has a body that ends before the smuggled request, read
# in another it has not. Nobody may read them at all.
TWO_FACED_HEADERS = [
    ["Content-Length: 5", CHUNKED],
    [CHUNKED, "Content-Length: 5"],
    ["Content-Length: 5", "Content-Length: 400"],
    ["Content-Length: 5", "Content-Length: 5"],
    ["Content-Length: 5, 5"],
    ["Content-Length: 5, 400"],
    ["Content-Length: +5"],
    ["Content-Length: -5"],
    ["Content-Length: 0x5"],
    ["Content-Length: 5 0"],
    ["Content-Length: 5;"],
    ["Content-Length: 5_0"],
    ["Content-Length: 5e0"],
    ["Content-Length: "],
    ["Content-Length: 99999999999999999999"],
    ["Transfer-Encoding: xchunked"],
    ["Transfer-Encoding: chunkedx"],
    ["Transfer-Encoding: chunked, chunked"],
    ["Transfer-Encoding: chunked, identity"],
    ["Transfer-Encoding: identity, chunked"],
    ["Transfer-Encoding: gzip, chunked"],
    ["Transfer-Encoding: identity"],
    ["Transfer-Encoding: "],
    ['Transfer-Encoding: "chunked"'],
    ["Transfer-Encoding: chunked;q=1"],
    ["Transfer-Encoding:\x0bchunked"],
    ["Transfer-Encoding: chunked\x0b"],
    ["Transfer-Encoding: \x00chunked"],
    [CHUNKED, CHUNKED],
    [CHUNKED, "Transfer-Encoding: identity"],
    [CHUNKED, "Transfer-encoding: x"],
    [CHUNKED, "Content-Length: 5", "Content-Length: 400"],
]
# nginx knows these for no header of the body; the body is then empty, and what comes
# behind it a second request, which it may be, or the whole is refused.
HIDDEN_HEADERS = [
    ["Transfer-Encoding : chunked", "Content-Length: LENGTH"],
    [" Transfer-Encoding: chunked", "Content-Length: LENGTH"],
    ["Transfer_Encoding: chunked", "Content-Length: LENGTH"],
    ["Transfer-Encoding\t: chunked", "Content-Length: LENGTH"],
    ["X-A: b\r\n Transfer-Encoding: chunked", "Content-Length: LENGTH"],
    ["Content_Length: 0", "Content-Length: LENGTH"],
    ["Content-Length : 0", "Content-Length: LENGTH"],
    ["X-Content-Length: 0", "Content-Length: LENGTH"],
]
BROKEN_CHUNKS = [
    *(b"zz\r\n\r\n", b"-1\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n"),
    *(b" 5\r\nhello\r\n0\r\n\r\n", b"\r\n\r\n", b"ffffffffffffffff1\r\nx\r\n"),
    *(b"5\r\nhelloXX0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b";a=b\r\nx\r\n0\r\n\r\n"),
]
ODD_CHUNKS = [
    b"2;name=value\r\n{}\r\n0\r\n\r\n",
    b'2;name="\\"\r\n{}\r\n0\r\n\r\n',
    b"2 ;a\r\n{}\r\n0\r\n\r\n",
    b"00000002\r\n{}\r\n0\r\n\r\n",
    b"2\n{}\n0\n\n",
    b"2\r\n{}\r\n0\r\nX-Trailer: 1\r\nContent-Length: 5\r\nAuthorization: x\r\n\r\n",
    b"1;" + b"x" * 3000 + b"\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
]


@pytest.fixture
def promo(administrator: Client, user: Client) -> str:
    return grant(administrator, user, 100)


@pytest.fixture
def smuggled(user: Client, promo: str) -> bytes:
    """A good request, which takes a point: it shows whether it was read as one."""
    headers = {
        "Authorization": f"Bearer {user.access}",
        "Content-Type": "application/json",
    }
    return build_request("POST", f"{promo}/use", headers, b'{"points": 1}')


@pytest.fixture
def untouched(user: Client, administrator: Client, promo: str, stranger: Client):
    """Nothing was taken, and whoever asks next gets their own answers."""
    yield
    for _ in range(3):
        for client in (user, stranger, administrator):
            own = client("GET", "/api/v1/users/me").json()
            assert own["username"] == client.username
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 100


def read_all(gateway: Gateway, request: bytes) -> bytes:
    """Everything that comes back until the gateway closes the connection."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=15) as client:
        client.sendall(request)
        received = b""
        try:
            while part := client.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        return received


def count_answers(received: bytes) -> int:
    return received.count(b"HTTP/1.1 ")


def start(target: str, user: Client, lines: list[str]) -> bytes:
    head = [
        f"POST {target} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {user.access}",
        "Content-Type: application/json",
        *lines,
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1")


@pytest.mark.parametrize("target", ["/api/v1/promos/me/use", "/api/v1/auth/token"])
@pytest.mark.parametrize("lines", TWO_FACED_HEADERS, ids=repr)
@pytest.mark.usefixtures("untouched")
def test_a_length_that_can_be_read_in_two_ways(target, lines, user, smuggled, gateway):
    request = start(target, user, lines) + b"0\r\n\r\n" + smuggled

    received = read_all(gateway, request)

    assert received.startswith(b"HTTP/1.1 400 "), received[:300]
    assert count_answers(received) == 1
    assert b'"code":"validation_error"' in received


@pytest.mark.parametrize("lines", HIDDEN_HEADERS, ids=repr)
@pytest.mark.usefixtures("untouched")
def test_a_header_that_is_none_hides_no_request(lines, user, smuggled, gateway):
    body = b"0\r\n\r\n" + smuggled
    lines = [line.replace("LENGTH", str(len(body))) for line in lines]
    request = start("/api/v1/promos/me/use", user, ["Connection: close", *lines]) + body

    received = read_all(gateway, request)

    assert received.startswith(b"HTTP/1.1 400 "), received[:300]
    assert count_answers(received) == 1


@pytest.mark.parametrize("chunks", BROKEN_CHUNKS, ids=repr)
@pytest.mark.usefixtures("untouched")
def test_chunks_that_are_broken_end_the_connection(chunks, user, smuggled, gateway):
    request = start("/api/v1/promos/me/use", user, [CHUNKED]) + chunks + smuggled

    received = read_all(gateway, request)

    assert received.startswith(b"HTTP/1.1 400 "), received[:300]
    assert count_answers(received) == 1


@pytest.mark.parametrize("chunks", ODD_CHUNKS, ids=lambda chunks: repr(chunks)[:40])
@pytest.mark.usefixtures("untouched")
def test_chunks_that_are_odd_are_one_body(chunks, user, gateway):
    target = "/api/v1/promos/me/use"
    request = start(target, user, [CHUNKED, "Connection: close"]) + chunks

    answer = orderly(gateway.exchange(request, method="POST"))

    assert answer.status == 400
    assert answer.json()["code"] == "validation_error"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.usefixtures("untouched")
def test_a_request_in_the_body_of_a_get_is_no_request(version, user, smuggled, gateway):
    head = (
        f"GET /api/v1/users/me HTTP/{version}\r\nHost: localhost\r\n"
        f"Authorization: Bearer {user.access}\r\nConnection: close\r\n"
    )
    for length in (
        f"Content-Length: {len(smuggled)}\r\n\r\n",
        f"{CHUNKED}\r\n\r\n{len(smuggled):x}\r\n",
    ):
        end = b"\r\n0\r\n\r\n" if length.startswith("T") else b""
        received = read_all(gateway, (head + length).encode() + smuggled + end)
        assert count_answers(received) == 1, received[:500]


@pytest.mark.usefixtures("untouched")
def test_a_smuggled_line_in_a_header_is_no_request(user, smuggled, gateway):
    for line_end in (b"\r", b"\n ", b"\r\n\t", b"\x0b", b"\x85", b"%0d%0a"):
        hidden = smuggled.replace(b"\r\n", line_end)
        request = build_request("GET", "/api/v1/users/me")[:-2] + b"X-A: " + hidden
        received = read_all(gateway, request + b"\r\n\r\n")
        assert count_answers(received) == 1
        assert b" 500 " not in received.split(b"\r\n")[0]


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQ", "Connection": "Upgrade"},
        {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
        },
        {"Connection": "keep-alive, Content-Length, Transfer-Encoding"},
        {"Expect": "100-continue"},
        {"Expect": "nonsense"},
        {"TE": "trailers", "Trailer": "Content-Length"},
    ],
    ids=str,
)
@pytest.mark.usefixtures("untouched")
def test_a_connection_can_not_be_made_into_another_one(headers, user, gateway):
    sent = {**headers, "Authorization": f"Bearer {user.access}"}
    received = read_all(
        gateway,
        build_request("GET", "/api/v1/users/me", sent)
        + build_request("GET", "/internal/v1/users/lookup"),
    )
    received = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"lookup" not in received
