"""`/healthz` (alive) and `/readyz` (can serve), for probes on the internal port."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from chassis.database.base import DatabaseWrapper

# Of each answer; with a new connection (2 s) less than probes wait in all.
_LONGEST_SECONDS = 0.8


def healthz(_: HttpRequest) -> HttpResponse:
    """Answer 200 while the process can answer at all."""
    return JsonResponse({"status": "alive"})


def readyz(_: HttpRequest) -> HttpResponse:
    """Answer 200 if the database takes writes and keys are at hand, else 503."""
    have_keys: Callable[[], bool] = import_string(settings.READINESS_OF_KEYS)
    checks = {"database": _database_takes_writes(), "keys": have_keys()}
    ready = all(checks.values())
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "checks": checks},
        status=200 if ready else 503,
    )


def _database_takes_writes() -> bool:
    """Ask by this thread's connection; one that says no may be old, and is replaced."""
    wrapper = cast("DatabaseWrapper", connection)
    is_new = wrapper.connection is None
    with wrapper.waiting_at_most(_LONGEST_SECONDS):
        return _can_write(wrapper) or (not is_new and _can_write(wrapper))


def _can_write(wrapper: "DatabaseWrapper") -> bool:
    try:
        wrapper.ensure_connection()
        can_write = wrapper.can_write()
    except Error:
        return False
    if not can_write:
        wrapper.close()
    return can_write
