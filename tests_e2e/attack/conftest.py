"""The whole system, asked with raw bytes where a client would be too polite.

The people are the same in all of these tests, since nothing is to change. Whoever is to
be suspended or to lose something is registered by the test.
"""

import time
from collections.abc import Callable, Iterator

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from local.stack import Stack
from tests_e2e.attack.databases import fingerprint
from tests_e2e.attack.forging import Forger, claims_of, read_signing_key
from tests_e2e.gateway.running import Gateway
from tests_e2e.people import Client, register

_SECONDS_A_TEST_TAKES = 150


@pytest.fixture(scope="session")
def gateway(stack: Stack) -> Gateway:
    return Gateway(stack.gateway_port, stack.state_dir / "gateway")


@pytest.fixture(scope="session")
def people(stack: Stack) -> dict[str, Client]:
    return {
        "administrator": Client(stack.base_url, "admin", stack.admin_password),
        "user": register(stack.base_url),
        "stranger": register(stack.base_url),
    }


@pytest.fixture
def administrator(people: dict[str, Client]) -> Client:
    return logged_in(people["administrator"])


@pytest.fixture
def user(people: dict[str, Client]) -> Client:
    return logged_in(people["user"])


@pytest.fixture
def stranger(people: dict[str, Client]) -> Client:
    return logged_in(people["stranger"])


def logged_in(client: Client) -> Client:
    """The client with a token that outlives a test."""
    left = claims_of(client.access)["exp"] - time.time() if client.access else 0
    if left < _SECONDS_A_TEST_TAKES:
        client.access = ""
        client.log_in()
    return client


@pytest.fixture(scope="session")
def signing_key(stack: Stack) -> rsa.RSAPrivateKey:
    return read_signing_key(stack)


@pytest.fixture(scope="session")
def forger(signing_key: rsa.RSAPrivateKey, base_url: str) -> Forger:
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    keys = Client(base_url)("GET", "/.well-known/jwks.json").json()["keys"]
    public = signing_key.public_key()
    modulus = public.public_numbers().n
    (kid,) = (
        key["kid"]
        for key in keys
        if int.from_bytes(jwt.utils.base64url_decode(key["n"])) == modulus
    )
    return Forger(own, public, kid)


@pytest.fixture
def nothing_changes(stack: Stack) -> Iterator[Callable[[], None]]:
    """Call it before what must change nothing; it looks again when the test ends."""
    before: list[dict[str, object]] = []

    def remember() -> None:
        before.append(fingerprint(stack))

    yield remember
    assert before, "call it before what must change nothing"
    assert fingerprint(stack) == before[0]
