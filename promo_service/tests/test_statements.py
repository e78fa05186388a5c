"""What an owner asks for often names the holder in every statement.

So it stays on one machine if promos are ever spread over several by holder.
"""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db(transaction=True)
_CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def statements_of(ask: Any) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = ask()
    assert answer.status_code in {200, 201}, answer.content
    sent = [query["sql"] for query in captured]
    return [sql for sql in sent if not sql.startswith(_CONTROL)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/v1/promos/{}/use", {"points": 1}),
        ("get", "/api/v1/promos/{}/points", None),
        ("get", "/api/v1/promos/{}", None),
        ("get", "/api/v1/promos/me", None),
        ("get", "/api/v1/promos/me?status=active", None),
        ("get", "/api/v1/redemptions/me", None),
    ],
)
def test_every_statement_of_a_hot_path_names_the_holder(
    owner, grant, method, path, body
):
    url = path.format(grant(10).id)

    sent = statements_of(lambda: getattr(owner.client, method)(url, body))

    assert sent
    assert [sql for sql in sent if str(owner.id) not in sql] == []


def test_a_use_of_all_names_the_holder_or_rows_locked_by_it(owner, grant):
    promo = grant(10)
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}

    sent = statements_of(
        lambda: owner.client.post("/api/v1/promos/me/use", {"points": 1}, **key)
    )

    assert str(owner.id) in sent[0]
    elsewhere = [sql for sql in sent if str(owner.id) not in sql]
    assert all(str(promo.id) in sql and "UPDATE" in sql for sql in elsewhere)
