"""What a user does in the console."""

from uuid import uuid4

from playwright.sync_api import Page, expect

from tests_e2e.console.conftest import sign_in
from tests_e2e.people import Client, grant


def test_points_are_used_and_the_page_says_plainly_what_happened(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 1000, promo_code="COFFEE")
    sign_in(page, user)
    expect(page.get_by_label("What you can use")).to_contain_text("1,000")

    page.get_by_role("button", name="Use points of COFFEE").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points", exact=True).fill("30")
    dialog.get_by_label("What for").fill("A coffee")
    dialog.get_by_role("button", name="Use points").click()

    expect(dialog).to_contain_text("30 points used")
    expect(dialog).to_contain_text("970 points left")
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 970


def test_a_double_click_takes_points_once(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100, promo_code="ONCE")
    sign_in(page, user)
    page.get_by_role("button", name="Use points of ONCE").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points", exact=True).fill("40")

    dialog.get_by_role("button", name="Use points").dblclick()

    expect(dialog).to_contain_text("40 points used")
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 60


def test_more_than_is_left_is_refused_in_the_systems_own_words(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100, promo_code="FEW")
    sign_in(page, user)
    page.get_by_role("button", name="Use points of FEW").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points", exact=True).fill("101")

    dialog.get_by_role("button", name="Use points").click()

    expect(dialog).to_contain_text("The promo has 100 points left; 101 were asked for.")
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 100


def test_points_of_all_promos_are_used_at_once(
    page: Page, administrator: Client, user: Client
) -> None:
    grant(administrator, user, 10)
    grant(administrator, user, 20)
    sign_in(page, user)

    page.get_by_role("button", name="Use from all promos").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points", exact=True).fill("25")
    dialog.get_by_role("button", name="Use points").click()

    expect(dialog).to_contain_text("They came from 2 promos.")


def test_somebody_registers_and_is_in(page: Page) -> None:
    page.goto("/#/register")
    name = f"nora-{uuid4().hex[:8]}"
    page.get_by_label("Username").fill(name)
    page.get_by_label("Name", exact=True).fill("Nora Normal")
    page.get_by_label("Mobile number").fill("+201001234567")
    page.get_by_label("Password").fill("a long pass phrase")
    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_text("No promos here")).to_be_visible()


def test_text_is_text_whatever_it_says(
    page: Page, administrator: Client, user: Client
) -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    grant(administrator, user, 10, promo_code="<B>BOLD</B>", description=attack)
    user("PATCH", "/api/v1/users/me", {"name": attack, "address": attack})
    user("POST", "/api/v1/promos/me/use", {"points": 1, "task": attack})

    sign_in(page, user)
    expect(page.get_by_text(attack).first).to_be_visible()
    expect(page.get_by_text("<B>BOLD</B>")).to_be_visible()
    page.goto("/#/history")
    expect(page.get_by_text(attack).first).to_be_visible()
    assert page.locator("img[src='x']").count() == 0


def test_a_session_that_ended_elsewhere_goes_on_after_signing_in_again(
    page: Page, administrator: Client, user: Client
) -> None:
    grant(administrator, user, 10)
    sign_in(page, user)
    path = f"/api/v1/users/{user.id}/password"
    user.password = "another long pass phrase"
    administrator("POST", path, {"new_password": user.password})

    page.goto("/#/profile")

    dialog = page.get_by_role("dialog", name="Sign in to go on")
    dialog.get_by_label("Password").fill(user.password)
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog).not_to_be_visible()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
