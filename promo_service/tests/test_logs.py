"""What goes wrong is told in the log, and what it was about is not."""

import logging
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import IntegrityError, connection

from chassis.logs import json_formatter

pytestmark = pytest.mark.django_db(transaction=True)


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


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
    owner, grant, monkeypatch, capfd, statement, kept
):
    promo = grant(description="private", promo_code="PRIVATE")
    monkeypatch.setattr(
        "promo_service.promos.selectors.list_promos",
        lambda **_: run(statement, promo.id),
    )

    assert owner.client.get("/api/v1/promos/me").status_code == 500

    said = capfd.readouterr().err
    assert kept in said
    assert "test_logs.py" in said
    assert "private" not in said.lower()
    assert str(promo.id) not in said


def test_what_others_log_is_told_without_values_too(owner, grant, caplog):
    promo = grant(description="private")
    with caplog.at_level(logging.ERROR):
        try:
            run("UPDATE promo SET promo_amount = 0 WHERE id = %s", promo.id)
        except IntegrityError:
            logging.getLogger("somebody").exception("refused")
    options = settings.LOGGING["formatters"]["json"]
    formatter = json_formatter(options["service"])

    [said] = [formatter.format(record) for record in caplog.records]

    assert orjson.loads(said)["service"] == "promo_service"
    assert "23514 new row" in said
    assert "private" not in said
