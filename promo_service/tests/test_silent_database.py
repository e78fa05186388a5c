"""A database that says nothing any more holds nobody up for long, and nothing for good.

With real processes, and a line to PostgreSQL that breaks as networks and servers do.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest
from django.db import connection
from uuid_utils.compat import uuid7

from chassis.roles import Role
from promo_service.holders.models import Holder
from promo_service.tests.conftest import access_claims, sign
from promo_service.tests.serving import THREADS, Service, serve, wait_for
from promo_service.tests.test_following_users import service_token, told

pytestmark = pytest.mark.django_db(transaction=True)

MINE = "/api/v1/promos/me"
# Enough to hold every thread, and to queue behind them.
CROWD = 3 * THREADS
# What one waits for in all: the way of those in front, and one's own.
LONGEST_SECONDS = 8.0
ALIVE_SECONDS = 1.0


@pytest.fixture
def auth_service() -> None:
    """No mock: requests go over the wire here."""


@pytest.fixture
def reader() -> str:
    return sign(access_claims(uuid7(), Role.NORMAL))


@contextmanager
def crowd(service: Service, token: str) -> Iterator[list[tuple[int, float]]]:
    """More readers than threads, whose statuses and seconds are there afterwards."""
    answers: list[tuple[int, float]] = []

    def read(_: int) -> None:
        began = time.monotonic()
        status = service.ask("GET", MINE, token).status_code
        answers.append((status, time.monotonic() - began))

    with ThreadPoolExecutor(CROWD) as pool:
        reading = [pool.submit(read, number) for number in range(CROWD)]
        time.sleep(0.3)
        yield answers
        for each in reading:
            each.result()


@pytest.mark.parametrize(
    "silence",
    [lambda line: line.cut_off(), lambda line: line.freeze()],
    ids=["no address", "no answer"],
)
def test_it_is_503_soon_and_alive_all_the_time_and_well_at_once(
    reader, silence: Callable[[Any], None]
):
    with serve(DATABASE_PATIENCE_SECONDS="2") as service:
        with crowd(service, reader) as answers:
            pass
        assert [status for status, _ in answers] == [200] * CROWD

        silence(service.line)
        with crowd(service, reader) as answers:
            for _ in range(10):
                status, seconds = service.health("/healthz")
                assert (status, seconds < ALIVE_SECONDS) == (200, True), seconds
                time.sleep(0.1)
            assert service.health("/readyz")[0] == 503
        assert [status for status, _ in answers] == [503] * CROWD
        assert max(seconds for _, seconds in answers) < LONGEST_SECONDS

        service.line.restore()
        wait_for(lambda: service.ask("GET", MINE, reader).status_code == 200, 3)
        with crowd(service, reader) as answers:
            pass
        assert [status for status, _ in answers] == [200] * CROWD


@contextmanager
def read_only() -> Iterator[None]:
    """As whoever connects meanwhile finds it: a server that takes no writes."""
    set_for_all("SET default_transaction_read_only = on")
    try:
        yield
    finally:
        set_for_all("RESET default_transaction_read_only")


def set_for_all(setting: str) -> None:
    name = connection.settings_dict["NAME"]
    opened = psycopg2.connect(**connection.get_connection_params())
    opened.autocommit = True
    with opened.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute(f'ALTER DATABASE "{name}" {setting}')
    opened.close()


def test_after_a_fail_over_each_kind_works_at_its_next_request(reader):
    administrator = sign(access_claims(uuid7(), Role.ADMINISTRATOR))
    user_id = uuid7()

    def tell(service: Service) -> Any:
        body = {"events": [told(user_id, 1)]}
        return service.ask(
            "POST", "/internal/v1/user-events", service_token(), json=body
        )

    def grant(service: Service) -> Any:
        body = {
            "user_id": str(user_id),
            "promo_type": "gift",
            "promo_code": f"CODE-{uuid7()}",
            "promo_amount": 1,
        }
        return service.ask("POST", "/api/v1/promos", administrator, json=body)

    Holder.objects.create(
        user_id=user_id,
        version=0,
        username="mona",
        name="Mona",
        role=Role.NORMAL,
        is_active=True,
    )
    with serve(WEB_THREADS="1") as service:
        with read_only():
            service.line.drop()
            wait_for(lambda: service.ask("GET", MINE, reader).status_code == 200)
            assert service.health("/readyz")[0] == 503
            for write in (tell, grant):
                assert write(service).status_code == 503
                assert service.ask("GET", MINE, reader).status_code == 200
        for write in (tell, grant):
            answer = write(service)
            if answer.status_code == 503:
                answer = write(service)
            assert answer.status_code in {200, 201}, answer.text
        assert service.health("/readyz")[0] == 200
    assert Holder.objects.get(user_id=user_id).version == 1


def test_a_probe_replaces_a_broken_connection_before_it_says_no():
    with serve() as service:
        for _ in range(2 * THREADS):
            assert service.health("/readyz")[0] == 200
        service.line.drop()
        statuses = [service.health("/readyz")[0] for _ in range(2 * THREADS)]
        assert statuses == [200] * (2 * THREADS)
