"""What one user with very many promos costs that user, and all the others."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from subprocess import CalledProcessError
from typing import Any
from uuid import UUID, uuid4

import psycopg2
from psycopg2.extensions import connection

from bench.processes import MemoryWatch
from bench.results import RunFailed
from bench.scale.asking import Asker, Request
from bench.scale.burden import OneUser
from bench.scale.copying import copy_promo
from bench.scale.world import sign_for_administrator
from bench.tokens import TokenSigner
from bench.world import RAISED_RATES
from local.console import say
from local.settings import State
from local.stack import Stack
from local.system import SERVICES
from local.waiting import wait_until

_USES, _WARM_UP = 50, 5
_PATIENCE_SECONDS = 600
_PAUSE = 0.02
_CALM_SECONDS = 1.5
_USE, _PROMOS, _USERS = "/api/v1/promos/me/use", "/api/v1/promos", "/api/v1/users"


def measure_one_user(promos: int) -> OneUser:
    """Measure on a system of its own, and print the table.

    Raises RunFailed where an answer is wrong, a wait is too long, or the ledger is.
    """
    measured = OneUser(promos)
    with _open(measured) as system:
        system.measure_uses()
        system.measure_deletion()
        system.verify()
    measured.show()
    return measured


@contextlib.contextmanager
def _open(measured: OneUser) -> Iterator["_System"]:
    say(f"Starting a system for one user with {measured.promos:,} promos")
    with contextlib.ExitStack() as opened:
        stack = Stack(RAISED_RATES)
        # Logs are kept where something fails; so many promos are not.
        cluster = State(stack.state_dir).cluster
        opened.callback(shutil.rmtree, cluster, ignore_errors=True)
        opened.enter_context(stack)
        url = stack.database_url("promo_service")
        database = opened.enter_context(contextlib.closing(psycopg2.connect(url)))
        database.autocommit = True
        asker = Asker(stack.gateway_port)
        opened.callback(asker.close)
        yield _System(stack, asker, database, measured)


class _System:
    """A running system, who asks it, and what is measured with it."""

    def __init__(
        self, stack: Stack, asker: Asker, database: connection, measured: OneUser
    ) -> None:
        self._stack, self._asker, self._database = stack, asker, database
        self._measured = measured
        self._signer = TokenSigner(stack.environment("auth_service"))
        self._sign_administrator = sign_for_administrator(stack, self._signer)

    def measure_uses(self) -> None:
        """Time uses of all one's points by who has spent all promos but one."""
        user_id = self._register()
        spent = self._grant(user_id, 10)
        self._use(user_id, f"{_PROMOS}/{spent}/use", 10)
        say(f"Copying a spent promo {self._measured.promos:,} times")
        self._copy(spent, first=1)
        # The newest of those that never end, which is taken last.
        self._grant(user_id, 1_000_000)
        taken = [self._use(user_id, _USE, 1) for _ in range(_WARM_UP + _USES)]
        self._measured.uses = taken[_WARM_UP:]

    def measure_deletion(self) -> None:
        """Time until none of the promos of a deleted user is left, and others' wait."""
        user_id, other = self._register(), self._register()
        # Until it is granted something nobody has asked who the other one is.
        self._grant(other, 10)
        say(f"Copying a live promo {self._measured.promos:,} times")
        self._copy(self._grant(user_id, 10), first=self._measured.promos + 1)
        self._require_live(user_id, self._measured.promos + 1)
        with self._watch() as before:
            time.sleep(_CALM_SECONDS)
        say("Deleting the user")
        with self._watch() as during:
            self._delete_and_wait(user_id, other)
        # Of one that has come meanwhile all counts that it is larger by than another.
        least = min(before.workers.values())
        self._measured.grown_mb = max(
            largest - before.workers.get(pid, least)
            for pid, largest in during.workers.items()
        )

    def verify(self) -> None:
        """Look through the ledger; raises RunFailed for any violation."""
        began = time.monotonic()
        try:
            self._stack.manage("promo_service", "verify_ledger")
        except CalledProcessError as error:
            raise RunFailed(
                f"verify_ledger failed: {error.stdout}{error.stderr}"
            ) from error
        self._measured.verified_in = time.monotonic() - began

    def _delete_and_wait(self, user_id: str, other: str) -> None:
        self._ask("DELETE", f"{_USERS}/{user_id}", expected=204)
        began = time.monotonic()
        is_active = True
        while True:
            is_active = not is_active
            changed = time.monotonic()
            self._ask("PATCH", f"{_USERS}/{other}", {"is_active": is_active})
            self._await_known(other, is_active=is_active)
            known = time.monotonic()
            self._measured.known_after.append(known - changed)
            until_next = max(1.0 - (known - changed), 0.0)
            if wait_until(lambda: self._are_gone(user_id), until_next):
                break
            if known - began > _PATIENCE_SECONDS:
                raise RunFailed(f"Promos were left after {known - began:.0f} s")
        self._measured.gone_after = time.monotonic() - began

    def _await_known(self, user_id: str, *, is_active: bool) -> None:
        query = "SELECT FROM holder WHERE user_id = %s AND is_active = %s"

        def is_known() -> bool:
            return self._finds(query, user_id, is_active)

        if not wait_until(is_known, _PATIENCE_SECONDS, pause=_PAUSE):
            raise RunFailed(f"A change was not known after {_PATIENCE_SECONDS} s")

    def _are_gone(self, user_id: str) -> bool:
        query = (
            "SELECT FROM promo WHERE holder_id = %s AND deleted_at IS NULL "
            "ORDER BY creation_time, id LIMIT 1"
        )
        return not self._finds(query, user_id)

    def _require_live(self, user_id: str, count: int) -> None:
        with self._database.cursor() as asked:
            asked.execute(
                "SELECT count(*) FROM promo WHERE holder_id = %s "
                "AND deleted_at IS NULL AND remaining_points > 0",
                [user_id],
            )
            if asked.fetchone() != (count,):
                raise RunFailed(f"The user has other than {count:,} live promos")

    def _finds(self, query: str, *values: Any) -> bool:
        with self._database.cursor() as asked:
            asked.execute(query, values)
            return asked.fetchone() is not None

    def _watch(self) -> MemoryWatch:
        return MemoryWatch({name: self._stack.pid(name) for name in SERVICES}, {})

    def _copy(self, promo_id: str, *, first: int) -> None:
        copy_promo(
            self._stack.database_url("promo_service"),
            promo_id,
            first=first,
            count=self._measured.promos,
        )

    def _register(self) -> str:
        body = {
            "username": f"user-{uuid4().hex[:12]}",
            "password": f"correct horse {uuid4().hex}",
            "name": "Mona Hassan",
            "mobile_number": "+201001234567",
        }
        answer = self._ask("POST", "/api/v1/auth/register", body, expected=201)
        return str(answer["id"])

    def _grant(self, user_id: str, points: int) -> str:
        body = {
            "user_id": user_id,
            "promo_type": "welcome",
            "promo_code": uuid4().hex,
            "promo_amount": points,
        }
        return str(self._ask("POST", _PROMOS, body, expected=201)["id"])

    def _use(self, user_id: str, path: str, points: int) -> float:
        """Return how many milliseconds a use by the user took."""
        request = Request(
            method="POST",
            path=path,
            token=self._signer.sign(UUID(user_id), "holder"),
            body={"points": points},
            key=str(uuid4()),
            expected=201,
        )
        return self._asker.ask(request).milliseconds

    def _ask(
        self, method: str, path: str, body: Any = None, *, expected: int = 200
    ) -> Any:
        """Return what the administrator is answered, None where that is nothing."""
        request = Request(
            method=method,
            path=path,
            token=self._sign_administrator(),
            body=body,
            expected=expected,
        )
        answer = self._asker.ask(request)
        return answer.json() if answer.content else None
