"""The page of the API: its files, how long they are kept, and what it may do."""

import gzip
import re
from pathlib import Path

import pytest

from gateway.render import DOCS
from tests_e2e.gateway.expectations import SECURITY_HEADERS, expect_problem
from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import Answer, Gateway

VIEWER = "/docs/swagger-ui-5.35.0"
CONTENT_TYPES = {
    "/docs": "text/html; charset=utf-8",
    "/docs/page.css": "text/css; charset=utf-8",
    "/docs/page.js": "text/javascript; charset=utf-8",
    f"{VIEWER}/swagger-ui.css": "text/css; charset=utf-8",
    f"{VIEWER}/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    f"{VIEWER}/swagger-ui-bundle.js.LICENSE.txt": "text/plain; charset=utf-8",
    f"{VIEWER}/LICENSE": "text/plain; charset=utf-8",
    f"{VIEWER}/NOTICE": "text/plain; charset=utf-8",
}
VERSIONED = "public, max-age=31536000, immutable"
ABSENT = [
    "/docs/",
    "/docs//",
    "/docs/.",
    "/docs/..",
    "/docs/page",
    "/docs/page.html",
    "/docs/page.js/",
    "/docs/Page.js",
    "/docs/page.js.map",
    "/docs/page%2ejs",
    "/docs/page.js;x",
    "/docs/index.html",
    "/docs/nginx.conf",
    "/docs/../nginx.conf",
    "/docs/..%2fnginx.conf",
    "/docs/%2e%2e/conf.d/routes.server",
    "/docs/internal/v1/users/lookup",
    "/docs/schema",
    "/docs.html",
    "/docsx",
    "/Docs",
    VIEWER,
    f"{VIEWER}/",
    f"{VIEWER}/index.html",
    f"{VIEWER}/swagger-ui.css.map",
    f"{VIEWER}/swagger-ui-bundle.js.map",
    f"{VIEWER}/../page.js",
    "/docs/swagger-ui-5x35x0/swagger-ui.css",
    "/docs/swagger-ui-0.0.0/swagger-ui.css",
]


def find_file(path: str) -> Path:
    return DOCS / ("page.html" if path == "/docs" else path.removeprefix("/docs/"))


def read_file(path: str) -> bytes:
    return find_file(path).read_bytes()


def read_policy(answer: Answer) -> dict[str, str]:
    policy = answer.header("Content-Security-Policy") or ""
    directives = [directive.partition(" ") for directive in policy.split("; ")]
    return {name: value for name, _, value in directives}


@pytest.mark.parametrize("path", CONTENT_TYPES)
def test_every_file_is_given_as_it_is_and_as_what_it_is(
    path: str, gateway: Gateway, auth: RecordingService, promo: RecordingService
) -> None:
    answer = gateway.send("GET", path)
    assert answer.status == 200
    assert answer.body == read_file(path)
    assert answer.header("Content-Type") == CONTENT_TYPES[path]
    assert answer.header("Location") is None
    for name in {*SECURITY_HEADERS} - {"Content-Security-Policy"}:
        assert answer.header(name) == SECURITY_HEADERS[name]
    assert re.fullmatch(r"[0-9a-f]{32}", answer.header("X-Request-ID") or "")
    assert auth.received == promo.received == []


def test_every_file_of_the_folder_is_given_out_and_there_are_no_others() -> None:
    files = {file for file in DOCS.rglob("*") if file.is_file()}
    assert files == {find_file(path) for path in CONTENT_TYPES}


@pytest.mark.parametrize("path", CONTENT_TYPES)
def test_head_is_get_without_the_body(path: str, gateway: Gateway) -> None:
    got = gateway.send("GET", path)
    answer = gateway.send("HEAD", path)
    assert (answer.status, answer.body) == (200, b"")
    for name in ("Content-Type", "Content-Length", "Cache-Control", "ETag"):
        assert answer.header(name) == got.header(name)


def test_the_page_may_use_its_own_origin_and_nothing_inline(gateway: Gateway) -> None:
    assert read_policy(gateway.send("GET", "/docs")) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize(
    "path", ["/healthz", "/docsx", "/docs/", "/api/v1/promos", "/docs/page.js"]
)
def test_the_page_alone_may_load_anything(path: str, gateway: Gateway) -> None:
    wanted = SECURITY_HEADERS["Content-Security-Policy"]
    assert gateway.send("GET", path).header("Content-Security-Policy") == wanted


def test_a_refused_page_may_load_nothing(gateway: Gateway) -> None:
    answer = gateway.send("POST", "/docs")
    wanted = SECURITY_HEADERS["Content-Security-Policy"]
    assert answer.header("Content-Security-Policy") == wanted


def test_the_page_names_only_files_that_are_there() -> None:
    page = read_file("/docs").decode()
    named = re.findall(r'(?:src|href)="(?!#|data:)([^"]+)"', page)
    assert set(named) - {"/api/v1/auth/schema", "/api/v1/promos/schema"} == {
        path for path in CONTENT_TYPES if path.endswith((".css", ".js"))
    }


def test_nothing_of_the_page_is_inline_or_from_elsewhere() -> None:
    page = read_file("/docs").decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"https?:|//[a-z]", page)


def test_no_file_names_a_source_map() -> None:
    for path in CONTENT_TYPES:
        assert b"sourceMappingURL" not in read_file(path)


@pytest.mark.parametrize("path", [path for path in CONTENT_TYPES if VIEWER in path])
def test_a_file_of_the_viewer_is_kept_for_a_year(path: str, gateway: Gateway) -> None:
    assert gateway.send("GET", path).header("Cache-Control") == VERSIONED


@pytest.mark.parametrize("path", ["/docs", "/docs/page.css", "/docs/page.js"])
def test_the_page_is_asked_for_again_and_sent_only_when_changed(
    path: str, gateway: Gateway
) -> None:
    answer = gateway.send("GET", path, {"Accept-Encoding": "gzip"})
    assert answer.header("Cache-Control") == "no-cache"
    known = {"If-None-Match": answer.header("ETag") or ""}
    again = gateway.send("GET", path, known)
    assert (again.status, again.body) == (304, b"")
    assert again.header("Cache-Control") == "no-cache"
    assert gateway.send("GET", path, {"If-None-Match": '"0-0"'}).status == 200


@pytest.mark.parametrize(
    "path",
    [path for path in CONTENT_TYPES if not path.endswith(("NOTICE", "page.css"))],
)
def test_it_is_compressed_for_those_who_can_read_it(
    path: str, gateway: Gateway
) -> None:
    answer = gateway.send("GET", path, {"Accept-Encoding": "gzip"})
    assert answer.header("Content-Encoding") == "gzip"
    assert answer.header("Vary") == "Accept-Encoding"
    assert gzip.decompress(answer.body) == read_file(path)


@pytest.mark.parametrize("path", ["/docs", "/docs/page.js", f"{VIEWER}/LICENSE"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_not_allowed(
    method: str, path: str, gateway: Gateway
) -> None:
    answer = gateway.send(method, path + "?x=1", body=b"{}")
    expect_problem(answer, 405, "method_not_allowed")
    assert answer.header("Allow") == "GET, HEAD"


def test_a_method_is_refused_before_its_body_is_too_large(gateway: Gateway) -> None:
    answer = gateway.send("POST", "/docs", {"Content-Length": "9999999"})
    expect_problem(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("target", ABSENT)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_anything_else_below_it_is_not_found(
    method: str,
    target: str,
    gateway: Gateway,
    auth: RecordingService,
    promo: RecordingService,
) -> None:
    expect_problem(gateway.send(method, target), 404, "not_found")
    assert auth.received == promo.received == []


def test_a_query_or_range_changes_nothing(gateway: Gateway) -> None:
    for headers in ({}, {"Range": "bytes=0-9"}, {"Range": "bytes=999999999-"}):
        answer = gateway.send("GET", "/docs?url=https://elsewhere.example", headers)
        assert (answer.status, answer.body) == (200, read_file("/docs"))
