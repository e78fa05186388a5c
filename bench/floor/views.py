"""Bare views: the product's SQL, and the members of its answers.

Who asks is told by a header that the loads send to the product as well.
"""

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, JsonResponse
from uuid_utils.compat import uuid7

from bench.statements import Statement, load

_STATEMENTS = load(Path(os.environ["FLOOR_STATEMENTS"]))
_USE, _POINTS = _STATEMENTS["use"], _STATEMENTS["points"]
_LIST_MINE = _STATEMENTS["list_mine"]
_PAGE_SIZE = 50

Row = tuple[Any, ...]
Places = dict[str, int]


def use_points(request: HttpRequest, promo_id: UUID) -> JsonResponse:
    """This function will take points off the promo, with the key that comes along."""
    body = json.loads(request.body)
    redemption_id, holder_id = uuid7(), _holder_of(request)
    points, task = body["points"], body.get("task")
    values = {
        "holder_id": holder_id,
        "promo_id": promo_id,
        "points": points,
        "task": task,
        "new_id": redemption_id,
        "key": request.META.get("HTTP_IDEMPOTENCY_KEY"),
        "fingerprint": hashlib.sha256(request.body).digest(),
    }
    rows, at = _run(_USE, values)
    if not rows:
        return JsonResponse({"code": "refused"}, status=409)
    row = rows[0]
    remaining_points = row[at["remaining_points"]]
    part = {
        "promo_id": promo_id,
        "points": points,
        "reversed_points": 0,
        "remaining_points": remaining_points,
    }
    answer = {
        "id": redemption_id,
        "user_id": holder_id,
        "points": points,
        "reversed_points": 0,
        "task": task,
        "creation_time": row[at["last_entry_time"]],
        "remaining_points": remaining_points,
        "parts": [part],
    }
    return JsonResponse(answer, status=201)


def read_points(request: HttpRequest, promo_id: UUID) -> JsonResponse:
    """This function will answer with the points of the holder's promo."""
    rows, at = _run(_POINTS, {"holder_id": _holder_of(request), "promo_id": promo_id})
    if not rows:
        return JsonResponse({"code": "not_found"}, status=404)
    row = rows[0]
    answer = {
        "promo_id": row[at["id"]],
        "promo_amount": row[at["promo_amount"]],
        "used_points": row[at["promo_amount"]] - row[at["remaining_points"]],
        "remaining_points": row[at["remaining_points"]],
        "status": _status_of(row, at),
    }
    return JsonResponse(answer)


def list_mine(request: HttpRequest) -> JsonResponse:
    """This function will answer with the first page of the holder's promos."""
    rows, at = _run(_LIST_MINE, {"holder_id": _holder_of(request)})
    results = [_present(row, at) for row in rows[:_PAGE_SIZE]]
    return JsonResponse({"next": None, "previous": None, "results": results})


def _holder_of(request: HttpRequest) -> UUID:
    return UUID(request.META["HTTP_X_HOLDER"])


def _run(statement: Statement, values: dict[str, Any]) -> tuple[list[Row], Places]:
    """Return the rows, and in which place of one each column is."""
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.fill(values))
        places: Places = {}
        for place, column in enumerate(cursor.description):
            places.setdefault(column.name, place)  # of two namesakes the first
        return cursor.fetchall(), places


def _present(row: Row, at: Places) -> dict[str, Any]:
    return {
        "id": row[at["id"]],
        "user": {
            "id": row[at["holder_id"]],
            "username": row[at["username"]],
            "name": row[at["name"]],
        },
        "promo_type": row[at["promo_type"]],
        "promo_code": row[at["promo_code"]],
        "description": row[at["description"]],
        "promo_amount": row[at["promo_amount"]],
        "used_points": row[at["promo_amount"]] - row[at["remaining_points"]],
        "remaining_points": row[at["remaining_points"]],
        "start_time": row[at["start_time"]],
        "end_time": row[at["end_time"]],
        "is_active": row[at["is_active"]],
        "status": _status_of(row, at),
        "creation_time": row[at["creation_time"]],
        "version": row[at["version"]],
    }


def _status_of(row: Row, at: Places) -> str:
    now: datetime = row[at["read_at"]]
    if not row[at["is_active"]]:
        return "inactive"
    if now < row[at["start_time"]]:
        return "scheduled"
    if row[at["end_time"]] is not None and now >= row[at["end_time"]]:
        return "expired"
    return "active" if row[at["remaining_points"]] else "used_up"
