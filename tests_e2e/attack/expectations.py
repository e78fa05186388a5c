"""What every answer has to be, whatever was asked."""

import json
import re
from typing import Any

import requests

from tests_e2e.gateway.running import Answer
from tests_e2e.people import Client

# One of each service, for anybody who is logged in.
PATHS = ["/api/v1/promos/me", "/api/v1/users/me"]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# What would tell of the inside.
_TELLTALE = re.compile(
    rb"Traceback|psycopg|django|gunicorn|SELECT |relation \"|File \"|127\.0\.0\.1"
)


def read(answer: requests.Response | Answer) -> Answer:
    if isinstance(answer, Answer):
        return answer
    headers = list(answer.headers.items())
    return Answer(answer.status_code, headers, answer.content)


def orderly(answer: requests.Response | Answer) -> Answer:
    """The answer, which is no failure of ours, has an id, and is a problem if refused.

    A problem says its status, and nothing of the inside.
    """
    found = read(answer)
    assert found.status < 500, (found.status, found.body[:500])
    request_id = found.header("X-Request-ID") or ""
    assert _REQUEST_ID.fullmatch(request_id), found.headers
    if found.status >= 400 and found.body:
        assert found.header("Content-Type") == "application/problem+json"
        problem = json.loads(found.body)
        assert problem["status"] == found.status
        assert problem["request_id"] == request_id
        assert problem["code"]
        assert not _TELLTALE.search(found.body), found.body
    return found


def turned_away(
    answer: requests.Response | Answer, *expected: tuple[int, str]
) -> dict[str, Any]:
    """The problem that the answer is: one of the statuses and codes expected."""
    found = orderly(answer)
    assert found.status >= 400, (found.status, found.body[:500])
    problem: dict[str, Any] = found.json()
    assert (found.status, problem["code"]) in expected, problem
    return problem


def refused_everywhere(user: Client, token: str, code: str = "invalid_token") -> None:
    for path in PATHS:
        answer = Client(user.base_url, access=token)("GET", path)
        turned_away(answer, (401, code))
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def told_alike(first: requests.Response, second: requests.Response) -> None:
    """Nothing but the ids of the requests and what was asked for tells them apart."""
    bodies, headers = [], []
    for answer in (first, second):
        problem = answer.json()
        assert problem.pop("request_id") == answer.headers["X-Request-ID"]
        problem.pop("instance", None)
        bodies.append(problem)
        kept = dict(answer.headers)
        for name in ("Date", "X-Request-ID", "Content-Length", "Transfer-Encoding"):
            kept.pop(name, None)
        headers.append(kept)
    assert first.status_code == second.status_code
    assert bodies[0] == bodies[1]
    assert headers[0] == headers[1]
