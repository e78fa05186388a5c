"""Single promos and users, and every dialog: accessible as the lists, and harmless."""

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests_e2e.console.conftest import open_browser, sign_in
from tests_e2e.console.test_pages import DESK, PHONE, arrive, check, register_as
from tests_e2e.people import Client, grant

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_single_thing_and_its_dialogs_are_accessible_and_fit(
    chromium: Browser, base_url: str, administrator: Client, theme, device
) -> None:
    user = register_as(base_url, "Omar Farouk")
    promo = grant(administrator, user, 500, promo_code="LOYALTY-7", description="For 7")
    user("POST", f"{promo}/use", {"points": 120, "task": "Free delivery"})
    administrator("PATCH", promo, {"promo_amount": 600})
    context = open_browser(
        chromium, base_url, color_scheme=theme, bypass_csp=True, **device
    )
    page = context.new_page()
    dialog = page.get_by_role("dialog")
    suffix = "" if device is DESK else "-phone"
    arrive(page, "/register", "Create an account")
    check(page, f"register{suffix}", theme)
    sign_in(page, administrator, f"/promos/{promo.rpartition('/')[2]}")
    expect(page.get_by_text("Points adjusted")).to_be_visible()
    check(page, f"promo{suffix}", theme)
    for button in ("Modify", "Deactivate", "Delete", "Use points", "Reverse…"):
        page.get_by_role("button", name=button).first.click()
        expect(dialog).to_be_visible()
        picture = f"promo-reverse{suffix}" if button == "Reverse…" else ""
        check(page, picture, theme)
        page.keyboard.press("Escape")
        expect(dialog).not_to_be_visible()
    arrive(page, f"/users/{user.id}", "Omar Farouk")
    expect(page.get_by_role("link", name="LOYALTY-7")).to_be_visible()
    check(page, f"user{suffix}", theme)
    for button in ("Make administrator", "Suspend", "Set password", "Delete", "Modify"):
        page.get_by_role("button", name=button).click()
        expect(dialog).to_be_visible()
        picture = f"user-role{suffix}" if button == "Make administrator" else ""
        check(page, picture, theme)
        page.keyboard.press("Escape")
        expect(dialog).not_to_be_visible()
    page.goto("/#/promos?new=1")
    expect(dialog).to_be_visible()
    check(page, f"grant{suffix}", theme)
    context.close()


def test_an_escaped_dialog_gives_the_focus_back(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    sign_in(page, administrator, f"/promos/{promo.rpartition('/')[2]}")
    button = page.get_by_role("button", name="Delete")
    button.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    expect(button).to_be_focused()
    assert user("GET", promo).status_code == 200


def test_going_to_another_page_moves_the_focus_to_its_heading(
    page: Page, administrator: Client
) -> None:
    sign_in(page, administrator)
    page.get_by_role("link", name="Users").first.click()
    expect(page.get_by_role("heading", name="Users")).to_be_focused()
    expect(page).to_have_title("Users · Promo System")


def test_filters_are_in_the_address_and_come_back_with_it(
    page: Page, administrator: Client, user: Client
) -> None:
    code = f"TREAT-{uuid4().hex[:8]}".upper()
    grant(administrator, user, 100, promo_code=code)
    grant(administrator, user, 100)
    sign_in(page, administrator, "/promos")
    page.get_by_role("combobox", name="Search promos").press_sequentially(code)
    page.get_by_role("option", name=f"All with the code {code}").click()
    chip = page.get_by_role("link", name="Remove the filter Code")
    expect(chip).to_contain_text(code)
    expect(page.locator("tbody tr")).to_have_count(1)

    page.reload()

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("link", name=code, exact=True)).to_be_visible()


def test_a_list_goes_on_as_one_gets_to_its_end(
    page: Page, administrator: Client, user: Client
) -> None:
    kind = f"many-{uuid4().hex[:8]}"
    row = {"username": user.username, "promo_type": kind, "promo_amount": 5}
    rows = [{**row, "promo_code": f"MANY-{number}"} for number in range(120)]
    assert administrator("POST", "/api/v1/promos/bulk", {"promos": rows}).ok
    sign_in(page, administrator, f"/promos?promo_type={kind}")
    shown = page.locator("tbody tr")
    for there_are in (50, 100, 120):
        expect(shown).to_have_count(there_are)
        shown.last.scroll_into_view_if_needed()


@pytest.mark.parametrize("role", ["administrator", "user"])
def test_no_page_moves_what_is_shown_while_it_loads(
    page: Page, administrator: Client, user: Client, role: str
) -> None:
    promo = grant(administrator, user, 100).rpartition("/")[2]
    user("POST", "/api/v1/promos/me/use", {"points": 5})
    page.add_init_script(
        """window.shifted = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries())
                if (!entry.hadRecentInput) window.shifted += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    places = {
        "administrator": ["/promos", "/users", f"/users/{user.id}", "/bulk", "/"],
        "user": ["/history", "/profile", "/"],
    }
    sign_in(page, {"administrator": administrator, "user": user}[role])
    for place in [f"/promos/{promo}", *places[role]]:
        page.goto(f"/#{place}")
        page.wait_for_load_state("networkidle")
        page.reload()
        page.wait_for_load_state("networkidle")
        expect(page.locator(".skeleton")).to_have_count(0)
        # What web vitals call good is 0.1.
        assert page.evaluate("window.shifted") < 0.1, place


def test_text_in_every_field_of_users_and_promos_is_text(
    page: Page, administrator: Client, user: Client
) -> None:
    code = "<B>CODE</B>"
    promo = grant(administrator, user, 100, promo_code=code, description=ATTACK)
    user("PATCH", "/api/v1/users/me", {"name": ATTACK, "address": ATTACK})
    use = user("POST", f"{promo}/use", {"points": 40, "task": ATTACK}).json()
    reversing = {"points": 5, "reason": ATTACK}
    administrator("POST", f"/api/v1/redemptions/{use['id']}/reverse", reversing)
    administrator("PATCH", promo, {"description": ATTACK + "2"})
    number = promo.rpartition("/")[2]
    sign_in(page, administrator, f"/promos/{number}")
    for place in (
        f"/promos/{number}",
        f"/promos/{number}?tab=redemptions",
        f"/users/{user.id}",
        f"/users/{user.id}?tab=redemptions",
        f"/promos?username={user.username}",
        f"/users?search={user.username}",
    ):
        page.goto(f"/#{place}")
        expect(page.get_by_text(ATTACK).first).to_be_visible()
    page.goto("/#/promos")
    page.get_by_role("combobox", name="Search promos").fill(user.username)
    expect(page.get_by_role("option").first).to_be_visible()
    page.goto(f"/#/promos?promo_code={ATTACK}&username={ATTACK}&promo_type={ATTACK}")
    expect(page.get_by_text(ATTACK).first).to_be_visible()
    assert page.locator("img[src='x'], b").count() == 0
