"""Catches the statements of promo_service at work: `python -m bench.catching IN OUT`.

It makes real requests to the real views, in a process with promo_service's own
environment, and writes down what they send to the database. So whoever runs the same
SQL runs what the product runs now, whatever that is.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.db import connection
from django.test import Client

from bench.statements import Slot, Statement, save

# No other parameter of the statements is likely to be one of these.
_POINTS, _TASK, _KEY = 7919, "caught at work", "bench-catching"


class NotCaught(Exception):
    """A request did not do what its load does."""


def main() -> int:
    """Write the statements of the loads that have a floor; returns 0."""
    given = json.loads(Path(sys.argv[1]).read_text())
    django.setup()
    save(catch_statements(**given), Path(sys.argv[2]))
    return 0


def catch_statements(
    *, holder_id: str, promo_id: str, access: str
) -> dict[str, Statement]:
    """Return the statements of the loads that have a floor, by their scripts.

    They are of requests with that access token, its holder's, about a promo of theirs,
    which is used once. Raises NotCaught.
    """
    return _Catcher(holder_id, promo_id, access).catch_all()


class _Catcher:
    def __init__(self, holder_id: str, promo_id: str, access: str) -> None:
        self._promo = f"/api/v1/promos/{promo_id}"
        self._slots: dict[Any, str] = {
            holder_id: "holder_id",
            promo_id: "promo_id",
            _POINTS: "points",
            _TASK: "task",
            _KEY: "key",
        }
        self._client = Client(
            SERVER_NAME="localhost",
            HTTP_AUTHORIZATION=f"Bearer {access}",
            HTTP_IDEMPOTENCY_KEY=_KEY,
        )

    def catch_all(self) -> dict[str, Statement]:
        body = {"points": _POINTS, "task": _TASK}
        json_type = "application/json"
        client, promo = self._client, self._promo
        return {
            "points": self._catch(lambda: client.get(f"{promo}/points"), 200),
            "list_mine": self._catch(lambda: client.get("/api/v1/promos/me"), 200),
            "use": self._catch(
                lambda: client.post(f"{promo}/use", body, json_type), 201
            ),
        }

    def _catch(self, ask: Callable[[], Any], status: int) -> Statement:
        with _watched() as seen:
            answer = ask()
        if answer.status_code != status:
            raise NotCaught(f"{answer.status_code}: {answer.content!r}")
        if len(seen) != 1:
            raise NotCaught(f"{len(seen)} statements, and the floor runs one: {seen}")
        [(sql, parameters)] = seen
        if isinstance(parameters, Mapping):
            named = {name: self._slot_of(each) for name, each in parameters.items()}
            return Statement(sql, named)
        return Statement(sql, [self._slot_of(each) for each in parameters])

    def _slot_of(self, value: Any) -> Any:
        known = self._slots.get(str(value) if isinstance(value, UUID) else value)
        if known is not None:
            return Slot(known)
        if isinstance(value, UUID):
            return Slot("new_id")
        if isinstance(value, bytes):
            return Slot("fingerprint")
        if value is None or isinstance(value, str | int):
            return value
        raise NotCaught(f"What stands for {value!r} in another request?")


@contextmanager
def _watched() -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        seen.append((sql, params or ()))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        yield seen


if __name__ == "__main__":
    sys.exit(main())
