"""With auth_service stopped in mid-breath, forged key ids hold no good user up."""

import contextlib
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator

import psutil
from cryptography.hazmat.primitives.asymmetric import rsa

from local.stack import Stack
from tests_e2e.attack.forging import claims_of, signed_with_key
from tests_e2e.people import Client, grant

FORGERS, GOOD_ONES = 6, 60
# A quiet machine's promise; a busy one's own quiet figure counts, several times.
LIMIT_SECONDS, TIMES_QUIET = 0.5, 5


@contextlib.contextmanager
def hanging(stack: Stack) -> Iterator[None]:
    """auth_service takes connections and says nothing, until the end."""
    master = psutil.Process(stack.pid("auth_service"))
    processes = [master, *master.children(recursive=True)]
    for each in processes:
        each.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for each in reversed(processes):
            each.send_signal(signal.SIGCONT)


def read_points(user: Client, path: str) -> list[float]:
    """How long each of the good requests took, the longest last."""
    took = []
    for _ in range(GOOD_ONES):
        began = time.monotonic()
        assert user("GET", f"{path}/points").status_code == 200
        took.append(time.monotonic() - began)
        time.sleep(0.05)
    return sorted(took)


def test_forged_kids_hold_nobody_up_while_auth_service_hangs(
    stack: Stack, administrator: Client, user: Client
) -> None:
    path = grant(administrator, user, 10)
    quiet = read_points(user, path)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    over, statuses = threading.Event(), Counter[int]()

    def forge(number: int) -> None:
        header = {"alg": "RS256", "typ": "JWT", "kid": f"forged-{number}"}
        token = signed_with_key(header, claims_of(user.access), key)
        client = Client(user.base_url, access=token)
        while not over.wait(0.02):
            statuses[client("GET", f"{path}/points").status_code] += 1

    forgers = [threading.Thread(target=forge, args=(each,)) for each in range(FORGERS)]
    with hanging(stack):
        for each in forgers:
            each.start()
        try:
            meanwhile = read_points(user, path)
        finally:
            over.set()
            for each in forgers:
                each.join(timeout=30)

    assert statuses.keys() == {401}, statuses
    # The last but one: each worker's single fetch may hold one thread for a while.
    assert meanwhile[-2] < max(LIMIT_SECONDS, TIMES_QUIET * quiet[-2]), meanwhile
