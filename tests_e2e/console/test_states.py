"""What is on the page for a while: axe finds nothing there either, in both themes."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests_e2e.console.conftest import open_browser, sign_in
from tests_e2e.console.test_bulk import GRANTING, csv_of, drop, first_code_of, start
from tests_e2e.console.test_pages import DESK, PHONE, check
from tests_e2e.people import Client, grant

AWAY = "The system can't be reached just now."


# Colours are the theme's and the layout the screen's: two of the four show them all.
@pytest.fixture(params=["light", "dark"], ids=["light-desk", "dark-phone"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def screen(chromium: Browser, base_url: str, theme: str) -> Iterator[Page]:
    device = DESK if theme == "light" else PHONE
    context = open_browser(
        chromium, base_url, color_scheme=theme, bypass_csp=True, **device
    )
    yield context.new_page()
    context.close()


def test_a_toast_and_one_that_warns(screen: Page, user: Client, theme: str) -> None:
    """A toast stays as long as somebody points at it."""
    sign_in(screen, user, "/profile")
    screen.clock.install()
    screen.get_by_role("button", name="Save changes").click()
    toast = screen.locator(".toast")
    toast.hover()
    screen.clock.fast_forward("01:00")
    check(screen, "", theme)
    expect(toast).to_contain_text("Your profile is saved.")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)

    screen.route("**/auth/logout", lambda route: route.abort())
    screen.get_by_role("button", name="Sign out").click()
    toast.hover()
    check(screen, "", theme)
    expect(toast).to_contain_text("the system could not be told")


def test_the_banner_of_an_outage(screen: Page, user: Client, theme: str) -> None:
    sign_in(screen, user)
    screen.route("**/api/v1/**", lambda route: route.abort())
    screen.get_by_role("link", name="Profile").click()
    banner = screen.get_by_role("alert").filter(has_text=AWAY)
    expect(banner).to_be_visible()
    # What is being waited for stays a skeleton.
    check(screen, "", theme, loading=True)
    expect(banner).to_be_visible()


def test_signing_in_to_go_on(
    screen: Page, administrator: Client, user: Client, theme: str
) -> None:
    sign_in(screen, user)
    password = {"new_password": "another long pass phrase"}
    administrator("POST", f"/api/v1/users/{user.id}/password", password)
    screen.get_by_role("link", name="Profile").click()
    again = screen.get_by_role("dialog", name="Sign in to go on")
    expect(again).to_be_visible()
    check(screen, "", theme, loading=True)
    again.get_by_label("Password").fill("not the pass phrase")
    again.get_by_role("button", name="Sign in", exact=True).click()
    expect(again.get_by_role("alert")).to_be_visible()
    check(screen, "", theme, loading=True)


def test_a_bulk_grant_before_while_and_after(
    screen: Page, administrator: Client, user: Client, theme: str
) -> None:
    held: list[Route] = []

    def hold_the_second(route: Route) -> None:
        if first_code_of(route) == "CSV-500":
            held.append(route)
        else:
            route.continue_()

    screen.route("**/api/v1/promos/bulk", hold_the_second)
    sign_in(screen, administrator, "/bulk")
    nobodys = "nobody-has-this-name,gift,CSV-0,5\r\n"
    drop(screen, csv_of(user, 600, ",gift,FAULTY,5\r\n", nobodys))
    grants = screen.get_by_role("button", name=re.compile("^Grant 601"))
    grants.click()
    expect(screen.get_by_role("dialog")).to_be_visible()
    check(screen, "", theme)
    screen.keyboard.press("Escape")
    start(screen)
    expect(screen.get_by_text("501 of 602 rows")).to_be_visible(timeout=GRANTING)
    check(screen, "", theme)
    expect(screen.get_by_role("button", name="Pause")).to_be_visible()
    held[0].continue_()
    expect(screen.get_by_text("1 row was refused")).to_be_visible(timeout=GRANTING)
    check(screen, "", theme)


def test_a_change_by_somebody_else_and_faults_of_a_form(
    screen: Page, administrator: Client, user: Client, theme: str
) -> None:
    promo = grant(administrator, user, 100)
    sign_in(screen, administrator, f"/promos/{promo.rpartition('/')[2]}")
    screen.get_by_role("button", name="Modify").click()
    dialog = screen.get_by_role("dialog")
    administrator("PATCH", promo, {"promo_amount": 120})
    dialog.get_by_label("Points").fill("150")
    dialog.get_by_role("button", name="Save changes").click()
    expect(dialog.get_by_text("(you typed 150)")).to_be_visible()
    check(screen, "", theme)
    dialog.get_by_role("button", name="Take their change over").click()
    dialog.get_by_label("Type").fill("Not A Slug")
    dialog.get_by_role("button", name="Save changes").click()
    expect(dialog.locator('[aria-invalid="true"]')).to_have_count(1)
    check(screen, "", theme)


def test_suggestions_and_more_filters(
    screen: Page, administrator: Client, user: Client, theme: str
) -> None:
    grant(administrator, user, 100)
    sign_in(screen, administrator, "/promos")
    screen.get_by_role("button", name="More filters").click()
    screen.get_by_role("combobox", name="Search promos").fill(user.username)
    expect(screen.get_by_role("option").first).to_be_visible()
    check(screen, "", theme)
    screen.get_by_role("option").first.click()
    expect(screen.get_by_role("link", name="Remove the filter User")).to_be_visible()
    check(screen, "", theme)


def test_points_used_and_a_user_to_create(
    screen: Page, administrator: Client, user: Client, theme: str
) -> None:
    for points in (10, 20):
        grant(administrator, user, points)
    sign_in(screen, user)
    screen.get_by_role("button", name="Use from all promos").click()
    dialog = screen.get_by_role("dialog")
    expect(dialog).to_be_visible()
    check(screen, "", theme)
    dialog.get_by_label("Points", exact=True).fill("25")
    dialog.get_by_role("button", name="Use points").click()
    expect(dialog).to_contain_text("25 points used")
    check(screen, "", theme)
    dialog.get_by_role("button", name="Done").click()
    screen.get_by_role("button", name="Sign out").click()
    expect(screen.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(screen, administrator, "/users?new=1")
    dialog.get_by_role("button", name="Create a user").click()
    expect(dialog.locator('[aria-invalid="true"]')).to_have_count(4)
    check(screen, "", theme)
