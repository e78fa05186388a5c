"""One system of one size: filled, with an administrator, and with holders who ask."""

import contextlib
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import jwt
import psycopg2
import requests
from psycopg2.extensions import connection

from bench.filling import (
    Filling,
    count_holders,
    fill_promos,
    fill_users,
    holder_id,
    promo_id,
    redemption_id,
)
from bench.scale.asking import Asker
from bench.tokens import LIFETIME_SECONDS, TokenSigner
from bench.world import RAISED_RATES
from local.console import Progress
from local.credentials import load_credentials
from local.postgres import connect
from local.settings import State
from local.stack import Stack

# A token is not used in the second half of its life.
_GOOD_SECONDS = LIFETIME_SECONDS / 2
_SEED = 7
_ASKED_FOR = 50
_PROGRAMS = ("gateway", "auth_service", "promo_service", "postgres")
_PAUSE_SECONDS = 5.0  # between two lines about the filling

_USABLE = """
SELECT promo.id::text, holder_id::text FROM promo JOIN holder ON user_id = holder_id
WHERE deleted_at IS NULL AND promo.is_active AND holder.is_active
  AND start_time <= now() AND ends > now() + interval '1 day'
  AND remaining_points >= %(points)s AND {}
"""
_REVERSIBLE = """
SELECT redemption.id::text FROM redemption
JOIN redemption_part ON redemption_id = redemption.id
JOIN promo ON promo.id = promo_id
WHERE redemption.id = ANY(%(ids)s::uuid[]) AND deleted_at IS NULL
  AND redemption.reversed_points < redemption.points
"""


@dataclass
class World:
    """A running system, the numbers that it was filled with, and who asks it."""

    stack: Stack
    filling: Filling
    asker: Asker
    signer: TokenSigner
    sign_administrator: Callable[[], str]
    filled_in: float
    chance: random.Random = field(default_factory=lambda: random.Random(_SEED))  # noqa: S311 - the same choice each time
    _asked_for: dict[str, list[int]] = field(default_factory=dict)
    _tokens: dict[UUID | None, tuple[float, str]] = field(default_factory=dict)

    @property
    def promos(self) -> int:
        """Return how many promos it was filled with."""
        return self.filling.promos

    def pids(self) -> dict[str, int]:
        """Return the process ids of what a request passes through."""
        return {name: self.stack.pid(name) for name in _PROGRAMS}

    @property
    def administrator(self) -> str:
        """Return the administrator's access token."""
        return self._sign_in_time(None, self.sign_administrator)

    def token_of(self, holder: UUID) -> str:
        """Return a holder's access token."""
        return self._sign_in_time(holder, lambda: self.signer.sign(holder, "holder"))

    def _sign_in_time(self, whose: UUID | None, sign: Callable[[], str]) -> str:
        until, token = self._tokens.get(whose, (0.0, ""))
        if time.monotonic() >= until:
            token = sign()
            self._tokens[whose] = time.monotonic() + _GOOD_SECONDS, token
        return token

    def any_holder(self) -> int:
        """Return the number of a holder, never the one with very many promos."""
        return self._one_of("holders", range(2, count_holders(self.promos) + 1))

    def any_promo(self) -> int:
        """Return the number of a promo."""
        return self._one_of("promos", range(1, self.promos + 1))

    def _one_of(self, kind: str, numbers: range) -> int:
        """Return one of the few that are asked for: as many at every size, and again.

        What is asked for the first time in long is read from disk, where memory doesn't
        hold everything.
        """
        if kind not in self._asked_for:
            self._asked_for[kind] = self.chance.sample(numbers, _ASKED_FOR)
        return self.chance.choice(self._asked_for[kind])

    def choose_usable(self, count: int, *, points: int) -> list[tuple[UUID, UUID]]:
        """Return promos with so many points to use, from all over, and whose."""
        numbers = self._numbers(6 * count)
        condition = _USABLE.format("promo.id = ANY(%(ids)s::uuid[])")
        ids = [str(promo_id(number)) for number in numbers]
        found = self.read(condition, ids=ids, points=points)
        self.chance.shuffle(found)
        return [(UUID(promo), UUID(holder)) for promo, holder in found[:count]]

    def choose_usable_of(self, holders: int, *, points: int) -> list[tuple[UUID, UUID]]:
        """Return all promos of so many holders with so many points, and whose."""
        most = count_holders(self.promos)
        numbers = self.chance.sample(range(1, most + 1), min(holders, most))
        ids = [str(holder_id(number)) for number in numbers]
        condition = _USABLE.format("holder_id = ANY(%(ids)s::uuid[])")
        found = self.read(condition, ids=ids, points=points)
        return [(UUID(promo), UUID(holder)) for promo, holder in found]

    def choose_reversible(self, count: int) -> list[UUID]:
        """Return redemptions of which points can be given back."""
        uses = [redemption_id(n, 1, self.promos) for n in self._numbers(3 * count)]
        found = self.read(_REVERSIBLE, ids=[str(use) for use in uses])
        self.chance.shuffle(found)
        return [UUID(redemption) for (redemption,) in found[:count]]

    def read(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query to the promo database."""
        url = self.stack.database_url("promo_service")
        options = "-c statement_timeout=0 -c jit=off"
        with (
            contextlib.closing(psycopg2.connect(url, options=options)) as opened,
            opened.cursor() as cursor,
        ):
            cursor.execute(query, parameters)
            return cursor.fetchall()

    @contextlib.contextmanager
    def as_superuser(self) -> Iterator[connection]:
        """Give a superuser's connection, which commits each statement by itself."""
        credentials = load_credentials(State(self.stack.state_dir).credentials)
        port = urlsplit(self.stack.database_url("promo_service")).port or 0
        with contextlib.closing(connect(port, credentials.postgres_password)) as opened:
            yield opened

    def run_as_superuser(self, *statements: str) -> None:
        """Run statements that only a superuser may."""
        with self.as_superuser() as opened, opened.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def _numbers(self, count: int) -> Sequence[int]:
        return self.chance.sample(range(1, self.promos + 1), min(count, self.promos))


@contextlib.contextmanager
def open_world(promos: int) -> Iterator[World]:
    """Start a system and fill it; raises StackFailed where it does not start."""
    with contextlib.ExitStack() as opened:
        stack = Stack(RAISED_RATES)
        # Logs are kept where something fails; gigabytes of promos are not.
        cluster = State(stack.state_dir).cluster
        opened.callback(shutil.rmtree, cluster, ignore_errors=True)
        opened.enter_context(stack)
        filling = Filling(promos=promos)
        filled_in = _fill(stack, filling)
        signer = TokenSigner(stack.environment("auth_service"))
        asker = Asker(stack.gateway_port)
        opened.callback(asker.close)
        sign_administrator = sign_for_administrator(stack, signer)
        world = World(stack, filling, asker, signer, sign_administrator, filled_in)
        world.run_as_superuser("CHECKPOINT")
        yield world


def sign_for_administrator(stack: Stack, signer: TokenSigner) -> Callable[[], str]:
    """Return what signs tokens of the administrator, of a session that there is."""
    body = {"username": "admin", "password": stack.admin_password}
    url = f"{stack.base_url}/api/v1/auth/token"
    answer = requests.post(url, json=body, timeout=30)
    answer.raise_for_status()
    claims = jwt.decode(answer.json()["access"], options={"verify_signature": False})
    return lambda: signer.sign(
        UUID(claims["sub"]),
        claims["username"],
        role=claims["role"],
        session_id=UUID(claims["sid"]),
    )


def _fill(stack: Stack, filling: Filling) -> float:
    """Fill both databases, and return how many seconds that took."""
    progress = Progress()
    shown_at = float("-inf")

    def show(stage: str, done: int, total: int) -> None:
        nonlocal shown_at
        # A line a step elsewhere than on a terminal: not too many of them.
        if done == total or time.monotonic() - shown_at > _PAUSE_SECONDS:
            shown_at = time.monotonic()
            share = done / max(total, 1)
            bar = ("#" * round(20 * share)).ljust(20, ".")
            progress.show(f"[{bar}] {share:4.0%}  {done:,} of {total:,} {stage}")

    began = time.monotonic()
    fill_promos(stack.database_url("promo_service"), filling, show=show)
    fill_users(stack.database_url("auth_service"), filling, show=show)
    progress.finish()
    return time.monotonic() - began
