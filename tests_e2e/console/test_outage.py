"""When the API is away, or an answer gets lost, the page says so and goes on."""

from playwright.sync_api import Page, Route, expect

from local.stack import Stack
from tests_e2e.console.conftest import expect_toast, sign_in
from tests_e2e.people import Client, grant

AWAY = "The system can't be reached just now."


def test_a_page_that_waits_for_the_api_recovers_by_itself(
    page: Page, administrator: Client, user: Client, stack: Stack
) -> None:
    grant(administrator, user, 100, promo_code="BACK")
    sign_in(page, user, "/profile")
    expect(page.get_by_label("Mobile number")).to_be_visible()
    stack.stop_program("promo_service")
    try:
        page.get_by_role("link", name="My promos").click()
        expect(page.get_by_role("alert").filter(has_text=AWAY)).to_be_visible()
        assert page.get_by_role("heading", name="BACK").count() == 0
    finally:
        stack.start_program("promo_service")
    expect(page.get_by_role("heading", name="BACK")).to_be_visible()
    expect_toast(page, "The system is back.")
    expect(page.get_by_role("alert").filter(has_text=AWAY)).not_to_be_visible()


def test_a_use_whose_answer_is_lost_is_asked_for_again_and_happens_once(
    page: Page, administrator: Client, user: Client
) -> None:
    promo = grant(administrator, user, 100, promo_code="LOST")
    sign_in(page, user)
    lost: list[int] = []

    def lose_the_first_answer(route: Route) -> None:
        if 201 in lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/use", lose_the_first_answer)
    page.get_by_role("button", name="Use points of LOST").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points", exact=True).fill("40")
    dialog.get_by_role("button", name="Use points").click()

    expect(dialog).to_contain_text("40 points used")
    expect(dialog).to_contain_text("nothing was taken twice")
    assert lost.count(201) == 1
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 60


def test_what_is_not_safe_to_repeat_is_not_repeated_and_keeps_what_was_typed(
    page: Page, user: Client
) -> None:
    sign_in(page, user, "/profile")
    page.get_by_label("Name").fill("Mona Elsewhere")
    sent: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.method != "PATCH":
            route.continue_()
            return
        sent.append(route.request.method)
        route.abort()

    page.route("**/api/v1/users/me", refuse)
    page.get_by_role("button", name="Save changes").click()

    expect(page.locator("form").get_by_text(AWAY)).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Mona Elsewhere")
    assert sent == ["PATCH"]
    assert user("GET", "/api/v1/users/me").json()["name"] != "Mona Elsewhere"


def test_a_style_that_does_not_arrive_is_asked_for_again_under_what_one_types(
    page: Page, user: Client
) -> None:
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.abort("connectionreset")

    page.route("**/styles/parts.css", lose_once)
    page.goto("/")
    page.get_by_label("Username").fill(user.username)
    button = page.get_by_role("button", name="Sign in")
    expect(button).to_have_css("border-top-left-radius", "7px")
    expect(page.get_by_label("Username")).to_have_value(user.username)
    assert len(lost) == 1


def test_a_module_that_does_not_arrive_is_asked_for_again(page: Page) -> None:
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.abort("connectionreset")

    page.route("**/console/main.js", lose_once)
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.goto("/")
    expect(page.get_by_text("It tries again by itself.")).to_be_visible()
    page.clock.run_for(2000)
    page.clock.resume()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("It tries again by itself.")).not_to_be_visible()
    assert len(lost) == 1
