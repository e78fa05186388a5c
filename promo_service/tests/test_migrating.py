"""A migration keeps nobody waiting behind its locks, and can be repeated."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from uuid_utils.compat import uuid7

ROOT = Path(__file__).resolve().parents[2]
# Under this the migrations of 0008 take ACCESS EXCLUSIVE on promo.
BEFORE = "0007"
# Longer than anything else would be waited for.
BUILDS = """
    SELECT 1 FROM pg_stat_activity
    WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND state = 'active'
      AND clock_timestamp() > query_start + interval '1.5 seconds'
"""


@dataclass(frozen=True)
class Empty:
    """A database of its own, migrated up to some point."""

    name: str

    def connect(self) -> Any:
        """A connection of somebody else, which commits each statement by itself."""
        database = settings.DATABASES["default"]
        opened = psycopg2.connect(
            host=database["HOST"],
            port=database["PORT"],
            user=database["USER"],
            password=database["PASSWORD"],
            dbname=self.name,
        )
        opened.autocommit = True
        return opened

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{self.name}"
        return subprocess.Popen(
            [sys.executable, "promo_service/manage.py", "migrate", *arguments],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def migrate(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        said = process.communicate(timeout=60)[0]
        return process.returncode, said

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(self.connect()) as opened, opened.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def created(like: str) -> Iterator[Empty]:
    name = f"migrating_{uuid7().hex}"
    server = Empty("postgres")
    server.ask(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    yield Empty(name)
    server.ask(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def halfway() -> Iterator[Empty]:
    with created("template1") as database:
        status, said = database.migrate("promos", BEFORE)
        assert status == 0, said
        yield database


@pytest.fixture
def empty(halfway: Empty) -> Iterator[Empty]:
    with created(halfway.name) as database:
        yield database


@contextmanager
def in_use(database: Empty) -> Iterator[list[float]]:
    """Read a promo without a pause; gives how long each took, once the block ends."""
    waits: list[float] = []
    end = threading.Event()

    def read() -> None:
        with closing(database.connect()) as opened, opened.cursor() as cursor:
            while not end.is_set():
                began = time.monotonic()
                cursor.execute("SELECT 1 FROM promo LIMIT 1")
                waits.append(time.monotonic() - began)
                time.sleep(0.01)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield waits
    finally:
        end.set()
        thread.join()


def test_a_migration_tries_again_and_uses_wait_for_no_more_than_a_try(empty):
    with in_use(empty) as waits:
        with closing(empty.connect()) as blocker, blocker.cursor() as cursor:
            cursor.execute("BEGIN; SELECT 1 FROM promo")
            process = empty.start("--no-input")
            said = ""
            assert process.stdout is not None
            for line in process.stdout:
                said += line
                if "(2 of " in line:
                    break
        said += process.communicate(timeout=60)[0]
    assert process.returncode == 0, said
    assert "A lock was not to be had within 1 s; tried again in 1 s (1 of 30)" in said
    assert said.rstrip().endswith("OK")
    # Another try's, where the first had just ended.
    assert 0.5 < max(waits) < 2.5


def test_a_lock_that_is_never_to_be_had_ends_with_a_sentence(empty):
    with closing(empty.connect()) as blocker, blocker.cursor() as cursor:
        cursor.execute("BEGIN; SELECT 1 FROM promo")
        status, said = empty.migrate("--no-input", "--tries", "2")
    assert status == 1
    assert "A lock was not to be had within 1 s, 2 times." in said
    assert "Traceback" not in said


def test_an_index_that_was_half_built_is_built_anew(empty):
    """As a build that was ended leaves it: there, and of no use."""
    empty.ask("CREATE INDEX promo_usable_soonest_end ON promo (id)")
    empty.ask("CREATE INDEX promo_on_soonest_end ON promo (id)")
    status, said = empty.migrate("--no-input")
    assert status == 0, said
    built = empty.ask(
        "SELECT indisvalid, pg_get_indexdef(indexrelid) LIKE '%is_used_up%'"
        " FROM pg_index WHERE indexrelid = 'promo_usable_soonest_end'::regclass"
    )
    assert built == [(True, True)]


def test_a_build_beside_others_waits_for_them_as_long_as_it_takes(empty):
    """Nobody waits behind it: it would be given up for no one's good."""
    with closing(empty.connect()) as other, other.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        process = empty.start("--no-input")
        deadline = time.monotonic() + 30
        while not empty.ask(BUILDS):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    said = process.communicate(timeout=30)[0]
    assert (process.returncode, "tried again" in said) == (0, False), said
