"""Administrators are locked in one order, so that no two wait for each other."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_service.accounts.models import User
from auth_service.accounts.services.modifying import delete_user
from auth_service.tests.conftest import store_user
from chassis.roles import Role
from local.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction PostgreSQL would show the first answer for ever.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        count = cursor.fetchone()
    return bool(count != (0,))


def test_administrators_are_locked_in_the_order_of_their_ids():
    """Whoever waits for the second has the first already, wherever the rows lie."""
    first, second = uuid7(), uuid7()
    ada = store_user(Role.ADMINISTRATOR, id=second)
    grace = store_user(Role.ADMINISTRATOR, id=first)
    raised: list[Any] = []

    def leave() -> None:
        try:
            delete_user(user_id=ada.id, actor_id=grace.id, now=timezone.now())
        except Exception as error:  # noqa: BLE001  # it is what the test looks at
            raised.append(error)
        finally:
            connection.close()

    leaving = threading.Thread(target=leave, daemon=True)
    with transaction.atomic():
        User.objects.select_for_update().get(id=second)
        leaving.start()
        assert wait_until(somebody_waits, 20, pause=0.02)
        free = User.objects.select_for_update(skip_locked=True)
        assert not free.filter(id=first).exists()

    leaving.join(timeout=20)
    assert raised == []
    assert User.objects.live_administrators().get().id == first
