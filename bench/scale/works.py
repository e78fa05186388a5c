"""Everything else that is asked for: reads of one thing, writes, reports."""

import itertools
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from bench.filling import holder_id
from bench.scale.asking import Request, Talk, Work
from bench.scale.world import World

_PROMOS = "/api/v1/promos"
_BULK = 500
# Points that a chosen promo has at least: enough for every use of it.
_ENOUGH = 50

_ACTIVE_HOLDERS = """
SELECT user_id::text FROM holder WHERE role = 'normal' AND is_active AND NOT deleted
ORDER BY hashtext(user_id::text) LIMIT %(count)s
"""


def list_works() -> Iterator[Work]:
    """Return the works, what changes the least first."""
    talks: dict[str, tuple[str, Callable[[World], Talk], int]] = {
        "read a promo's points": ("Get_promo_points", _read_points, 300),
        "read a promo": ("Get_promo", _read_promo, 150),
        "read a redemption": ("Get_redemption", _read_redemption, 150),
        "read a user": ("get_user", _read_user, 150),
        "use points": ("Use_promo_points", _use, 300),
        "use points of all promos": ("Use_my_points", _use_all, 150),
        "give points back": ("Reverse_redemption", _reverse, 150),
        "modify a promo": ("Modify_promo", _modify, 150),
        "create a promo": ("Create_promo", _create, 200),
        f"create {_BULK} promos": ("Create_promos", _create_many, 10),
        "delete a promo": ("Delete_promo", _delete, 100),
    }
    for name, (operation, talk, times) in talks.items():
        yield Work(name=name, operation=operation, talk=talk, times=times)


def list_reports() -> Iterator[Work]:
    """Return the reports, which are about everything there is."""
    queries = {
        "summary, now": ("summary", lambda _: ""),
        "summary, a year ago": ("summary", _as_of(timedelta(days=365))),
        "timeline, 30 days": ("timeline", lambda _: ""),
        "timeline, 366 days": ("timeline", _days(timedelta(days=365))),
    }
    for name, (report, query) in queries.items():
        yield Work(
            name=name,
            operation=f"Get_promo_{report}",
            talk=_reporting(report, query),
            times=5,
        )


def _reporting(report: str, query: Callable[[World], str]) -> Callable[[World], Talk]:
    def talk(world: World) -> Talk:
        path = f"{_PROMOS}/{report}{query(world)}"
        while True:
            yield Request(path=path, token=world.administrator)

    return talk


def _as_of(ago: timedelta) -> Callable[[World], str]:
    def query(world: World) -> str:
        moment = world.filling.now - ago
        return f"?as_of={moment:%Y-%m-%dT%H:%M:%SZ}"

    return query


def _days(length: timedelta) -> Callable[[World], str]:
    def query(world: World) -> str:
        last = world.filling.now.date()
        return f"?from={last - length}&to={last}"

    return query


def _read_points(world: World) -> Talk:
    for promo, holder in itertools.cycle(world.choose_usable(1000, points=_ENOUGH)):
        yield Request(path=f"{_PROMOS}/{promo}/points", token=world.token_of(holder))


def _read_promo(world: World) -> Talk:
    for promo, holder in itertools.cycle(world.choose_usable(1000, points=_ENOUGH)):
        yield Request(path=f"{_PROMOS}/{promo}", token=world.token_of(holder))


def _read_redemption(world: World) -> Talk:
    for redemption in itertools.cycle(world.choose_reversible(300)):
        yield Request(
            path=f"/api/v1/redemptions/{redemption}", token=world.administrator
        )


def _read_user(world: World) -> Talk:
    while True:
        user = holder_id(world.any_holder())
        yield Request(path=f"/api/v1/users/{user}", token=world.administrator)


def _use(world: World) -> Talk:
    for promo, holder in itertools.cycle(world.choose_usable(1000, points=_ENOUGH)):
        yield _keyed(f"{_PROMOS}/{promo}/use", world.token_of(holder), {"points": 1})


def _use_all(world: World) -> Talk:
    for _, holder in itertools.cycle(world.choose_usable(300, points=_ENOUGH)):
        body = {"points": _ENOUGH // 2, "task": "A weekend away"}
        yield _keyed(f"{_PROMOS}/me/use", world.token_of(holder), body)


def _reverse(world: World) -> Talk:
    for redemption in world.choose_reversible(400):
        path = f"/api/v1/redemptions/{redemption}/reverse"
        yield _keyed(path, world.administrator, {"points": 1, "reason": "Came back"})


def _modify(world: World) -> Talk:
    for number, (promo, _) in enumerate(world.choose_usable(400, points=_ENOUGH)):
        body = {"description": f"Thanks, number {number}"}
        path = f"{_PROMOS}/{promo}"
        yield Request(path=path, method="PATCH", body=body, token=world.administrator)


def _create(world: World) -> Talk:
    for holder in itertools.cycle(_holders(world, 400)):
        yield _keyed(_PROMOS, world.administrator, _grant(holder))


def _create_many(world: World) -> Talk:
    holders = itertools.cycle(_holders(world, 10 * _BULK))
    while True:
        body = {"promos": [_grant(next(holders)) for _ in range(_BULK)]}
        yield _keyed(f"{_PROMOS}/bulk", world.administrator, body)


def _delete(world: World) -> Talk:
    for promo, _ in world.choose_usable(300, points=_ENOUGH):
        yield Request(
            path=f"{_PROMOS}/{promo}",
            method="DELETE",
            token=world.administrator,
            expected=204,
        )


def _holders(world: World, count: int) -> list[str]:
    return [holder for (holder,) in world.read(_ACTIVE_HOLDERS, count=count)]


def _grant(holder: str) -> dict[str, Any]:
    return {
        "user_id": holder,
        "promo_type": "welcome",
        "promo_code": secrets.token_hex(8),
        "promo_amount": 100,
        "description": "With thanks from all of us",
    }


def _keyed(path: str, token: str, body: Any) -> Request:
    return Request(
        path=path,
        method="POST",
        body=body,
        key=secrets.token_hex(16),
        token=token,
        expected=201,
    )
