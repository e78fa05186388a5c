"""Every page, in both themes: axe finds nothing, a phone needs no scrolling sideways.

`make screenshots` keeps a picture of each.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests_e2e.console.conftest import HERE, open_browser, sign_in
from tests_e2e.console.test_bulk import csv_of, drop
from tests_e2e.people import Client, grant, register

AXE = (HERE / "axe-core-4.14.1" / "axe.min.js").read_text(encoding="utf-8")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PICTURES = os.environ.get("CONSOLE_PICTURES")
# A picture's name, the place, and the heading by which it is known to have arrived.
OF_ADMINISTRATORS = (
    ("overview", "/", "Overview"),
    ("promos", "/promos", "Promos"),
    ("users", "/users", "Users"),
    ("bulk", "/bulk", "Bulk grant"),
)
OF_USERS = (
    ("my-promos", "/", "My promos"),
    ("history", "/history", "History"),
    ("profile", "/profile", "Profile"),
)
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


@dataclass(frozen=True)
class World:
    """An administrator, a user, and a promo of theirs that is partly used."""

    administrator: Client
    user: Client
    promo: str


@pytest.fixture(scope="module")
def world(base_url: str, stack: Any) -> World:
    administrator = Client(base_url, "admin", stack.admin_password).log_in()
    user = register_as(base_url, "Mona Hassan")
    promo = grant(administrator, user, 1000, promo_code="WELCOME", promo_type="welcome")
    grant(administrator, user, 250, promo_code="SORRY", promo_type="apology")
    user("POST", f"{promo}/use", {"points": 320, "task": "A weekend in Alexandria"})
    grant_to_others(administrator, base_url)
    return World(administrator, user, promo.rpartition("/")[2])


def register_as(base_url: str, name: str) -> Client:
    """Somebody with a username that a picture has room for."""
    first = name.split(maxsplit=1)[0].lower()
    return register(base_url, name=name, username=f"{first}.{uuid4().hex[:4]}")


def grant_to_others(administrator: Client, base_url: str) -> None:
    """What makes a list worth looking at."""
    names = ["Layla Nasser", "Karim Adel", "Sara Nabil", "Jonas Berg", "Zeynep Kaya"]
    kinds = [("loyalty", 500), ("birthday", 50), ("apology", 120)]
    for name in names:
        holder = register_as(base_url, name)
        row = {"username": holder.username, "end_time": "2030-12-31T12:00:00Z"}
        promos = [
            {
                **row,
                "promo_type": kind,
                "promo_code": f"{kind}-{name.split()[0]}".upper(),
                "promo_amount": points,
                "is_active": kind != "apology",
            }
            for kind, points in kinds
        ]
        answer = administrator("POST", "/api/v1/promos/bulk", {"promos": promos})
        assert answer.status_code == 201, answer.text
        holder("POST", "/api/v1/promos/me/use", {"points": 20 * len(name)})


def check(page: Page, name: str, theme: str, *, loading: bool = False) -> None:
    """Take the picture of that name, if pictures are taken, and look for faults.

    What it is a picture of must be there already. `loading` is for what can't come yet.
    """
    if not loading:
        page.wait_for_load_state("networkidle")
        expect(page.locator(".skeleton")).to_have_count(0)
    if PICTURES and name:
        page.screenshot(path=Path(PICTURES) / f"{name}-{theme}.png")
    page.evaluate(AXE)
    found = page.evaluate("(tags) => axe.run({runOnly: tags})", _RULES)
    faults = [
        (each["id"], [node["html"][:120] for node in each["nodes"]])
        for each in found["violations"]
    ]
    assert faults == []
    wide = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    assert not wide


def arrive(page: Page, place: str, heading: str) -> None:
    page.goto(f"/#{place}")
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("role", ["administrator", "user"])
def test_every_page_is_accessible_and_fits(
    chromium: Browser, base_url: str, world: World, role, theme, device
) -> None:
    # axe is put into the page; the tests elsewhere keep the policy.
    context = open_browser(
        chromium, base_url, color_scheme=theme, bypass_csp=True, **device
    )
    page = context.new_page()
    suffix = "" if device is DESK else "-phone"
    arrive(page, "/", "Sign in")
    check(page, f"sign-in{suffix}", theme)
    sign_in(page, getattr(world, role))
    for name, place, heading in (
        OF_ADMINISTRATORS if role == "administrator" else OF_USERS
    ):
        arrive(page, place, heading)
        check(page, name + suffix, theme)
    if role == "administrator":
        arrive(page, "/bulk", "Bulk grant")
        drop(page, csv_of(world.user, 40, f"{world.user.username},Not A Slug,X,0\r\n"))
        expect(page.get_by_text("A lower-case word of letters").first).to_be_visible()
        check(page, f"bulk-file{suffix}", theme)
    else:
        arrive(page, f"/promos/{world.promo}", "WELCOME")
        expect(page.get_by_text("Points used")).to_be_visible()
        check(page, f"my-promo{suffix}", theme)
        page.get_by_role("button", name="Use points").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        check(page, f"use-points{suffix}", theme)
    context.close()
