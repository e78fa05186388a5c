"""A user's own account in the console: registering, history, profile, password."""

from playwright.sync_api import Page, expect

from tests_e2e.console.conftest import expect_toast, sign_in
from tests_e2e.people import Client, grant


def test_a_username_that_is_taken_is_told_at_its_field(
    page: Page, user: Client
) -> None:
    page.goto("/#/register")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Name", exact=True).fill("A Twin")
    page.get_by_label("Mobile number").fill("+201001234567")
    page.get_by_label("Password").fill("a long pass phrase")
    page.get_by_role("button", name="Create account").click()
    field = page.get_by_label("Username")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert user("GET", "/api/v1/users/me").json()["name"] == "Nora Normal"
    assert page.evaluate("JSON.stringify(sessionStorage)") == "{}"


def test_the_history_has_what_was_used_for_what_and_what_came_back(
    page: Page, administrator: Client, user: Client
) -> None:
    for points in (10, 20):
        grant(administrator, user, points, promo_code=f"OF-{points}")
    body = {"points": 25, "task": "A weekend"}
    use = user("POST", "/api/v1/promos/me/use", body).json()
    administrator("POST", f"/api/v1/redemptions/{use['id']}/reverse", {"points": 5})
    sign_in(page, user)
    page.get_by_role("link", name="History").click()
    row = page.locator(".row").filter(has_text="A weekend")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("\N{MINUS SIGN}25")
    expect(row).to_contain_text("5 given back")
    row.get_by_text("From 2 promos").click()
    expect(row.get_by_role("link", name="OF-10")).to_be_visible()
    expect(row.get_by_role("link", name="OF-20")).to_be_visible()
    assert page.get_by_role("button", name="Reverse").count() == 0


def test_the_profile_is_changed_and_a_fault_is_told_at_its_field(
    page: Page, user: Client
) -> None:
    sign_in(page, user, "/profile")
    before = user("GET", "/api/v1/users/me").json()
    number = page.get_by_label("Mobile number")
    number.fill("12")
    page.get_by_role("button", name="Save changes").click()
    expect(number).to_have_attribute("aria-invalid", "true")
    assert user("GET", "/api/v1/users/me").json() == before

    number.fill("+201009876543")
    page.get_by_label("Name").fill("Nora Elsewhere")
    page.get_by_role("button", name="Save changes").click()

    expect_toast(page, "Your profile is saved.")
    now = user("GET", "/api/v1/users/me").json()
    assert (now["name"], now["mobile_number"]) == ("Nora Elsewhere", "+201009876543")


def test_a_wrong_current_password_changes_nothing(page: Page, user: Client) -> None:
    sign_in(page, user, "/profile")
    page.get_by_label("Current password").fill("not the pass phrase")
    page.get_by_label("New password").fill("another long pass phrase")
    page.get_by_role("button", name="Change password").click()
    field = page.get_by_label("Current password")
    expect(field).to_have_attribute("aria-invalid", "true")
    user.log_in()


def test_a_place_for_administrators_is_none_for_users(
    page: Page, user: Client, stranger: Client
) -> None:
    sign_in(page, user)
    for place in ("/users", f"/users/{stranger.id}", "/bulk", "/promos"):
        page.goto(f"/#{place}")
        expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
        assert page.get_by_text(stranger.username).count() == 0
