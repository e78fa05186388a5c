"""The key set: nothing is no answer, what was withdrawn is soon not believed."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.conf import settings
from jwt.algorithms import ECAlgorithm
from uuid_utils.compat import uuid7

from chassis.authentication import remembered
from chassis.problems import InvalidToken, Unavailable
from chassis.roles import Role
from chassis.tokens import ServiceToken, verify
from local.waiting import wait_until
from promo_service.holders import keys
from promo_service.tests.conftest import (
    KID,
    PRIVATE_KEY,
    access_claims,
    jwk,
    sign,
)
from promo_service.tests.test_metrics import value

JWKS = f"{settings.AUTH_SERVICE_URL}/.well-known/jwks.json"
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL_KEY = rsa.generate_private_key(65537, key_size=1024)  # noqa: S505  # refused
ELLIPTIC = json.loads(
    ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key())
)
GOOD = jwk(OTHER_KEY, "another")

NOTHING: dict[str, dict[str, Any]] = {
    "an empty object": {"json": {}},
    "no keys": {"json": {"keys": []}},
    "keys that are none": {"json": {"keys": [None, 5, "x", [], {}]}},
    "null": {"json": {"keys": None}},
    "an object of keys": {"json": {"keys": {"0": GOOD}}},
    "a list": {"json": []},
    "a list of keys": {"json": [GOOD]},
    "a number": {"json": 5},
    "a page": {"body": "<html>Back soon</html>", "content_type": "text/html"},
    "no body": {"body": ""},
    "half a body": {"body": json.dumps({"keys": [GOOD]})[:-20]},
    "3 MB": {"body": json.dumps({"keys": [{**GOOD, "x": "y" * 3_000_000}]})},
    "a redirection": {"status": 302, "headers": {"Location": JWKS + "2"}},
    "an empty 204": {"status": 204},
    "a 404": {"status": 404, "json": {"keys": [GOOD]}},
    "a 503": {"status": 503, "json": {"keys": [GOOD]}},
    "no kid": {"json": {"keys": [{**GOOD, "kid": None}]}},
    "a kid that is a list": {"json": {"keys": [{**GOOD, "kid": ["another"]}]}},
    "for encryption": {"json": {"keys": [{**GOOD, "use": "enc"}]}},
    "another algorithm": {"json": {"keys": [{**GOOD, "alg": "HS256"}]}},
    "elliptic": {"json": {"keys": [{**ELLIPTIC, "kid": "another"}]}},
    "a number without end": {"json": {"keys": [{**GOOD, "n": 5}]}},
    "no number": {"json": {"keys": [{**GOOD, "n": "!"}]}},
    "1,024 bits": {"json": {"keys": [jwk(SMALL_KEY, "another")]}},
}


def good_token() -> str:
    return sign(access_claims(uuid7(), Role.NORMAL))


def make_old(seconds: float) -> None:
    for name in ("_fetched_at", "_failed_at", "_asked_at"):
        setattr(keys.key_set, name, getattr(keys.key_set, name) - seconds)


@pytest.mark.parametrize("answer", NOTHING)
def test_nothing_is_taken_for_a_key_set(auth_service, answer):
    token = good_token()
    remembered.verify(token)
    before = keys.key_set.generation
    failures = count_failures()
    auth_service.mock.replace(responses.GET, JWKS, **NOTHING[answer])
    keys.key_set._asked_at -= keys.ASK_AGAIN_SECONDS

    keys.key_set.refresh()

    assert keys.key_set.generation == before
    assert keys.key_set._keys.keys() == {KID}
    assert keys.are_known()
    assert remembered.verify(token)
    assert remembered.verify(good_token())
    assert count_failures() == failures + 1


@pytest.mark.parametrize("answer", NOTHING)
def test_a_worker_that_was_told_nothing_has_no_keys(auth_service, answer):
    auth_service.mock.replace(responses.GET, JWKS, **NOTHING[answer])
    with pytest.raises(Unavailable):
        remembered.verify(good_token())
    assert not keys.are_known()


def count_failures() -> float:
    return sum(
        value("key_set_fetches_total", outcome=outcome)
        for outcome in ("failed", "unusable")
    )


def test_what_is_unusable_is_counted_apart(auth_service):
    unusable = value("key_set_fetches_total", outcome="unusable")
    auth_service.keys.clear()
    keys.key_set.refresh()
    assert value("key_set_fetches_total", outcome="unusable") == unusable + 1


def test_a_bad_key_does_not_take_the_good_ones_down(auth_service):
    auth_service.keys[:] = [{"kid": 5}, {**GOOD, "n": "!"}, jwk(PRIVATE_KEY, KID)]
    assert remembered.verify(good_token())


def test_another_key_of_the_same_id_is_another_set(auth_service):
    token = good_token()
    remembered.verify(token)
    auth_service.keys[:] = [jwk(OTHER_KEY, KID)]
    make_old(keys.TRUSTED_SECONDS + 1)
    with pytest.raises(InvalidToken):
        remembered.verify(token)


@pytest.mark.parametrize("idle", [keys.TRUSTED_SECONDS + 1, 3600, 90_000])
def test_a_withdrawn_key_is_not_believed_though_its_tokens_alone_come(
    auth_service, idle
):
    """Remembered or not, and however long no token came."""
    token, other = good_token(), good_token()
    for _ in range(2):  # nothing is remembered across the first fetch
        remembered.verify(token)
    auth_service.keys[:] = [GOOD]
    make_old(idle)
    for each in (token, other, token):
        with pytest.raises(InvalidToken):
            remembered.verify(each)


def test_a_set_that_is_a_minute_old_is_renewed_behind_the_tokens(auth_service):
    token = good_token()
    for _ in range(2):
        remembered.verify(token)
    auth_service.keys[:] = [GOOD]
    make_old(keys.REFRESH_SECONDS + 1)
    timed(token)
    assert wait_until(lambda: KID not in keys.key_set._keys, 5)
    with pytest.raises(InvalidToken):
        remembered.verify(token)


def test_a_worker_without_any_token_learns_of_it_too(auth_service, monkeypatch):
    monkeypatch.setattr(keys, "LOOK_AT_AGE_SECONDS", 0.01)
    over = threading.Event()
    thread = keys.keep_fresh(over)
    assert keys.key_set._keys.keys() == {KID}
    auth_service.keys[:] = [GOOD]
    make_old(keys.REFRESH_SECONDS + 1)
    assert wait_until(lambda: keys.key_set._keys.keys() == {"another"}, 5)
    over.set()
    thread.join(timeout=5)


def test_in_an_outage_the_old_set_is_believed_and_nobody_asks_all_day(auth_service):
    token = good_token()
    remembered.verify(token)
    auth_service.down()
    make_old(keys.TRUSTED_SECONDS + 1)
    for _ in range(20):
        assert remembered.verify(token)
        assert remembered.verify(good_token())
    assert auth_service.asked("/.well-known/jwks.json") <= 1


@pytest.mark.parametrize("lasts", [301, 3600])
def test_a_services_token_lasts_five_minutes_at_most(lasts):
    now = datetime.now(UTC)
    claims = {
        "iss": settings.TOKEN_ISSUER,
        "aud": settings.SERVICE,
        "sub": "auth_service",
        "token_type": "service",
        "jti": str(uuid7()),
        "iat": now,
    }
    good = {**claims, "exp": now + timedelta(seconds=300)}
    assert verify(ServiceToken, sign(good))["sub"] == "auth_service"
    with pytest.raises(InvalidToken):
        verify(ServiceToken, sign({**claims, "exp": now + timedelta(seconds=lasts)}))


class Silence:
    """A server that takes what comes and never says a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self.taken.append(self._listener.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self._listener.close()
        for each in self.taken:
            each.close()


@pytest.fixture
def silence(auth_service, settings) -> Iterator[Silence]:
    """auth_service, after it has answered, takes requests and says nothing."""
    remembered.verify(good_token())
    server = Silence()
    auth_service.mock.add_passthru(server.url)
    settings.AUTH_SERVICE_URL = server.url
    keys.key_set._asked_at -= keys.ASK_AGAIN_SECONDS
    yield server
    server.close()
    assert wait_until(lambda: not keys.key_set._is_asking, 10)


def timed(token: str) -> tuple[float, str]:
    began = time.monotonic()
    try:
        remembered.verify(token)
        outcome = "good"
    except (InvalidToken, Unavailable) as error:
        outcome = error.code
    return time.monotonic() - began, outcome


def forged(number: int) -> str:
    claims = access_claims(uuid7(), Role.NORMAL)
    return jwt.encode(claims, OTHER_KEY, "RS256", headers={"kid": f"forged-{number}"})


def test_forged_kids_hold_no_good_user_up_while_auth_service_hangs(silence):
    numbers = itertools.count()
    late: list[float] = []
    with ThreadPoolExecutor(4) as workers:  # as many as a worker has threads
        asking = [workers.submit(timed, forged(next(numbers)))]
        assert wait_until(lambda: bool(silence.taken), 5)
        for _ in range(20):
            sent = time.monotonic()
            asking += [workers.submit(timed, forged(next(numbers))) for _ in range(4)]
            assert workers.submit(timed, good_token()).result()[1] == "good"
            late.append(time.monotonic() - sent)
        outcomes = [each.result() for each in asking]

    assert max(late) < 1, late
    assert {outcome for _, outcome in outcomes} == {"invalid_token"}
    assert sum(seconds > 1 for seconds, _ in outcomes) == 1, "the one that asked"
    assert len(silence.taken) == 1


def test_without_any_key_who_comes_during_the_fetch_is_told_at_once(
    silence, monkeypatch
):
    monkeypatch.setattr(keys.key_set, "_keys", {})
    asking = threading.Thread(target=keys.key_set.refresh)
    asking.start()
    assert wait_until(lambda: bool(silence.taken), 5)

    outcomes = [timed(good_token()), timed(forged(0))]

    assert [outcome for _, outcome in outcomes] == ["unavailable"] * 2
    assert all(seconds < 1 for seconds, _ in outcomes)
    asking.join(timeout=10)


def test_while_a_fetch_hangs_known_keys_are_believed(auth_service, monkeypatch):
    remembered.verify(good_token())
    make_old(keys.TRUSTED_SECONDS + 1)
    begun, over = threading.Event(), threading.Event()

    def hang(path: str) -> Any:
        begun.set()
        over.wait(20)
        return {"keys": [jwk(PRIVATE_KEY, KID)]}

    monkeypatch.setattr(keys, "fetch", hang)
    asking = threading.Thread(target=keys.key_set.refresh)
    asking.start()
    try:
        assert begun.wait(5)
        assert remembered.verify(good_token())
    finally:
        over.set()
        asking.join()
