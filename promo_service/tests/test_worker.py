"""A worker is made ready before its first request."""

import gc
from types import SimpleNamespace

import pytest
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

from chassis import gunicorn_hooks


@pytest.fixture
def thawed():
    gc.unfreeze()
    yield
    gc.unfreeze()
    request_started.connect(reset_queries)
    request_finished.connect(close_caches)


def begin():
    worker = SimpleNamespace(cfg=SimpleNamespace(threads=4))
    gunicorn_hooks.post_worker_init(worker)


@pytest.mark.usefixtures("thawed")
def test_what_a_worker_has_loaded_is_not_looked_through_again():
    assert gc.get_freeze_count() == 0

    begin()

    assert gc.get_freeze_count() > 10_000


@pytest.mark.usefixtures("thawed")
def test_of_what_django_does_around_a_request_connections_are_still_looked_after():
    begin()

    # Each says no if it was not connected any more.
    assert not request_started.disconnect(reset_queries)
    assert not request_finished.disconnect(close_caches)
    for signal in (request_started, request_finished):
        assert signal.disconnect(close_old_connections)
        signal.connect(close_old_connections)
