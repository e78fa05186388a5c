"""What an administrator does in the console."""

from uuid import uuid4

from playwright.sync_api import Page, expect

from tests_e2e.console.conftest import expect_toast, sign_in
from tests_e2e.people import Client, grant, register


def test_a_promo_is_granted_to_somebody_found_by_typing(
    page: Page, administrator: Client, user: Client
) -> None:
    code = f"GIFT-{uuid4().hex[:8]}".upper()
    sign_in(page, administrator, "/promos")
    page.get_by_role("link", name="Grant a promo").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User").press_sequentially(user.username)
    page.get_by_role("option", name=f"@{user.username}").click()
    dialog.get_by_label("Code").fill(code)
    dialog.get_by_label("Type").fill("Gift")
    dialog.get_by_label("Points").fill("250")

    dialog.get_by_role("button", name="Grant", exact=True).click()

    expect_toast(page, "has 250 points more")
    [promo] = user("GET", "/api/v1/promos/me").json()["results"]
    assert (promo["promo_code"], promo["promo_amount"]) == (code, 250)
    assert promo["promo_type"] == "gift"


def test_what_is_chosen_in_haste_is_what_was_typed(
    page: Page, administrator: Client, base_url: str
) -> None:
    """Suggestions for what was typed first are there, those for the rest not yet."""
    stem = f"nora.{uuid4().hex[:8]}"
    for ending in ("", ".two"):
        register(base_url, username=stem + ending, name=f"Nora {stem + ending}")
    sign_in(page, administrator, "/promos?new=1")
    field = page.get_by_role("dialog").get_by_label("User")
    field.press_sequentially(stem)
    expect(page.get_by_role("option")).to_have_count(2)

    field.press_sequentially(".two")
    field.press("Enter")

    expect(field).to_have_value(f"Nora {stem}.two (@{stem}.two)")


def test_a_fault_is_told_at_its_field(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, "/promos")
    page.get_by_role("link", name="Grant a promo").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User").fill(user.username)
    dialog.get_by_label("Code").fill("X")
    dialog.get_by_label("Type").fill("Not A Slug")
    dialog.get_by_label("Points").fill("5")

    dialog.get_by_role("button", name="Grant", exact=True).click()

    field = dialog.get_by_label("Type")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(dialog).to_contain_text("Give lower-case letters and digits")
    assert user("GET", "/api/v1/promos/me").json()["results"] == []


def test_somebody_elses_change_meanwhile_is_shown_and_not_overwritten(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    sign_in(page, administrator, f"/promos/{promo.rpartition('/')[2]}")
    page.get_by_role("button", name="Modify").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points").fill("150")
    theirs = {"description": "Theirs", "promo_amount": 120}
    administrator("PATCH", promo, theirs)

    dialog.get_by_role("button", name="Save changes").click()

    notice = dialog.get_by_role("alert")
    expect(notice).to_contain_text("Somebody else changed")
    expect(notice).to_contain_text("Points: 100 → 120 (you typed 150)")
    expect(notice).to_contain_text("Description: — → Theirs")
    dialog.get_by_role("button", name="Take their change over").click()
    dialog.get_by_role("button", name="Save changes").click()
    expect(dialog).not_to_be_visible()
    now = administrator("GET", promo).json()
    assert (now["promo_amount"], now["description"]) == (150, "Theirs")


def test_deleting_says_what_it_does_and_asks_once(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    sign_in(page, administrator, f"/promos/{promo.rpartition('/')[2]}")
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("loses the 100 points that are left")

    dialog.get_by_role("button", name="Delete for good").click()

    expect_toast(page, "The promo is deleted.")
    assert user("GET", promo).status_code == 404


def test_a_part_of_a_redemption_is_reversed(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    user("POST", f"{promo}/use", {"points": 40, "task": "A hotel"})
    sign_in(page, administrator, f"/promos/{promo.rpartition('/')[2]}")
    page.get_by_role("button", name="Reverse").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points to give back").fill("15")
    dialog.get_by_label("Reason").fill("Rain")

    dialog.get_by_role("button", name="Give points back").click()

    expect_toast(page, "15 of 40 points are given back.")
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 75


def test_what_was_issued_and_used_is_on_the_first_page(
    page: Page, administrator: Client, user: Client
) -> None:
    grant(administrator, user, 10, promo_type="seen-on-page")
    sign_in(page, administrator)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("seen-on-page").first).to_be_visible()
