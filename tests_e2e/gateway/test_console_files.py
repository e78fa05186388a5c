"""The console's files: how they are given out, and what its page may do."""

import gzip
import re
from itertools import chain

import pytest

from gateway.render import CONSOLE
from tests_e2e.gateway.expectations import SECURITY_HEADERS, expect_problem
from tests_e2e.gateway.recording import RecordingService
from tests_e2e.gateway.running import Answer, Gateway

LARGEST_COMPRESSED = 150_000
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    "": "text/plain; charset=utf-8",
}
FILES = {
    f"/console/{file.relative_to(CONSOLE)}": file
    for file in sorted(CONSOLE.rglob("*"))
    if file.is_file() and file.suffix in TYPES
}
OWN = [path for path in FILES if "/vendor/" not in path]
VENDORED = [path for path in FILES if "/vendor/" in path]
MODULES = [path for path in FILES if path.endswith((".js", ".mjs"))]
ABSENT = [
    "/console",
    "/console/",
    "/console/index.html",
    "/console/main",
    "/console/main.js/",
    "/console/Main.js",
    "/console/main.js.map",
    "/console/main%2ejs",
    "/console/absent.js",
    "/console/pages",
    "/console/pages/absent.js",
    "/console/pages/../main.js",
    "/console/..%2fnginx.conf",
    "/console/../nginx.conf",
    "/console/vendor/",
    "/console/vendor/preact-11.2.0/",
    "/console/vendor/preact-11x2x0/preact.mjs",
    "/console/vendor/preact-0.0.0/preact.mjs",
    "/consolex",
    "/Console/main.js",
    "/main.js",
    "/index.html",
    "/index.htm",
    "/favicon.ico",
]


def read_policy(answer: Answer) -> dict[str, str]:
    policy = answer.header("Content-Security-Policy") or ""
    directives = [directive.partition(" ") for directive in policy.split("; ")]
    return {name: value for name, _, value in directives}


def page() -> str:
    return (CONSOLE / "index.html").read_text(encoding="utf-8")


def test_the_first_path_is_the_console(
    gateway: Gateway, auth: RecordingService, promo: RecordingService
) -> None:
    for target in ("/", "/?from=elsewhere"):
        answer = gateway.send("GET", target)
        assert (answer.status, answer.body) == (200, page().encode())
        assert answer.header("Content-Type") == "text/html; charset=utf-8"
    assert auth.received == promo.received == []


@pytest.mark.parametrize("path", FILES)
def test_every_file_is_given_as_it_is_and_as_what_it_is(
    path: str, gateway: Gateway
) -> None:
    answer = gateway.send("GET", path)
    assert (answer.status, answer.body) == (200, FILES[path].read_bytes())
    assert answer.header("Content-Type") == TYPES[FILES[path].suffix]
    for name, value in SECURITY_HEADERS.items():
        assert answer.header(name) == value


def test_every_file_of_the_folder_is_the_page_or_given_out() -> None:
    files = {file for file in CONSOLE.rglob("*") if file.is_file()}
    assert files == {*FILES.values(), CONSOLE / "index.html", CONSOLE / "README.md"}


@pytest.mark.parametrize("target", ABSENT)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_anything_else_is_not_found(
    method: str,
    target: str,
    gateway: Gateway,
    auth: RecordingService,
    promo: RecordingService,
) -> None:
    # A path in the shape of a file has one file's methods, be it there or not.
    shaped = method == "POST" and re.fullmatch(r"/console/(\w+/)?[a-z_]+\.js", target)
    expected = (405, "method_not_allowed") if shaped else (404, "not_found")
    expect_problem(gateway.send(method, target), *expected)
    assert auth.received == promo.received == []


def test_the_page_may_use_its_own_origin_and_nothing_inline(gateway: Gateway) -> None:
    assert read_policy(gateway.send("GET", "/")) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/console/main.js", "/console/icon.svg"])
def test_other_methods_are_not_allowed(
    path: str, method: str, gateway: Gateway
) -> None:
    answer = gateway.send(method, path, {"Content-Length": "0"})
    expect_problem(answer, 405, "method_not_allowed")
    assert answer.header("Allow") == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", *OWN])
def test_what_may_change_is_asked_for_again_and_sent_only_when_changed(
    path: str, gateway: Gateway
) -> None:
    answer = gateway.send("GET", path, {"Accept-Encoding": "gzip"})
    assert answer.header("Cache-Control") == "no-cache"
    known = {"If-None-Match": answer.header("ETag") or ""}
    again = gateway.send("GET", path, known)
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("path", VENDORED)
def test_a_library_has_its_version_in_its_path_and_is_kept_for_a_year(
    path: str, gateway: Gateway
) -> None:
    kept = "public, max-age=31536000, immutable"
    assert gateway.send("GET", path).header("Cache-Control") == kept


def test_all_of_it_is_small(gateway: Gateway) -> None:
    sizes = {}
    for path in ["/", *FILES]:
        answer = gateway.send("GET", path, {"Accept-Encoding": "gzip"})
        sizes[path] = len(answer.body)
        if answer.header("Content-Encoding") == "gzip":
            assert gzip.decompress(answer.body) == gateway.send("GET", path).body
    assert sum(sizes.values()) < LARGEST_COMPRESSED, sizes


def test_the_page_asks_for_every_module_at_once_and_for_nothing_else() -> None:
    named = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page())
    styles = [path for path in FILES if path.endswith(".css")]
    expected = [*MODULES, *styles, "/console/icon.svg", "/docs"]
    assert sorted(named) == sorted(expected)


def test_nothing_is_inline_or_from_elsewhere() -> None:
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page())
    assert not re.search(r"<script(?![^>]*\ssrc=)", page())
    own = [FILES[path].read_text(encoding="utf-8") for path in OWN]
    for content in [page(), *own]:
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", content)


def test_no_module_makes_markup_or_code_of_text() -> None:
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write"
        r"|\beval\(|new Function|srcdoc|dangerouslySetInnerHTML"
    )
    for path in OWN:
        assert not re.search(forbidden, FILES[path].read_text(encoding="utf-8")), path


def test_a_module_imports_only_what_is_there() -> None:
    for path in MODULES:
        content = FILES[path].read_text(encoding="utf-8")
        for name in re.findall(
            r'(?m)^(?:import|export|\})[^"\n]*from ?"(.+?)"', content
        ):
            assert name.startswith("."), (path, name)
            assert (FILES[path].parent / name).resolve().is_file(), (path, name)


def test_a_module_is_short() -> None:
    # The words are in one file, however many there are.
    modules = [path for path in OWN if path.endswith((".js", ".css"))]
    lengths = {
        path: len(FILES[path].read_text(encoding="utf-8").splitlines())
        for path in modules
    }
    long = {path for path, length in lengths.items() if length > 300}
    assert long <= {
        "/console/strings.js",
        "/console/styles/parts.css",
        "/console/styles/pages.css",
    }


def test_a_token_is_kept_for_a_tab_alone() -> None:
    contents = {path: FILES[path].read_text(encoding="utf-8") for path in OWN}
    keepers = [path for path, text in contents.items() if "sessionStorage" in text]
    # What forms sent and got no answer to is kept so too, and is no token.
    assert keepers == ["/console/attempts.js", "/console/session.js"]
    assert "token" not in contents["/console/attempts.js"].lower()
    assert "document.cookie" not in "".join(chain(contents.values()))
    assert "access" not in re.findall(
        r"sessionStorage\.setItem\((.*?)\)", contents["/console/session.js"]
    )
