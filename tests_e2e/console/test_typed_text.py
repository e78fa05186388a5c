"""Text that somebody types as an attack is text wherever it comes back."""

from playwright.sync_api import Page, expect

from tests_e2e.console.conftest import expect_toast, sign_in
from tests_e2e.people import Client, grant

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def expect_nothing_made_of_it(page: Page) -> None:
    assert page.locator("img[src='x']").count() == 0
    assert page.locator("script:not([src])").count() == 0


def test_what_users_type_about_themselves_and_their_uses(
    page: Page, administrator: Client, user: Client
) -> None:
    grant(administrator, user, 100, promo_code="TYPED")
    sign_in(page, user, "/profile")
    page.get_by_label("Name").fill(ATTACK)
    page.get_by_label("Address").fill(ATTACK)
    page.get_by_role("button", name="Save changes").click()
    expect_toast(page, "Your profile is saved.")
    page.get_by_role("link", name="My promos").click()
    page.get_by_role("button", name="Use points of TYPED").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points", exact=True).fill("5")
    dialog.get_by_label("What for").fill(ATTACK)
    dialog.get_by_role("button", name="Use points").click()
    expect(dialog).to_contain_text(f"For “{ATTACK}”")
    expect_nothing_made_of_it(page)
    [use] = user("GET", "/api/v1/redemptions/me").json()["results"]
    assert use["task"] == ATTACK


def test_what_administrators_type_and_read_of_others(
    page: Page, administrator: Client, user: Client
) -> None:
    user("PATCH", "/api/v1/users/me", {"name": ATTACK})
    sign_in(page, administrator, f"/users/{user.id}")
    page.get_by_role("button", name="Grant a promo").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(ATTACK)
    dialog.get_by_label("Code").fill("<B>TYPED</B>")
    dialog.get_by_label("Type").fill("gift")
    dialog.get_by_label("Points").fill("10")
    dialog.get_by_label("Description").fill(ATTACK)
    dialog.get_by_role("button", name="Grant", exact=True).click()
    expect_toast(page, f"{ATTACK} has 10 points more.")
    page.get_by_role("link", name="<B>TYPED</B>").click()
    expect(page.get_by_role("heading", name="<B>TYPED</B>")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(dialog).to_contain_text(f"{ATTACK} loses the 10 points that are left")
    expect_nothing_made_of_it(page)
    assert page.locator("b").count() == 0


def test_what_is_typed_to_search(page: Page, administrator: Client) -> None:
    typed = f"{ATTACK} of nobody"
    sign_in(page, administrator, "/users")
    page.get_by_role("searchbox").fill(typed)
    expect(page.get_by_text("No user fits these filters")).to_be_visible()
    page.goto("/#/promos")
    page.get_by_role("combobox", name="Search promos").fill(typed)
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    expect_nothing_made_of_it(page)
