"""Two at once, on real PostgreSQL: exactly one gets through."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from django.db import connection
from django.utils import timezone

from auth_service.accounts.models import User
from auth_service.accounts.services import modifying
from auth_service.accounts.services.creating import UsernameTaken, create_user
from auth_service.accounts.services.modifying import (
    LastAdministrator,
    delete_user,
    modify_user,
)
from auth_service.tests.conftest import (
    MOBILE_NUMBER,
    PASSWORD,
    log_in,
    store_user,
)
from auth_service.tokens.services import refresh_session
from chassis.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """What each action returned or raised, all of them started together."""
    start = threading.Barrier(len(actions))
    outcomes: list[Any] = [None] * len(actions)

    def run(index: int, action: Callable[[], Any]) -> None:
        try:
            start.wait()
            outcomes[index] = action()
        except Exception as error:  # noqa: BLE001  # it is what the test looks at
            outcomes[index] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=numbered) for numbered in enumerate(actions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes


def demote(user: User, actor: User) -> Callable[[], Any]:
    changes = {"role": Role.NORMAL, "mobile_number": MOBILE_NUMBER}
    return lambda: modify_user(
        user_id=user.id, changes=changes, actor_id=actor.id, now=timezone.now()
    )


def suspend(user: User, actor: User) -> Callable[[], Any]:
    return lambda: modify_user(
        user_id=user.id,
        changes={"is_active": False},
        actor_id=actor.id,
        now=timezone.now(),
    )


def delete(user: User, actor: User) -> Callable[[], Any]:
    return lambda: delete_user(user_id=user.id, actor_id=actor.id, now=timezone.now())


def refreshing(refresh: str) -> Callable[[], Any]:
    return lambda: refresh_session(refresh=refresh, now=timezone.now())


def let_both_look_before_either_writes(monkeypatch, seconds: float) -> None:
    """Hold whoever found another administrator, until the other one found so too."""
    meeting = threading.Barrier(2)
    keep = modifying._keep_an_administrator

    def slowly(*, without: User) -> None:
        keep(without=without)
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=seconds)

    monkeypatch.setattr(modifying, "_keep_an_administrator", slowly)


@pytest.mark.parametrize("leave", [demote, suspend, delete])
@pytest.mark.parametrize("leave_too", [demote, suspend, delete])
def test_of_two_administrators_removing_each_other_one_remains(
    leave, leave_too, monkeypatch
):
    let_both_look_before_either_writes(monkeypatch, 0.3)
    ada, grace = (store_user(Role.ADMINISTRATOR) for _ in range(2))
    outcomes = at_once(leave(grace, ada), leave_too(ada, grace))
    assert sum(isinstance(one, LastAdministrator) for one in outcomes) == 1, outcomes
    assert User.objects.live_administrators().count() == 1


def test_without_the_lock_on_administrators_none_would_remain(monkeypatch):
    """The twin of the test above: it is the lock that holds I9."""
    lock = modifying._lock

    def lock_one(user_id: Any, *, with_administrators: bool) -> User:
        return lock(user_id, with_administrators=False)

    let_both_look_before_either_writes(monkeypatch, 20)
    monkeypatch.setattr(modifying, "_lock", lock_one)
    ada, grace = (store_user(Role.ADMINISTRATOR) for _ in range(2))
    at_once(demote(grace, ada), demote(ada, grace))
    assert User.objects.live_administrators().count() == 0


def test_many_administrators_leaving_at_once_leave_one_and_no_deadlock():
    crowd = [store_user(Role.ADMINISTRATOR) for _ in range(6)]
    ways = [demote, suspend, delete] * 2
    outcomes = at_once(
        *(
            leave(user, actor)
            for leave, user, actor in zip(ways, crowd, reversed(crowd), strict=True)
        )
    )
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert [type(one) for one in refused] == [LastAdministrator]
    assert User.objects.live_administrators().count() == 1


def test_of_two_refreshes_at_once_both_get_the_one_next_token():
    person = log_in(store_user())
    refresh = person.refresh
    for _ in range(10):
        outcomes = at_once(*[refreshing(refresh)] * 3)
        assert not any(isinstance(one, Exception) for one in outcomes), outcomes
        [jti] = {claims(one.refresh)["jti"] for one in outcomes}
        assert str(person.session.current_jti) == jti
        assert len({one.access for one in outcomes}) == 3
        assert person.session.ended_at is None
        refresh = outcomes[0].refresh


def test_a_suspension_and_a_refresh_at_once_leave_no_session():
    ada = store_user(Role.ADMINISTRATOR)
    for _ in range(5):
        person = log_in(store_user())
        at_once(
            suspend(person.user, ada),
            refreshing(person.refresh),
        )
        assert person.session.ended_at is not None


def test_of_two_who_want_a_name_at_once_one_gets_it():
    def register(username: str) -> Callable[[], Any]:
        return lambda: create_user(
            username=username,
            password=PASSWORD,
            name="Alice",
            role=Role.NORMAL,
            mobile_number=MOBILE_NUMBER,
            actor_id=None,
            now=timezone.now(),
        )

    outcomes = at_once(register("alice"), register("ALICE"))
    assert sum(isinstance(one, UsernameTaken) for one in outcomes) == 1, outcomes
    assert User.objects.count() == 1
