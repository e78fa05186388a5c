"""Tokens that the services themselves refuse, since they ran out in the middle of work.

What the page gets when it renews its token is one of the same claims, signed with the
system's own key, whose five minutes are over: the page takes it for a good one.
"""

from datetime import timedelta

import jwt
from playwright.sync_api import Page, Response, Route, expect

from local.stack import Stack
from tests_e2e.attack.forging import claims_of, read_signing_key, signed_with_key
from tests_e2e.console.conftest import expect_toast, sign_in
from tests_e2e.console.test_bulk import (
    GRANTING,
    count_of_promos,
    csv_of,
    drop,
    first_code_of,
    start,
)
from tests_e2e.people import Client, grant

REFRESH = "/api/v1/auth/token/refresh"
_AGO = timedelta(minutes=10)


def run_out(token: str, stack: Stack) -> str:
    """The same token, as it would be had it been issued ten minutes earlier."""
    claims = claims_of(token)
    times = {name: claims[name] - int(_AGO.total_seconds()) for name in ("iat", "exp")}
    header = jwt.get_unverified_header(token)
    return signed_with_key(header, claims | times, read_signing_key(stack))


def renew_with_one_that_ran_out(page: Page, stack: Stack) -> None:
    """Let four minutes pass on the page, and give it such a token."""

    def age(route: Route) -> None:
        answer = route.fetch()
        tokens = answer.json()
        tokens["access"] = run_out(tokens["access"], stack)
        route.fulfill(response=answer, json=tokens)

    page.context.route(f"**{REFRESH}", age, times=1)
    with page.context.expect_event(
        "response", lambda answer: answer.url.endswith(REFRESH)
    ):
        page.clock.fast_forward("04:05")


def refusals_of(page: Page) -> list[Response]:
    """What the API refuses for want of a good token, from now on."""
    seen: list[Response] = []
    page.on(
        "response", lambda answer: seen.append(answer) if answer.status == 401 else None
    )
    return seen


def codes(refusals: list[Response]) -> list[str]:
    return [refusal.json()["code"] for refusal in refusals]


def use(page: Page, points: int) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Points", exact=True).fill(str(points))
    dialog.get_by_role("button", name="Use points").click()
    expect(dialog).to_contain_text(f"{points} points used")


def test_a_use_goes_on_with_a_new_token_and_happens_once(
    page: Page, administrator: Client, user: Client, stack: Stack
) -> None:
    promo = grant(administrator, user, 100, promo_code="LATE")
    page.clock.install()
    sign_in(page, user)
    page.get_by_role("button", name="Use points of LATE").click()
    renew_with_one_that_ran_out(page, stack)
    refusals = refusals_of(page)

    use(page, 40)

    assert codes(refusals) == ["token_expired"]
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 60


def test_another_tab_with_the_same_token_does_not_stand_in_the_way(
    page: Page, administrator: Client, user: Client, stack: Stack
) -> None:
    promo = grant(administrator, user, 100, promo_code="LATE")
    page.context.clock.install()
    sign_in(page, user)
    tab = page.context.new_page()
    tab.goto("/#/profile")
    expect(tab.get_by_label("Mobile number")).to_be_visible()
    page.get_by_role("button", name="Use points of LATE").click()
    renew_with_one_that_ran_out(page, stack)

    use(page, 40)
    tab.get_by_label("Name").fill("Nora Elsewhere")
    tab.get_by_role("button", name="Save changes").click()

    expect_toast(tab, "Your profile is saved.")
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 60


def test_a_bulk_grant_goes_on_with_a_new_token(
    page: Page, administrator: Client, user: Client, stack: Stack
) -> None:
    """The second chunk waits on its way while the token is renewed for the third."""
    held: list[Route] = []
    page.clock.install()
    sign_in(page, administrator, "/bulk")
    drop(page, csv_of(user, 1200))

    def hold_the_second(route: Route) -> None:
        if first_code_of(route) == "CSV-500":
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/promos/bulk", hold_the_second)
    start(page)
    expect(page.get_by_text("500 of 1,200 rows")).to_be_visible(timeout=GRANTING)
    renew_with_one_that_ran_out(page, stack)
    refusals = refusals_of(page)
    held[0].continue_()

    done = page.get_by_text("1,200 promos are granted.")
    expect(done).to_be_visible(timeout=GRANTING)
    assert codes(refusals) == ["token_expired"]
    assert count_of_promos(administrator, user) == 1200
