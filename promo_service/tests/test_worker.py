"""A worker is made ready before its first request."""

import gc
from types import SimpleNamespace

import pytest

from chassis import gunicorn_hooks


@pytest.fixture
def thawed():
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("thawed")
def test_what_a_worker_has_loaded_is_not_looked_through_again():
    assert gc.get_freeze_count() == 0

    worker = SimpleNamespace(cfg=SimpleNamespace(threads=4))
    gunicorn_hooks.post_worker_init(worker)

    assert gc.get_freeze_count() > 10_000
