"""A network's faults, on loopback: silent addresses, name servers that are away."""

import socket
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

_ANSWER = b"\x84\x00\x00\x01"
_ADDRESS_RECORD = b"\x00\x01\x00\x01"


@contextmanager
def run_black_hole(host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Give an address whose queue is full, so that the kernel drops who comes."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(4):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((host, port))
        yield f"{host}:{port}"


@dataclass
class Names:
    """What a name server on loopback says: every name has these IPv4 addresses."""

    addresses: Sequence[str] = ()
    asked: set[str] = field(default_factory=set)

    def answer(self, question: bytes) -> bytes:
        """Answer a query in the form of RFC 1035; any but of type A has no records."""
        end = question.index(b"\x00", 12) + 5
        labels, rest = [], question[12 : end - 5]
        while rest:
            labels.append(rest[1 : rest[0] + 1].decode())
            rest = rest[rest[0] + 1 :]
        self.asked.add(".".join(labels))
        found = self.addresses if question[end - 4 : end] == _ADDRESS_RECORD else ()
        records = b"".join(
            b"\xc0\x0c"
            + _ADDRESS_RECORD
            + b"\x00\x00\x00\x01\x00\x04"
            + socket.inet_aton(address)
            for address in found
        )
        counts = len(found).to_bytes(2, "big") + b"\x00\x00\x00\x00"
        return question[:2] + _ANSWER + counts + question[12:end] + records


@contextmanager
def run_names(port: int, names: Names) -> Iterator[None]:
    """Answer as `names` says, at the port of 127.0.0.1."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            question, answering = self.request
            answering.sendto(names.answer(question), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def find_free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
