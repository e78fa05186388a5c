"""`/healthz` (alive) and `/readyz` (can serve), for probes on the internal port."""

from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string


def healthz(_: HttpRequest) -> HttpResponse:
    """This function will answer 200 while the process can answer at all."""
    return JsonResponse({"status": "alive"})


def readyz(_: HttpRequest) -> HttpResponse:
    """This function will answer 200 if database and keys are at hand, else 503."""
    have_keys: Callable[[], bool] = import_string(settings.READINESS_OF_KEYS)
    checks = {"database": _database_answers(), "keys": have_keys()}
    ready = all(checks.values())
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "checks": checks},
        status=200 if ready else 503,
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True
