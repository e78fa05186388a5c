"""A promo's own page: what happened to it, and what an administrator does to it."""

from playwright.sync_api import Page, expect

from tests_e2e.console.conftest import expect_toast, sign_in
from tests_e2e.people import Client, grant


def open_promo(page: Page, administrator: Client, promo: str) -> None:
    sign_in(page, administrator, f"/promos/{promo.rpartition('/')[2]}")


def test_ledger_and_revisions_are_one_story_newest_first(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    use = user("POST", f"{promo}/use", {"points": 40, "task": "A hotel"}).json()
    reversing = {"points": 15, "reason": "Rain"}
    administrator("POST", f"/api/v1/redemptions/{use['id']}/reverse", reversing)
    administrator("PATCH", promo, {"promo_amount": 120})
    administrator("PATCH", promo, {"description": "For 7"})
    administrator("PATCH", promo, {"is_active": False})

    open_promo(page, administrator, promo)

    events = page.locator("ol.timeline > li")
    expect(events.locator(".event-title")).to_have_text(
        [
            "Deactivated",
            "Changed",
            "Points adjusted",
            "Points given back",
            "Points used",
            "Points granted",
        ]
    )
    expect(events.nth(1)).to_contain_text("For 7")
    for number, points, left in [
        (2, "+20", "95 left"),
        (3, "+15", "75 left"),
        (4, "\N{MINUS SIGN}40", "60 left"),
        (5, "+100", "100 left"),
    ]:
        expect(events.nth(number)).to_contain_text(points)
        expect(events.nth(number)).to_contain_text(left)
    expect(events.nth(4)).to_contain_text("A hotel")


def test_a_promo_is_deactivated_and_activated(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    open_promo(page, administrator, promo)
    dialog = page.get_by_role("dialog")
    for button, said, active in [
        ("Deactivate", "The promo is inactive.", False),
        ("Activate", "The promo is active.", True),
    ]:
        page.get_by_role("button", name=button, exact=True).click()
        assert administrator("GET", promo).json()["is_active"] is not active
        dialog.get_by_role("button", name=button, exact=True).click()
        expect_toast(page, said)
        expect(dialog).not_to_be_visible()
        assert administrator("GET", promo).json()["is_active"] is active


def test_a_change_meanwhile_also_stops_a_deletion(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    open_promo(page, administrator, promo)
    page.get_by_role("button", name="Delete").click()
    administrator("PATCH", promo, {"description": "Theirs"})
    dialog = page.get_by_role("dialog")

    with page.expect_response(f"**{promo}") as asked:
        dialog.get_by_role("button", name="Delete for good").click()

    assert asked.value.status == 412
    expect(dialog.get_by_role("alert")).to_contain_text(asked.value.json()["detail"])
    assert user("GET", promo).json()["remaining_points"] == 100


def test_a_deletion_after_a_change_meanwhile_is_looked_at_again_and_goes_through(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    open_promo(page, administrator, promo)
    page.get_by_role("button", name="Delete").click()
    administrator("PATCH", promo, {"promo_amount": 300})
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(dialog).to_contain_text("loses the 300 points that are left")
    assert user("GET", promo).status_code == 200

    dialog.get_by_role("button", name="Delete for good").click()

    expect_toast(page, "The promo is deleted.")
    assert user("GET", promo).status_code == 404


def test_no_more_is_given_back_than_was_used(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    user("POST", f"{promo}/use", {"points": 40})
    open_promo(page, administrator, promo)
    page.get_by_role("button", name="Reverse").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points to give back").fill("41")

    with page.expect_response("**/reverse") as asked:
        dialog.get_by_role("button", name="Give points back").click()

    refusal = asked.value.json()
    detail = next(iter(refusal.get("errors") or [refusal]))["detail"]
    expect(dialog).to_contain_text(detail)
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 60


def test_what_was_given_back_whole_is_not_offered_again(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    user("POST", f"{promo}/use", {"points": 40})
    open_promo(page, administrator, promo)
    reverse = page.get_by_role("button", name="Reverse")
    reverse.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Points to give back")).to_be_focused()
    dialog.get_by_role("button", name="Give points back").click()

    expect(page.locator("ol.timeline > li").nth(1)).to_contain_text("40 given back")
    expect(reverse).to_have_count(0)
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 100


def test_a_double_click_gives_back_once(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    user("POST", f"{promo}/use", {"points": 40})
    open_promo(page, administrator, promo)
    page.get_by_role("button", name="Reverse").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points to give back").fill("10")

    dialog.get_by_role("button", name="Give points back").dblclick()

    expect_toast(page, "10 of 40 points are given back.")
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 70
