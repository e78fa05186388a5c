"""One session, several tabs: it is renewed by one of them, and ends in all."""

from typing import Any

from playwright.sync_api import BrowserContext, Page, Request, expect

from tests_e2e.console.conftest import expect_toast, sign_in
from tests_e2e.people import Client, grant

TOKEN = "/api/v1/auth/token"


def refreshes_of(context: BrowserContext) -> list[Request]:
    """The requests for new tokens that its tabs make from now on."""
    seen: list[Request] = []
    context.on(
        "request",
        lambda request: (
            seen.append(request) if request.url.endswith(f"{TOKEN}/refresh") else None
        ),
    )
    return seen


def open_tab(page: Page) -> Page:
    """Another tab of the same browser, which shares no storage of the first."""
    tab = page.context.new_page()
    tab.goto("/")
    return tab


def main_navigation(page: Page) -> Any:
    return page.get_by_role("navigation", name="Main")


def test_a_new_tab_is_signed_in_without_a_new_token(page: Page, user: Client) -> None:
    refreshes = refreshes_of(page.context)
    sign_in(page, user)
    tab = open_tab(page)
    expect(main_navigation(tab)).to_be_visible()
    assert refreshes == []


def test_a_page_that_is_loaded_again_stays_where_it_was(
    page: Page, user: Client
) -> None:
    sign_in(page, user, "/history")
    page.reload()
    expect(page.get_by_role("heading", name="History")).to_be_visible()


def test_signing_out_ends_every_tab_and_the_session_itself(
    page: Page, user: Client
) -> None:
    sign_in(page, user)
    tab = open_tab(page)
    expect(main_navigation(tab)).to_be_visible()
    spent = tab.evaluate("sessionStorage.getItem('refresh-token')")

    page.get_by_role("button", name="Sign out").click()

    for each in (page, tab):
        expect(each.get_by_role("heading", name="Sign in")).to_be_visible()
        assert each.evaluate("JSON.stringify(sessionStorage)") == "{}"
    expect_toast(page, "You are signed out.")
    answer = user("POST", f"{TOKEN}/refresh", {"refresh": spent})
    assert answer.status_code == 401


def test_a_token_is_renewed_before_it_runs_out_whatever_one_does(
    page: Page, user: Client
) -> None:
    page.clock.install()
    sign_in(page, user)
    with page.expect_response(f"**{TOKEN}/refresh") as asked:
        page.clock.fast_forward("04:05")
    assert asked.value.status == 200


def test_two_tabs_whose_token_runs_out_together_renew_it_once(
    page: Page, user: Client
) -> None:
    page.context.clock.install()
    sign_in(page, user)
    tab = open_tab(page)
    expect(main_navigation(tab)).to_be_visible()
    refreshes = refreshes_of(page.context)

    # Each of them would renew it by itself, and both are asked to.
    page.context.clock.fast_forward("04:45")

    for each in (page, tab):
        each.get_by_role("link", name="History").click()
        expect(each.get_by_text("No points used yet")).to_be_visible()
    assert len(refreshes) == 1
    kept = [
        each.evaluate("sessionStorage.getItem('refresh-token')") for each in (page, tab)
    ]
    assert kept[0] == kept[1]


def test_a_session_that_ends_in_the_middle_of_work_loses_nothing_that_was_typed(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100, promo_code="KEPT")
    page.clock.install()
    sign_in(page, user)
    page.get_by_role("button", name="Use points of KEPT").click()
    form = page.get_by_role("dialog", name="Use points of KEPT")
    form.get_by_label("Points", exact=True).fill("40")
    user.password = "another long pass phrase"
    path = f"/api/v1/users/{user.id}/password"
    administrator("POST", path, {"new_password": user.password})
    page.clock.fast_forward("05:00")

    again = page.get_by_role("dialog", name="Sign in to go on")
    expect(again).to_be_visible()
    assert administrator("GET", promo).json()["remaining_points"] == 100
    again.get_by_label("Password").fill(user.password)
    again.get_by_role("button", name="Sign in", exact=True).click()

    expect(again).not_to_be_visible()
    form.get_by_role("button", name="Use points").click()
    expect(page.get_by_text("40 points used")).to_be_visible()
    assert administrator("GET", promo).json()["remaining_points"] == 60


def test_a_new_password_leaves_every_tab_of_this_browser_signed_in(
    page: Page, user: Client
) -> None:
    sign_in(page, user, "/profile")
    tab = open_tab(page)
    expect(main_navigation(tab)).to_be_visible()
    page.get_by_label("Current password").fill(user.password)
    page.get_by_label("New password").fill("another long pass phrase")
    page.get_by_role("button", name="Change password").click()
    expect_toast(page, "Your password is changed.")

    tab.get_by_role("link", name="Profile").click()
    expect(tab.get_by_label("Mobile number")).to_have_value("+201001234567")


def test_a_wrong_password_is_refused_in_the_systems_own_words(
    page: Page, user: Client
) -> None:
    page.goto("/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill("not the pass phrase")
    with page.expect_response(f"**{TOKEN}") as asked:
        page.get_by_role("button", name="Sign in").click()
    refusal = asked.value.json()
    assert refusal["status"] == 401
    expect(page.get_by_role("alert").last).to_contain_text(refusal["detail"])
    assert page.evaluate("JSON.stringify(sessionStorage)") == "{}"
