"""A database in passing trouble is a 503 to retry, and nothing has happened."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg2
import pytest
from django.conf import settings
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    close_old_connections,
    connection,
    transaction,
)

from chassis.database.base import BOUNDS, DatabaseWrapper
from promo_service.holders.models import Holder
from promo_service.promos.models import Promo
from promo_service.promos.services import granting
from promo_service.promos.views import user_events
from promo_service.tests.test_following_users import codes, post, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[Any]:
    """A connection of somebody else to the same database."""
    opened = psycopg2.connect(**connection.get_connection_params())
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def fresh_connection() -> Iterator[None]:
    """What a test has set for its session ends with it."""
    yield
    connection.close()


def run(opened: Any, statement: str, *values: Any) -> None:
    with opened.cursor() as cursor:
        cursor.execute(statement, values)


def set_for_session(name: str, value: str) -> None:
    run(connection, "SELECT set_config(%s, %s, false)", name, value)


def is_unavailable(answer: Any) -> None:
    assert answer.status_code == 503, answer.content
    assert answer.json()["code"] == "unavailable"
    assert answer.headers["Retry-After"] == "1"


def is_internal_error(answer: Any) -> None:
    assert answer.status_code == 500, answer.content
    assert answer.json()["code"] == "internal_error"
    assert "Retry-After" not in answer.headers


def use(owner: Any, promo: Promo) -> Any:
    return owner.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 10})


def works_again(owner: Any, promo: Promo) -> None:
    close_old_connections()  # as gunicorn's worker does between two requests
    assert use(owner, promo).status_code == 201


@contextmanager
def holding(opened: Any, promo: Promo) -> Iterator[None]:
    run(opened, "UPDATE promo SET description = 'held' WHERE id = %s", str(promo.id))
    try:
        yield
    finally:
        opened.rollback()


def wait_for_a_waiting_statement(opened: Any) -> None:
    deadline = time.monotonic() + 10
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted"
    while time.monotonic() < deadline:
        with opened.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")


@contextmanager
def meanwhile(*steps: Any) -> Iterator[None]:
    thread = threading.Thread(target=lambda: [step() for step in steps])
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_a_connection_that_the_server_ended(owner, grant, other, nothing_changes):
    promo = grant()
    nothing_changes()
    pid = connection.connection.info.backend_pid
    run(other, "SELECT pg_terminate_backend(%s, 5000)", pid)

    is_unavailable(use(owner, promo))

    close_old_connections()


def test_after_it_the_next_request_has_a_connection(owner, grant, other):
    promo = grant()
    pid = connection.connection.info.backend_pid
    run(other, "SELECT pg_terminate_backend(%s, 5000)", pid)
    is_unavailable(owner.client.get(f"/api/v1/promos/{promo.id}/points"))
    works_again(owner, promo)


def test_what_the_server_ended_between_two_requests_costs_no_request(
    owner, grant, other
):
    promo = grant()
    pid = connection.connection.info.backend_pid
    run(other, "SELECT pg_terminate_backend(%s, 5000)", pid)
    works_again(owner, promo)


def test_a_connection_that_is_well_is_kept(owner, grant):
    promo = grant()
    pid = connection.connection.info.backend_pid
    for _ in range(3):
        works_again(owner, promo)
    assert connection.connection.info.backend_pid == pid


def test_a_connection_that_was_cut(owner, grant):
    promo = grant()
    line = socket.socket(fileno=os.dup(connection.connection.fileno()))
    line.shutdown(socket.SHUT_RDWR)
    line.close()

    is_unavailable(use(owner, promo))

    works_again(owner, promo)


def test_a_server_that_takes_no_more_connections(owner, grant, other):
    promo = grant()
    connection.close()
    database = connection.settings_dict["NAME"]
    other.autocommit = True
    run(other, f'ALTER DATABASE "{database}" CONNECTION LIMIT 0')
    try:
        is_unavailable(use(owner, promo))
    finally:
        run(other, f'ALTER DATABASE "{database}" CONNECTION LIMIT -1')
    works_again(owner, promo)


@pytest.mark.parametrize("timeout", ["lock_timeout", "statement_timeout"])
def test_a_statement_that_waited_too_long(owner, grant, other, timeout):
    promo = grant()
    set_for_session("lock_timeout", "0")
    set_for_session(timeout, "100ms")

    with holding(other, promo):
        is_unavailable(use(owner, promo))

    works_again(owner, promo)


def test_a_deadlock(owner, grant, other):
    promo = grant()
    lock_holder = "UPDATE holder SET name = 'held' WHERE user_id = %s"
    set_for_session("lock_timeout", "0")
    observer = psycopg2.connect(**connection.get_connection_params())
    observer.autocommit = True

    with (
        holding(other, promo),
        meanwhile(
            lambda: wait_for_a_waiting_statement(observer),
            lambda: run(other, lock_holder, str(owner.id)),
        ),
    ):
        # The one that waited first finds the circle, and gives up.
        is_unavailable(use(owner, promo))

    observer.close()
    works_again(owner, promo)


def test_a_serialization_failure(owner, grant, other):
    promo = grant()
    set_for_session("default_transaction_isolation", "repeatable read")
    observer = psycopg2.connect(**connection.get_connection_params())
    observer.autocommit = True
    run(other, "UPDATE promo SET description = 'new' WHERE id = %s", str(promo.id))

    with meanwhile(lambda: wait_for_a_waiting_statement(observer), other.commit):
        is_unavailable(use(owner, promo))

    observer.close()
    works_again(owner, promo)


def test_a_transaction_that_was_idle_too_long(administrator, owner, grant, monkeypatch):
    promo = grant()
    write = granting.write_promos

    def write_late(*args: Any, **kwargs: Any) -> None:
        time.sleep(0.5)
        write(*args, **kwargs)

    monkeypatch.setattr(granting, "write_promos", write_late)
    set_for_session("idle_in_transaction_session_timeout", "100ms")
    body = {
        "user_id": str(owner.id),
        "promo_type": "gift",
        "promo_code": "LATE",
        "promo_amount": 1,
    }

    is_unavailable(administrator.client.post("/api/v1/promos", body))

    assert not Promo.objects.filter(promo_code="LATE").exists()
    works_again(owner, promo)


def test_a_server_that_was_demoted_is_left_for_the_next_one(owner, grant):
    """The connection still answers, so nothing else would replace it."""
    promo = grant()
    set_for_session("default_transaction_read_only", "on")

    is_unavailable(use(owner, promo))

    assert use(owner, promo).status_code == 201


def tell(owner: Any) -> Any:
    return post([told(owner.id, 2), told(owner.id, 3)])


def test_a_demoted_server_fails_no_event_and_is_left_for_the_next_request(owner):
    set_for_session("default_transaction_read_only", "on")

    is_unavailable(tell(owner))
    assert Holder.objects.get(user_id=owner.id).version == 1

    assert codes(tell(owner)) == ["applied", "applied"]


def test_a_connection_that_can_not_write_is_left_whoever_kept_the_error(owner, grant):
    """As in a job: nothing but the connection itself hears of it."""
    set_for_session("default_transaction_read_only", "on")

    with pytest.raises(InternalError), transaction.atomic():
        Holder.objects.update(name="new")
    close_old_connections()  # as between two rounds of a command

    assert Holder.objects.update(name="new") == 1


def test_a_probe_leaves_a_connection_that_can_not_write(client):
    set_for_session("default_transaction_read_only", "on")

    assert client.get("/readyz", SERVER_PORT=settings.INTERNAL_PORT).status_code == 200

    run(connection, "CREATE TEMPORARY TABLE can_write ()")


def test_a_server_that_takes_no_writes_is_not_ready(client, other):
    database = connection.settings_dict["NAME"]
    other.autocommit = True
    read_only = "default_transaction_read_only"
    run(other, f'ALTER DATABASE "{database}" SET {read_only} = on')
    connection.close()
    try:
        answer = client.get("/readyz", SERVER_PORT=settings.INTERNAL_PORT)
    finally:
        run(other, f'ALTER DATABASE "{database}" RESET {read_only}')
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": False, "keys": True}
    again = client.get("/readyz", SERVER_PORT=settings.INTERNAL_PORT)
    assert again.status_code == 200


def test_a_server_that_says_nothing_is_not_waited_for(owner, grant):
    """Its kernel takes everything, so that no time-out of TCP would ever come."""
    promo = grant()
    wrapper = cast("DatabaseWrapper", connection)
    with wrapper.cursor() as cursor, wrapper.waiting_at_most(0.3):
        began = time.monotonic()
        with pytest.raises(OperationalError):
            cursor.execute("SELECT pg_sleep(3)")
    assert time.monotonic() - began < 1.5
    works_again(owner, promo)


def test_every_wait_of_tcp_has_an_end_unless_the_url_says_otherwise(monkeypatch):
    params = connection.get_connection_params()
    assert {name: params[name] for name in BOUNDS} == BOUNDS
    assert params["connect_timeout"] == 2
    assert params["tcp_user_timeout"] == 5000

    options = {"connect_timeout": "7", "keepalives": "0"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)

    params = connection.get_connection_params()
    assert {**BOUNDS, **options} == {name: params[name] for name in BOUNDS}


PASSING = [
    *("08006", "25006", "25P03", "25P04", "40001", "40P01", "53100", "53300"),
    *("55P03", "57014", "57P01", "57P02", "57P03", "57P05", "58030"),
]
NOT_PASSING = [
    *("0A000", "22003", "22P02", "23502", "23505", "23514", "25P02"),
    *("42501", "42703", "42P01", "P0001", "XX000"),
]


@pytest.fixture
def fails_with(monkeypatch):
    def fail(code: str) -> None:
        raised = f"DO $$ BEGIN RAISE 'it failed' USING ERRCODE = '{code}'; END $$"
        monkeypatch.setattr(
            "promo_service.promos.selectors.list_promos",
            lambda **_: run(connection, raised),
        )

    return fail


@pytest.mark.parametrize("code", PASSING)
def test_what_passes_by_itself_can_be_tried_again(owner, fails_with, code):
    fails_with(code)
    is_unavailable(owner.client.get("/api/v1/promos/me"))


@pytest.mark.parametrize("code", PASSING)
def test_what_passes_by_itself_is_no_events_own_failure(owner, monkeypatch, code):
    raised = f"DO $$ BEGIN RAISE 'it failed' USING ERRCODE = '{code}'; END $$"
    monkeypatch.setattr(
        user_events, "apply_user_event", lambda _: run(connection, raised)
    )

    is_unavailable(tell(owner))


@pytest.mark.parametrize("code", NOT_PASSING)
def test_what_a_statement_or_its_values_are_to_blame_for_is_a_bug(
    owner, fails_with, code
):
    fails_with(code)
    is_internal_error(owner.client.get("/api/v1/promos/me"))


@pytest.mark.parametrize(
    ("error", "expect"),
    [
        (DatabaseError("lost synchronization with server"), is_unavailable),
        (DataError("bytes"), is_internal_error),
        (IntegrityError("bytes"), is_internal_error),
        (InternalError("bytes"), is_internal_error),
        (NotSupportedError("bytes"), is_internal_error),
        (ProgrammingError("can't adapt type 'X'"), is_internal_error),
    ],
    ids=lambda value: getattr(value, "__name__", None) or repr(value),
)
def test_an_error_without_a_code_is_judged_by_its_class(
    owner, monkeypatch, error, expect
):
    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr("promo_service.promos.selectors.list_promos", fail)
    expect(owner.client.get("/api/v1/promos/me"))
