"""SIGKILL and SIGSTOP, in turn and at random moments; and waiting until all is back."""

import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil
import requests

from local.stack import Stack, StackFailed
from local.system import SERVICES
from local.waiting import wait_until
from tests_e2e.faults.records import count_waiting_events

_BACK_WITHIN_SECONDS = 60
_WORKERS = 2
# As kubelet asks (k8s/base): twice in vain, and the pod is ended.
_ALIVE_SECONDS = 3
# Time for clients to go on between two kills.
_SHORTEST_REST, _LONGEST_REST = 0.3, 2.5
_BATCH, _BATCH_SECONDS = 4, 3.0


@dataclass
class Killer:
    """Knows what to kill, and counts."""

    stack: Stack
    random: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    # How often the relay died with events that it had not delivered.
    in_a_batch: int = 0

    def turns(self, count: int) -> Iterator[Callable[[], str]]:
        """Yield that many kills, each kind as often, in an order left to chance."""
        kinds = [
            self.kill_a_worker,
            self.kill_promo_service,
            self.kill_postgres,
            self.freeze_postgres,
            self.kill_the_relay,
            self.kill_auth_service,
            self.kill_nginx,
        ]
        while count > 0:
            self.random.shuffle(kinds)
            yield from kinds[:count]
            count -= len(kinds)

    def rest(self) -> None:
        """Leave everybody in peace for a moment."""
        time.sleep(self.random.uniform(_SHORTEST_REST, _LONGEST_REST))

    def kill_a_worker(self) -> str:
        """Kill one worker of promo_service; its master starts another."""
        master = psutil.Process(self.stack.pid("promo_service"))
        worker = self.random.choice(master.children())
        self._send([worker])

        def is_back() -> bool:
            return worker not in master.children() and self._is_whole(master)

        self._await(is_back, "a worker of promo_service")
        return self._count("a worker of promo_service")

    def kill_promo_service(self) -> str:
        """Kill promo_service, its master and all workers."""
        return self._kill_whole("promo_service", "all of promo_service")

    def kill_auth_service(self) -> str:
        """Kill auth_service, its master and all workers."""
        return self._kill_whole("auth_service", "all of auth_service")

    def kill_nginx(self) -> str:
        """Kill nginx, with its workers or its master alone."""
        if self.random.random() < 0.5:
            return self._kill_whole("gateway", "nginx")
        dead = self.stack.pid("gateway")
        self._send([psutil.Process(dead)])
        self.stack.await_restart("gateway", dead, _BACK_WITHIN_SECONDS)
        return self._count("nginx")

    def kill_postgres(self) -> str:
        """Kill PostgreSQL's postmaster, as the kernel does when memory runs out."""
        dead = self.stack.pid("postgres")
        self._send([psutil.Process(dead)])
        self.stack.await_restart("postgres", dead, _BACK_WITHIN_SECONDS)
        return self._count("PostgreSQL")

    def freeze_postgres(self) -> str:
        """Stop PostgreSQL where it is: the kernel acknowledges, and nothing answers.

        One time in three for longer than the services wait (DATABASE_PATIENCE_SECONDS),
        so that they cut their connections, with commits among what they wait for.
        """
        postmaster = psutil.Process(self.stack.pid("postgres"))
        frozen = [postmaster, *postmaster.children(recursive=True)]
        seconds = 23.0 if self.random.random() < 1 / 3 else self.random.uniform(1, 4)
        for process in frozen:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until:
                for service in SERVICES:
                    self._require_alive(service)
                time.sleep(0.5)
        finally:
            for process in frozen:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()
        self._await(
            lambda: all(map(self.stack.is_of_use, SERVICES)), "PostgreSQL, frozen"
        )
        return self._count("PostgreSQL, frozen")

    def _require_alive(self, service: str) -> None:
        """Raise StackFailed where a service does not say that it lives."""
        url = f"{self.stack.internal_url(service)}/healthz"
        try:
            requests.get(url, timeout=_ALIVE_SECONDS).raise_for_status()
        except requests.RequestException as error:
            raise StackFailed(f"{service} seems dead: {error}") from error

    def kill_the_relay(self) -> str:
        """Kill the relay while it delivers what has come together meanwhile."""
        dead = self.stack.pid("relay")
        relay = psutil.Process(dead)
        database = self.stack.database_url("auth_service")
        relay.send_signal(signal.SIGSTOP)
        wait_until(lambda: count_waiting_events(database) >= _BATCH, _BATCH_SECONDS)
        relay.send_signal(signal.SIGCONT)
        time.sleep(self.random.uniform(0, 0.06))
        self._send([relay])
        self.in_a_batch += count_waiting_events(database) > 0
        self.stack.await_restart("relay", dead, _BACK_WITHIN_SECONDS)
        return self._count("the relay")

    def _kill_whole(self, name: str, said: str) -> str:
        dead = self.stack.pid(name)
        master = psutil.Process(dead)
        self._send([master, *master.children(recursive=True)])
        self.stack.await_restart(name, dead, _BACK_WITHIN_SECONDS)
        return self._count(said)

    def _is_whole(self, master: psutil.Process) -> bool:
        alive = [
            child
            for child in master.children()
            if child.status() != psutil.STATUS_ZOMBIE
        ]
        return len(alive) == _WORKERS and self.stack.is_of_use("promo_service")

    @staticmethod
    def _send(processes: list[psutil.Process]) -> None:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    @staticmethod
    def _await(is_back: Callable[[], bool], what: str) -> None:
        if not wait_until(is_back, _BACK_WITHIN_SECONDS):
            raise StackFailed(f"{what} is not back after {_BACK_WITHIN_SECONDS} s.")

    def _count(self, kind: str) -> str:
        self.kills[kind] += 1
        return kind
