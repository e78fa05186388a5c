"""How far a poller has to ask back, and that what it says of that is guaranteed."""

import re
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

ROOT = Path(__file__).resolve().parents[2]
PROMOS = "/api/v1/promos"


def documented() -> timedelta:
    text = (ROOT / "docs/api.md").read_text()
    (seconds,) = re.findall(r"created_after=<newest seen - (\d+) s>", text)
    return timedelta(seconds=int(seconds))


def body(owner, code) -> dict[str, Any]:
    return {
        "user_id": str(owner.id),
        "promo_type": "gift",
        "promo_code": code,
        "promo_amount": 10,
    }


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_missed_by_its_time_and_found_by_asking_back(
    administrator, owner
):
    dated, commit = threading.Event(), threading.Event()

    def grant_slowly() -> None:
        with transaction.atomic():
            made = administrator.client.post(PROMOS, body(owner, "LATE"))
            assert made.status_code == 201
            dated.set()
            assert commit.wait(20)
        connection.close()

    thread = threading.Thread(target=grant_slowly)
    thread.start()
    assert dated.wait(20)
    newest = administrator.client.post(PROMOS, body(owner, "SOON")).json()
    commit.set()
    thread.join(20)

    def codes(since: datetime) -> list[str]:
        query = {"created_after": since.isoformat()}
        found = administrator.client.get(PROMOS, query).json()["results"]
        return [each["promo_code"] for each in found]

    seen = datetime.fromisoformat(newest["creation_time"])
    assert codes(seen) == ["SOON"]
    assert codes(seen - documented()) == ["SOON", "LATE"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", "/bulk"])
def test_a_grant_is_seen_within_the_time_that_the_time_outs_leave_it(
    administrator, owner, path
):
    """Every statement after the date takes as long as it may, and so every pause."""
    sent = (
        {"promos": [body(owner, "A"), body(owner, "B")]} if path else body(owner, "A")
    )
    with CaptureQueriesContext(connection) as queries:
        key = {"Idempotency-Key": "one"}
        made = administrator.client.post(f"{PROMOS}{path}", sent, headers=key)
    assert made.status_code == 201
    statements = [query["sql"] for query in queries]
    dated = max(n for n, sql in enumerate(statements) if "locked_at" in sql)
    # In a test's transaction a savepoint is released in place of the COMMIT.
    after = len(statements) - dated - 1
    roles = (ROOT / "k8s/database/roles.sql").read_text()
    longest = dict(re.findall(r"SET (\w+_timeout) = ''(\d+)s''", roles))
    statement = int(longest["statement_timeout"])
    pause = int(longest["idle_in_transaction_session_timeout"])
    assert timedelta(seconds=after * (statement + pause)) <= documented()
