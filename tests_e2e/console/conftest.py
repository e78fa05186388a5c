"""A Chromium of Debian's, and people who sit before it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    Page,
    expect,
    sync_playwright,
)

from tests_e2e.people import Client

HERE = Path(__file__).parent
# As one ordinary user in a container there is neither a sandbox nor much of /dev/shm.
_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
# For busy machines; what is there is seen at once.
_PATIENCE_MILLISECONDS = 20_000
expect.set_options(timeout=_PATIENCE_MILLISECONDS)
# A toast goes by itself; a busy machine may look only afterwards.
_KEEP_TOASTS = """
window.toasts = [];
new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes]))
        if (node.matches?.(".toast")) window.toasts.push(node.textContent);
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "The console's tests need a browser: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


def open_browser(chromium: Browser, base_url: str, **options: Any) -> BrowserContext:
    """Somebody's browser, with nothing kept from others."""
    context = chromium.new_context(
        base_url=base_url, reduced_motion="reduce", **options
    )
    context.set_default_timeout(_PATIENCE_MILLISECONDS)
    context.add_init_script(_KEEP_TOASTS)
    return context


@pytest.fixture
def page(chromium: Browser, base_url: str) -> Iterator[Page]:
    """A tab; whatever breaks a policy or a script in it fails the test."""
    context = open_browser(chromium, base_url)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    # Shown where a test fails.
    page.on("requestfailed", lambda asked: print(asked.url, asked.failure))  # noqa: T201
    page.on("framenavigated", lambda frame: print("at", frame.url))  # noqa: T201
    page.on("dialog", lambda dialog: _answer(dialog, broken))
    page.on(
        "console",
        lambda said: (
            broken.append(said.text) if "Content Security Policy" in said.text else None
        ),
    )
    yield page
    context.close()
    assert not broken


def _answer(dialog: Dialog, broken: list[str]) -> None:
    """Leave a page that asks whether one wants to; nothing else may open a dialog."""
    if dialog.type != "beforeunload":
        broken.append(f"dialog: {dialog.message}")
    dialog.accept()


def sign_in(page: Page, person: Client, place: str = "/") -> None:
    page.goto(f"/#{place}")
    page.get_by_label("Username").fill(person.username)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Main").first).to_be_visible()


def expect_toast(page: Page, text: str) -> None:
    """Wait until the page has said so, be it gone again by now."""
    page.wait_for_function(
        "(text) => window.toasts.some((said) => said.includes(text))", arg=text
    )
