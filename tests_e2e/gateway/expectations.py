"""What every answer, and every refusal of the gateway's own, has to be."""

import re

from tests_e2e.gateway.running import Answer

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def expect_problem(answer: Answer, status: int, code: str) -> None:
    assert answer.status == status, answer.body
    assert answer.header("Content-Type") == "application/problem+json"
    assert answer.header("Cache-Control") == "no-store"
    expect_usual_headers(answer)
    problem = answer.json()
    wanted = {"type", "title", "status", "code", "detail", "request_id"}
    if code == "validation_error":
        wanted |= {"errors"}
    assert set(problem) == wanted
    assert problem["type"] == "/problems/" + code.replace("_", "-")
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["request_id"] == answer.header("X-Request-ID")


def expect_usual_headers(answer: Answer) -> None:
    request_id = answer.header("X-Request-ID") or ""
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", request_id)
    for name, value in SECURITY_HEADERS.items():
        assert answer.header(name) == value
    assert answer.header("Server") == "nginx"
    assert not answer.values("Access-Control-Allow-Origin")
