"""What goes wrong is told in the log, and what it was about is not."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from chassis.logs import logging_config

pytestmark = pytest.mark.django_db(transaction=True)


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the service's own formatter writes."""
    options = logging_config("info", "promo_service")["formatters"]["json"]
    formatter = options.pop("()")(**options)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logger = logging.getLogger()
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("UPDATE promo SET promo_amount = 0 WHERE id = %s", "23514 new row"),
        (
            "INSERT INTO ledger_entry SELECT * FROM ledger_entry WHERE promo_id = %s",
            "23505 duplicate key",
        ),
        ("SELECT 'private'::text::uuid FROM promo WHERE id = %s", "22P02"),
        ("SELECT 'private'::text, nothing FROM promo WHERE id = %s", "42703 column"),
    ],
)
def test_the_log_tells_of_a_refused_statement_without_its_values(
    owner, grant, monkeypatch, log, statement, kept
):
    promo = grant(description="private", promo_code="PRIVATE")
    monkeypatch.setattr(
        "promo_service.promos.selectors.list_promos",
        lambda **_: run(statement, promo.id),
    )

    assert owner.client.get("/api/v1/promos/me").status_code == 500

    said = log.getvalue()
    assert kept in said
    assert "test_logs.py" in said
    assert "private" not in said.lower()
    assert str(promo.id) not in said
