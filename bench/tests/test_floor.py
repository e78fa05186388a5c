"""The floor and pgbench run the product's own SQL, and the floor answers the same."""

import importlib
import json
import time
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory

from auth_service.tokens.key_folder import KeyFolder
from bench import pgbench
from bench.catching import NotCaught, catch_statements
from bench.filling import holder_id, promo_id
from bench.statements import Slot, Statement, load, save
from bench.stock import PROMOS_A_HOLDER, count_uses, fill_stock, username
from bench.tokens import TokenSigner
from chassis.tokens import Caller
from promo_service.holders import keys
from promo_service.holders.authentication import HolderAwareAuthentication
from promo_service.promos.models import Promo, Redemption
from promo_service.promos.services import using
from promo_service.promos.verification import verify

HOLDER, PROMO = 3, 2 * PROMOS_A_HOLDER + 1


def _url() -> str:
    of = connection.settings_dict
    return (
        f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}"
        f"/{of['NAME']}"
    )


@pytest.fixture
def access(tmp_path, monkeypatch) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "20260101T0000Z.pem").write_bytes(pem)
    [found] = KeyFolder(tmp_path).list_keys()
    monkeypatch.setattr(keys.key_set, "_keys", {found.kid: found.public})
    monkeypatch.setattr(keys.key_set, "_fetched_at", time.monotonic())
    signer = TokenSigner(
        {
            "SIGNING_KEYS_DIR": str(tmp_path),
            "TOKEN_ISSUER": settings.TOKEN_ISSUER,
            "TOKEN_AUDIENCE": settings.TOKEN_AUDIENCE,
        }
    )
    return signer.sign(holder_id(HOLDER), username(HOLDER))


@pytest.fixture
def statements(transactional_db, access) -> dict[str, Statement]:
    fill_stock(_url(), holders=5, takers=2)
    return catch_statements(
        holder_id=str(holder_id(HOLDER)), promo_id=str(promo_id(PROMO)), access=access
    )


@pytest.fixture
def floor(statements, tmp_path, monkeypatch) -> ModuleType:
    save(statements, tmp_path / "statements.json")
    monkeypatch.setenv("FLOOR_STATEMENTS", str(tmp_path / "statements.json"))
    return importlib.reload(importlib.import_module("bench.floor.views"))


def _without_times(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_without_times(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        name: name if name.endswith("_time") else _without_times(value)
        for name, value in answer.items()
    }


def test_the_use_that_is_caught_is_the_statement_of_the_product(statements):
    assert statements["use"].sql == using._USE
    parameters = statements["use"].parameters.values()
    slots = {each.name for each in parameters if isinstance(each, Slot)}
    named = {"holder_id", "promo_id", "points", "task", "key"}
    assert slots == named | {"new_id", "fingerprint"}


def test_statements_are_the_same_after_a_file(statements, tmp_path):
    save(statements, tmp_path / "statements.json")
    assert load(tmp_path / "statements.json") == statements


def test_a_statement_is_filled_in_by_place_and_by_name():
    values = {"holder_id": 1, "points": 2}
    by_name = Statement("…", {"whose": Slot("holder_id"), "now": None})
    by_place = Statement("…", [Slot("points"), "normal", Slot("holder_id")])
    assert by_name.fill(values) == {"whose": 1, "now": None}
    assert by_place.fill(values) == [2, "normal", 1]


def test_a_load_of_two_statements_has_no_floor_and_is_refused(
    transactional_db, access, monkeypatch
):
    fill_stock(_url(), holders=5, takers=2)

    def look_first(_: Any, caller: Caller) -> Caller:
        Promo.objects.exists()
        return caller

    monkeypatch.setattr(HolderAwareAuthentication, "admit", look_first)
    with pytest.raises(NotCaught):
        catch_statements(
            holder_id=str(holder_id(HOLDER)),
            promo_id=str(promo_id(PROMO)),
            access=access,
        )


@pytest.mark.parametrize(
    ("view", "path"),
    [
        ("read_points", f"/api/v1/promos/{promo_id(PROMO)}/points"),
        ("list_mine", "/api/v1/promos/me"),
    ],
)
def test_the_floor_answers_what_the_product_does(floor, access, view, path):
    product = Client(SERVER_NAME="localhost").get(
        path, HTTP_AUTHORIZATION=f"Bearer {access}"
    )
    request = RequestFactory().get(path, HTTP_X_HOLDER=str(holder_id(HOLDER)))
    more = {"promo_id": promo_id(PROMO)} if view == "read_points" else {}
    bare = getattr(floor, view)(request, **more)
    assert bare.status_code == product.status_code == 200
    assert _without_times(json.loads(bare.content)) == _without_times(product.json())


def test_a_use_of_the_floor_is_as_good_as_one_of_the_product(floor, access):
    path = f"/api/v1/promos/{promo_id(PROMO)}/use"
    body = {"points": 5, "task": "A coffee"}
    product = Client(SERVER_NAME="localhost").post(
        path,
        body,
        "application/json",
        HTTP_AUTHORIZATION=f"Bearer {access}",
        HTTP_IDEMPOTENCY_KEY="of-the-product",
    )
    request = RequestFactory().post(
        path,
        body,
        "application/json",
        HTTP_X_HOLDER=str(holder_id(HOLDER)),
        HTTP_IDEMPOTENCY_KEY="of-the-floor",
    )
    bare = floor.use_points(request, promo_id(PROMO))
    assert bare.status_code == product.status_code == 201
    ours, theirs = product.json(), json.loads(bare.content)
    assert theirs["remaining_points"] == ours["remaining_points"] - 5
    assert theirs.keys() == ours.keys()
    assert theirs["parts"][0].keys() == ours["parts"][0].keys()
    assert Redemption.objects.filter(id=theirs["id"], points=5).exists()
    assert count_uses(_url()) == 3  # the third was the one that was caught
    assert [step.violations for step in verify() if step.violations] == []


def test_what_pgbench_runs_takes_a_point_each_time(statements):
    sql = pgbench.write_sql(statements["use"])
    sql = sql.replace(":promo", str(PROMO)).replace(":holder", str(HOLDER))
    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute(sql)
            assert cursor.fetchone() is not None
    assert count_uses(_url()) == 4
    assert [step.violations for step in verify() if step.violations] == []
