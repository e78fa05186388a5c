"""What an administrator does to users in the console: each act asks once."""

from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests_e2e.console.conftest import expect_toast, sign_in
from tests_e2e.people import Client, grant, refused, soon

TOKEN = "/api/v1/auth/token"
PASSWORD = "another long pass phrase"


def ask(page: Page, button: str) -> Locator:
    """Press a button of the user's page, and return what it opens."""
    page.get_by_role("button", name=button, exact=True).click()
    return page.get_by_role("dialog")


def confirm(dialog: Locator, button: str) -> None:
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).not_to_be_visible()


def known(administrator: Client, user_id: str) -> dict[str, object]:
    """The user as the system has them."""
    answer = administrator("GET", f"/api/v1/users/{user_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


def sign_in_status(user: Client, password: str) -> int:
    body = {"username": user.username, "password": password}
    return Client(user.base_url)("POST", TOKEN, body).status_code


def test_a_user_is_created_and_can_sign_in(
    page: Page, administrator: Client, base_url: str
) -> None:
    name = f"nora-{uuid4().hex[:8]}"
    sign_in(page, administrator, "/users")
    page.get_by_role("link", name="Create a user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Nora Created")
    dialog.get_by_label("Username").fill(name)
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_label("Mobile number").fill("+20 (100) 123-4567")

    confirm(dialog, "Create a user")

    expect_toast(page, "Nora Created can sign in now.")
    expect(page.get_by_role("heading", name="Nora Created")).to_be_visible()
    created = Client(base_url, name, PASSWORD).log_in()
    me = created("GET", "/api/v1/users/me").json()
    assert (me["role"], me["mobile_number"]) == ("normal", "+201001234567")


def test_a_password_is_hidden_until_one_wants_to_see_it(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, f"/users/{user.id}")
    dialog = ask(page, "Set password")
    field = dialog.get_by_label("New password")
    expect(field).to_be_focused()
    page.keyboard.type(PASSWORD)
    expect(field).to_have_attribute("type", "password")
    show = dialog.get_by_role("button", name="Show what is typed")
    show.click()
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value(PASSWORD)
    show.click()
    expect(field).to_have_attribute("type", "password")


def test_a_username_that_is_taken_is_told_at_its_field_and_nobody_is_created(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, "/users?new=1")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("A Twin")
    dialog.get_by_label("Username").fill(user.username)
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_label("Mobile number").fill("+201001234567")

    dialog.get_by_role("button", name="Create a user").click()

    field = dialog.get_by_label("Username")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    found = administrator("GET", f"/api/v1/users?search={user.username}").json()
    assert [each["name"] for each in found["results"]] == ["Nora Normal"]


def test_a_user_is_found_while_one_types(
    page: Page, administrator: Client, user: Client, stranger: Client
) -> None:
    sign_in(page, administrator, "/users")
    search = page.get_by_role("searchbox", name="Search by name or username")
    search.press_sequentially(user.username)
    expect(page.get_by_text(f"@{user.username}")).to_be_visible()
    expect(page.get_by_text(f"@{stranger.username}")).not_to_be_visible()
    page.get_by_role("link", name="Nora Normal").click()
    expect(page.get_by_role("button", name="Make administrator")).to_be_visible()


def test_making_an_administrator_says_that_promos_are_lost_and_makes_it_so(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    user_id = user.id
    sign_in(page, administrator, f"/users/{user_id}")
    dialog = ask(page, "Make administrator")
    expect(dialog).to_contain_text("All their promos are voided")
    assert known(administrator, user_id)["role"] == "normal"

    confirm(dialog, "Make administrator")

    expect_toast(page, "Nora Normal is an administrator now.")
    expect(page.get_by_text("Administrators hold no promos")).to_be_visible()
    assert known(administrator, user_id)["role"] == "administrator"
    soon(lambda: administrator("GET", promo), 404)


def test_an_administrator_becomes_a_normal_user_with_a_mobile_number(
    page: Page, administrator: Client, user: Client
) -> None:
    user_id = user.id
    administrator("PATCH", f"/api/v1/users/{user_id}", {"role": "administrator"})
    sign_in(page, administrator, f"/users/{user_id}")
    dialog = ask(page, "Make normal user")
    dialog.get_by_role("button", name="Make normal user").click()
    field = dialog.get_by_label("Mobile number")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert known(administrator, user_id)["role"] == "administrator"

    field.fill("+201009876543")
    confirm(dialog, "Make normal user")

    now = known(administrator, user_id)
    assert (now["role"], now["mobile_number"]) == ("normal", "+201009876543")


def test_somebody_is_suspended_and_let_in_again(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, f"/users/{user.id}")

    confirm(ask(page, "Suspend"), "Suspend")

    expect_toast(page, "Nora Normal is suspended.")
    assert sign_in_status(user, user.password) == 401

    confirm(ask(page, "Let in again"), "Let in again")

    expect_toast(page, "Nora Normal can sign in again.")
    assert sign_in_status(user, user.password) == 200


def test_a_password_is_set_for_somebody(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, f"/users/{user.id}")
    dialog = ask(page, "Set password")
    dialog.get_by_label("New password").fill("short")
    dialog.get_by_role("button", name="Set password").click()
    field = dialog.get_by_label("New password")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert sign_in_status(user, user.password) == 200

    field.fill(PASSWORD)
    confirm(dialog, "Set password")

    expect_toast(page, "Nora Normal has a new password.")
    assert sign_in_status(user, user.password) == 401
    assert sign_in_status(user, PASSWORD) == 200


def test_somebody_is_deleted_for_good(
    page: Page, administrator: Client, user: Client
) -> None:
    user_id = user.id
    sign_in(page, administrator, f"/users/{user_id}")
    dialog = ask(page, "Delete")
    expect(dialog).to_contain_text(f"The name {user.username} stays taken.")

    confirm(dialog, "Delete for good")

    expect_toast(page, "Nora Normal is deleted.")
    expect(page.get_by_role("heading", name="Users")).to_be_visible()
    refused(administrator("GET", f"/api/v1/users/{user_id}"), 404, "not_found")
    assert sign_in_status(user, user.password) == 401


def test_a_question_that_is_not_confirmed_changes_nothing(
    page: Page, administrator: Client, user: Client
) -> None:
    before = known(administrator, user.id)
    sign_in(page, administrator, f"/users/{user.id}")
    for button in ("Make administrator", "Suspend", "Set password", "Delete", "Modify"):
        confirm(ask(page, button), "Cancel")
    assert known(administrator, user.id) == before
    assert sign_in_status(user, user.password) == 200


def test_a_user_is_modified(page: Page, administrator: Client, user: Client) -> None:
    sign_in(page, administrator, f"/users/{user.id}")
    dialog = ask(page, "Modify")
    dialog.get_by_label("Name").fill("Nora Elsewhere")
    dialog.get_by_label("Address").fill("1 Corniche\nAlexandria")
    confirm(dialog, "Save changes")
    expect(page.get_by_role("heading", name="Nora Elsewhere")).to_be_visible()
    now = known(administrator, user.id)
    assert (now["name"], now["address"]) == ("Nora Elsewhere", "1 Corniche\nAlexandria")
