"""What a form sent and got no answer to: closed and opened again, it happens once."""

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests_e2e.console.conftest import expect_toast, open_browser, sign_in
from tests_e2e.people import Client, grant

MAYBE = "It may have gone through all the same"
AGAIN = "Your last attempt got no answer"


class LosingAnswers:
    """Lets a request take effect and loses its answer, until it is told to stop."""

    def __init__(self, page: Page, pattern: str) -> None:
        self.statuses: list[int] = []
        self.active = True
        self.keys: set[str] = set()
        page.route(pattern, self.lose)

    def lose(self, route: Route) -> None:
        if route.request.method == "POST":
            self.keys.add(route.request.headers["idempotency-key"])
        if not self.active or route.request.method != "POST":
            route.continue_()
            return
        if 201 not in self.statuses:
            self.statuses.append(route.fetch().status)
        route.abort()


def give_up(page: Page, said: Locator) -> None:
    """Let the time of its attempts pass."""
    for _ in range(60):
        page.clock.run_for(3000)
        if said.count():
            break
    expect(said).to_be_visible()


def test_points_are_used_once_though_the_form_is_closed_after_lost_answers(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100, promo_code="LOST")
    sign_in(page, user)
    losing = LosingAnswers(page, "**/use")
    page.clock.install()
    page.get_by_role("button", name="Use points of LOST").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points", exact=True).fill("40")
    dialog.get_by_label("What for").fill("a cup")
    dialog.get_by_role("button", name="Use points").click()
    give_up(page, dialog.get_by_text(MAYBE))
    dialog.get_by_role("button", name="Cancel").click()

    losing.active = False
    page.get_by_role("button", name="Use points of LOST").click()
    expect(dialog.get_by_text(AGAIN)).to_be_visible()
    expect(dialog.get_by_label("Points", exact=True)).to_have_value("40")
    expect(dialog.get_by_label("What for")).to_have_value("a cup")
    dialog.get_by_role("button", name="Use points").click()

    expect(dialog).to_contain_text("nothing was taken twice")
    assert len(losing.keys) == 1
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 60
    dialog.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Use points of LOST").click()
    expect(dialog.get_by_label("Points", exact=True)).to_have_value("")
    dialog.get_by_label("Points", exact=True).fill("1")
    dialog.get_by_role("button", name="Use points").click()
    expect(dialog).to_contain_text("1 point used")
    assert len(losing.keys) == 2


def test_points_go_back_once_though_the_form_is_closed_after_lost_answers(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100)
    used = user("POST", f"{promo}/use", {"points": 40}).json()
    sign_in(page, administrator, f"/promos/{promo.rpartition('/')[2]}")
    losing = LosingAnswers(page, "**/reverse")
    page.clock.install()
    page.get_by_role("button", name="Reverse…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points to give back").fill("10")
    dialog.get_by_role("button", name="Give points back").click()
    give_up(page, dialog.get_by_text(MAYBE))
    dialog.get_by_role("button", name="Cancel").click()

    losing.active = False
    page.get_by_role("button", name="Reverse…").click()
    expect(dialog.get_by_label("Points to give back")).to_have_value("10")
    dialog.get_by_role("button", name="Give points back").click()

    expect_toast(page, "10 of 40 points are given back.")
    assert len(losing.keys) == 1
    path = f"/api/v1/redemptions/{used['id']}"
    assert user("GET", path).json()["reversed_points"] == 10


def test_a_promo_is_granted_once_though_the_form_is_closed_after_lost_answers(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, f"/users/{user.id}")
    losing = LosingAnswers(page, "**/api/v1/promos")
    page.clock.install()
    page.get_by_role("button", name="Grant a promo").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code").fill("ONCE")
    dialog.get_by_label("Type").fill("gift")
    dialog.get_by_label("Points").fill("7")
    dialog.get_by_role("button", name="Grant", exact=True).click()
    give_up(page, dialog.get_by_text(MAYBE))
    dialog.get_by_role("button", name="Cancel").click()

    losing.active = False
    page.get_by_role("button", name="Grant a promo").first.click()
    expect(dialog.get_by_label("Code")).to_have_value("ONCE")
    dialog.get_by_role("button", name="Grant", exact=True).click()

    expect_toast(page, "7 points more.")
    assert len(losing.keys) == 1


def test_a_read_that_is_refused_for_a_minute_ends_with_a_sentence_and_can_be_repeated(
    page: Page, administrator: Client, user: Client
) -> None:
    grant(administrator, user, 100, promo_code="BACK")
    sign_in(page, user, "/profile")
    expect(page.get_by_label("Mobile number")).to_be_visible()
    problem = {"status": 503, "code": "unavailable", "detail": "It is busy."}
    page.route(
        "**/api/v1/promos/me*", lambda route: route.fulfill(status=503, json=problem)
    )
    page.clock.install()
    page.get_by_role("link", name="My promos").click()

    again = page.get_by_role("button", name="Try again")
    give_up(page, page.get_by_text("It is busy."))

    expect(again).to_have_count(1)
    assert page.evaluate("window.toasts") == []
    page.unroute("**/api/v1/promos/me*")
    again.click()
    expect(page.get_by_role("heading", name="BACK")).to_be_visible()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2027-03-28T02:30", "There is no such time in Europe/Berlin"),
        ("2027-10-31T02:30", "There is this time twice in Europe/Berlin"),
        ("0026-01-01T10:00", "give all of its four digits"),
    ],
)
def test_a_time_that_a_form_would_have_to_guess_is_not_sent(
    chromium: Browser,
    base_url: str,
    administrator: Client,
    user: Client,
    typed: str,
    said: str,
) -> None:
    context = open_browser(chromium, base_url, timezone_id="Europe/Berlin")
    page = context.new_page()
    sign_in(page, administrator, f"/users/{user.id}")
    page.get_by_role("button", name="Grant a promo").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code").fill("GUESS")
    dialog.get_by_label("Type").fill("gift")
    dialog.get_by_label("Points").fill("7")
    dialog.get_by_label("Ends").fill(typed)
    dialog.get_by_role("button", name="Grant", exact=True).click()
    expect(dialog.get_by_text(said)).to_be_visible()
    context.close()
    assert user("GET", "/api/v1/promos/me").json()["results"] == []


def test_a_promo_that_is_over_is_granted_where_one_says_that_it_is_meant(
    page: Page, administrator: Client, user: Client
) -> None:
    sign_in(page, administrator, f"/users/{user.id}")
    page.get_by_role("button", name="Grant a promo").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code").fill("OVER")
    dialog.get_by_label("Type").fill("gift")
    dialog.get_by_label("Points").fill("7")
    dialog.get_by_label("Starts").fill("2001-01-01T00:00")
    dialog.get_by_label("Ends").fill("2001-02-01T00:00")
    dialog.get_by_role("button", name="Grant", exact=True).click()
    expect(dialog.get_by_text("This is over already")).to_be_visible()
    dialog.get_by_label("Grant it even though it is over already").check()
    dialog.get_by_role("button", name="Grant", exact=True).click()
    expect_toast(page, "7 points more.")


def test_the_dialog_says_how_much_can_go_back_where_a_promo_was_deleted(
    page: Page, administrator: Client, user: Client
) -> None:
    first = grant(administrator, user, 10, end_time="2090-01-01T00:00:00Z")
    second = grant(administrator, user, 100)
    user("POST", "/api/v1/promos/me/use", {"points": 25})
    sign_in(page, administrator, f"/promos/{first.rpartition('/')[2]}")
    page.get_by_role("button", name="Reverse…").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Points to give back")).to_have_value("25")
    assert administrator("DELETE", second).status_code == 204

    dialog.get_by_role("button", name="Give points back").click()
    expect(
        dialog.get_by_text("10 points can still go back to the others")
    ).to_be_visible()
    dialog.get_by_role("button", name="Give back 10").click()
    expect(dialog.get_by_label("Points to give back")).to_have_value("10")
    dialog.get_by_role("button", name="Give points back").click()

    expect_toast(page, "10 of 25 points are given back.")
    assert user("GET", f"{first}/points").json()["remaining_points"] == 10


def test_sums_that_a_number_would_round_are_shown_to_the_last_digit(
    page: Page, administrator: Client
) -> None:
    def enlarge(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        objects = (
            body["days"][-1:] if "days" in body else [body["total"], *body["by_type"]]
        )
        for figures in objects:
            figures["issued"] = 2**53 + 1
            figures["exact"] = {"issued": str(2**53 + 1)}
        route.fulfill(response=answer, json=body)

    page.route("**/api/v1/promos/summary*", enlarge)
    page.route("**/api/v1/promos/timeline*", enlarge)
    sign_in(page, administrator, "/")
    row = page.get_by_role("row").filter(has_text="All")
    expect(row).to_contain_text("9,007,199,254,740,993")
    chart = page.get_by_role("figure", name="Points issued")
    expect(chart).to_contain_text(",993 in all")
