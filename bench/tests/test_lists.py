"""Every list reads as little of a large database wherever its page lies."""

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from auth_service.tokens.key_folder import KeyFolder
from bench.filling import Filling, fill_promos
from bench.scale.asking import Answer, Request
from bench.scale.lists import list_listings
from bench.scale.works import list_works
from bench.scale.world import World
from bench.tokens import TokenSigner
from promo_service.holders import keys

PROMOS = 20_000
# Of a page of 50: a row and its holder are read in 4, some rows are passed over, and
# the index is entered. Whatever goes through a part of all promos reads thousands.
MOST_BUFFERS = 450


@dataclass
class InThisProcess:
    """Stands for a stack and for who asks it: the views are called right here."""

    url: str

    def environment(self, service: str) -> dict[str, str]:
        assert service == "promo_service"
        return {"SECRET_KEY": settings.SECRET_KEY}

    def database_url(self, service: str) -> str:
        assert service == "promo_service"
        return self.url

    def ask(self, request: Request) -> Answer:
        target = urlsplit(request.path)
        answer = Client(SERVER_NAME="localhost").generic(
            request.method,
            f"{target.path}?{target.query}",
            "" if request.body is None else json.dumps(request.body),
            "application/json",
            HTTP_AUTHORIZATION=f"Bearer {request.token}",
            HTTP_IDEMPOTENCY_KEY=request.key or str(uuid4()),
        )
        assert answer.status_code == request.expected, answer.content
        return Answer(answer.content, 0.0)


def sign_with(key_folder: Any, monkeypatch: Any) -> TokenSigner:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (key_folder / "20260101T0000Z.pem").write_bytes(pem)
    [found] = KeyFolder(key_folder).list_keys()
    monkeypatch.setattr(keys.key_set, "_keys", {found.kid: found.public})
    monkeypatch.setattr(keys.key_set, "_fetched_at", time.monotonic())
    return TokenSigner(
        {
            "SIGNING_KEYS_DIR": str(key_folder),
            "TOKEN_ISSUER": settings.TOKEN_ISSUER,
            "TOKEN_AUDIENCE": settings.TOKEN_AUDIENCE,
        }
    )


@pytest.fixture
def world(transactional_db, tmp_path, monkeypatch) -> World:
    of = connection.settings_dict
    here = InThisProcess(
        f"postgres://{of['USER']}:{of['PASSWORD']}@{of['HOST']}:{of['PORT']}"
        f"/{of['NAME']}"
    )
    filling = Filling(promos=PROMOS)
    fill_promos(here.url, filling)
    signer = sign_with(tmp_path, monkeypatch)
    administrator = signer.sign(uuid4(), "admin", role="administrator")
    stand_in: Any = here
    return World(stand_in, filling, stand_in, signer, lambda: administrator, 0.0)


def count_buffers(world: World, request: Request) -> int:
    """What the statement read that found the page's rows, from wherever."""
    with CaptureQueriesContext(connection) as captured:
        rows = world.asker.ask(request).json()["results"]
    pages = [
        each["sql"] for each in captured.captured_queries if "LIMIT" in each["sql"]
    ]
    read: list[int] = []
    for statement in pages:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
            ((found,),) = cursor.fetchall()
        plan = found[0]["Plan"]
        read.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    assert pages, [each["sql"] for each in captured.captured_queries]
    assert rows or "none" in request.path or read
    return max(read)


def test_a_page_reads_as_little_wherever_it_is(world):
    read = {}
    for listing in list_listings():
        if listing.operation == "list_users":
            continue
        for work in listing.works():
            talk = work.talk(world)
            request = next(talk)
            while not request.timed:
                request = talk.send(world.asker.ask(request))
            read[work.name] = count_buffers(world, request)
    too_much = {name: count for name, count in read.items() if count > MOST_BUFFERS}
    assert too_much == {}
    assert len(read) > 60


# Of all but a few promos: what makes each status a rare one.
RARE = {
    "switched off": "UPDATE promo SET is_active = FALSE WHERE {}",
    "used up": "UPDATE promo SET remaining_points = 0 WHERE {}",
    "not begun": (
        "UPDATE promo SET start_time = now() + interval '1 day' "
        "WHERE ends > now() + interval '1 day' AND {}"
    ),
}


@pytest.mark.parametrize("why", RARE)
@pytest.mark.parametrize("status", ["active", "expired"])
def test_a_status_that_few_have_is_read_as_quickly(world, why, status):
    with connection.cursor() as cursor:
        cursor.execute(RARE[why].format("id::text !~ '000$'"))
        cursor.execute("VACUUM ANALYZE promo")
    [listing] = [
        each for each in list_listings() if each.name == f"promos, status={status}"
    ]
    first = next(listing.works())
    assert count_buffers(world, next(first.talk(world))) <= MOST_BUFFERS


def test_every_work_is_answered_as_it_should_be(world):
    for work in list_works():
        if work.operation == "get_user":
            continue
        talk = work.talk(world)
        request = next(talk)
        for _ in range(2):
            request = talk.send(world.asker.ask(request))
