"""Sessions: refreshed by one token after another, ended for good."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.utils import timezone

from auth_service.accounts.models import User
from auth_service.tests.conftest import (
    MOBILE_NUMBER,
    everything,
    faults,
    log_in,
    put,
    refusal,
    store_user,
)
from auth_service.tokens.issuing import Subject, issue_pair
from auth_service.tokens.keys import backend_for, key_folder
from auth_service.tokens.models import Session
from auth_service.tokens.services import refresh_session
from chassis.problems import InvalidToken, TokenExpired
from chassis.roles import Role

pytestmark = pytest.mark.django_db
REFRESH, LOGOUT = "/api/v1/auth/token/refresh", "/api/v1/auth/logout"
SECOND = timedelta(seconds=1)


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_a_refresh_spends_the_old_token_and_gives_new_ones(anybody, alice):
    response = anybody.post(REFRESH, {"refresh": alice.refresh})
    assert response.status_code == 200
    answer = response.json()
    assert answer.keys() == {"access", "refresh", "token_type", "expires_in"}
    assert response.headers["Cache-Control"] == "no-store"
    assert answer["refresh"] != alice.refresh
    assert claims(answer["access"])["sid"] == claims(alice.access)["sid"]
    again = anybody.post(REFRESH, {"refresh": answer["refresh"]})
    assert again.status_code == 200


def test_the_new_claims_are_the_users_as_they_are_now(anybody, alice):
    User.objects.update(role=Role.ADMINISTRATOR, mobile_number=None, username="Alicia")
    answer = anybody.post(REFRESH, {"refresh": alice.refresh}).json()
    found = claims(answer["access"])
    assert (found["role"], found["username"]) == ("administrator", "Alicia")


def test_a_refresh_is_one_statement(anybody, alice, django_assert_num_queries):
    with django_assert_num_queries(1):
        anybody.post(REFRESH, {"refresh": alice.refresh})


def test_a_token_spent_just_now_gets_the_present_one_again(anybody, alice):
    newer = anybody.post(REFRESH, {"refresh": alice.refresh}).json()
    before = everything()
    response = anybody.post(REFRESH, {"refresh": alice.refresh})
    assert response.status_code == 200
    again = response.json()
    assert again["refresh"] == newer["refresh"]
    assert again["access"] != newer["access"]
    assert claims(again["access"])["sid"] == claims(newer["access"])["sid"]
    assert again["expires_in"] == newer["expires_in"]
    assert response.headers["Cache-Control"] == "no-store"
    assert everything() == before
    assert anybody.post(REFRESH, {"refresh": again["refresh"]}).status_code == 200


def test_the_present_one_is_the_same_by_any_key(folder, anybody, db):
    put(folder, 1, -1000)
    alice = log_in(store_user())
    now = timezone.now()
    newer = refresh_session(refresh=alice.refresh, now=now).refresh
    for path in folder.glob("*.pem"):
        path.rename(path.with_name(f"{path.name}.kept"))
    put(folder, 1, -2000)
    put(folder, 2, -60)
    key_folder()._looked_at = float("-inf")
    again = refresh_session(refresh=alice.refresh, now=now + 2 * SECOND).refresh
    assert claims(again) == claims(newer)
    refresh_session(refresh=again, now=now + 3 * SECOND)


def refused(refresh: str, now: datetime) -> None:
    with pytest.raises(InvalidToken):
        refresh_session(refresh=refresh, now=now)


@pytest.mark.parametrize("seconds", [-1, 0, 9, 10])
def test_within_the_grace_nothing_rotates(alice, seconds):
    now = timezone.now()
    newer = refresh_session(refresh=alice.refresh, now=now).refresh
    before = everything()
    late = now + seconds * SECOND
    assert refresh_session(refresh=alice.refresh, now=late).refresh == newer
    assert everything() == before


@pytest.mark.parametrize("seconds", [11, 3600])
def test_a_token_spent_longer_ago_ends_its_session(alice, seconds):
    now = timezone.now()
    newer = refresh_session(refresh=alice.refresh, now=now).refresh
    refused(alice.refresh, now + seconds * SECOND)
    assert alice.session.ended_at is not None
    refused(newer, now + seconds * SECOND)


def test_the_grace_is_not_prolonged_by_using_it(alice):
    now = timezone.now()
    refresh_session(refresh=alice.refresh, now=now)
    for seconds in (4, 8):
        refresh_session(refresh=alice.refresh, now=now + seconds * SECOND)
    refused(alice.refresh, now + 11 * SECOND)
    assert alice.session.ended_at is not None


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_a_token_older_than_the_previous_one_ends_its_session_at_once(alice, seconds):
    now = timezone.now()
    second = refresh_session(refresh=alice.refresh, now=now).refresh
    third = refresh_session(refresh=second, now=now).refresh
    refused(alice.refresh, now + seconds * SECOND)
    assert alice.session.ended_at is not None
    refused(third, now + seconds * SECOND)


def test_a_thief_who_refreshes_all_the_time_is_found(alice):
    """However often the thief does: the owner's own copy is an older one by then."""
    now = timezone.now()
    stolen = alice.refresh
    for number in range(3):
        stolen = refresh_session(refresh=stolen, now=now + number * SECOND).refresh
    refused(alice.refresh, now + 3 * SECOND)
    refused(stolen, now + 4 * SECOND)
    assert alice.client.get("/api/v1/users/me").status_code == 401


def test_the_grace_lets_no_suspended_user_in(anybody, alice):
    anybody.post(REFRESH, {"refresh": alice.refresh})
    User.objects.update(is_active=False)
    before = everything()
    response = anybody.post(REFRESH, {"refresh": alice.refresh})
    assert refusal(response) == (401, "invalid_token")
    assert everything() == before


def test_the_grace_opens_no_session_that_was_ended(anybody, alice):
    newer = anybody.post(REFRESH, {"refresh": alice.refresh}).json()["refresh"]
    assert anybody.post(LOGOUT, {"refresh": newer}).status_code == 204
    before = everything()
    response = anybody.post(REFRESH, {"refresh": alice.refresh})
    assert refusal(response) == (401, "invalid_token")
    assert everything() == before


def test_the_grace_is_a_setting(alice, settings):
    settings.REFRESH_REUSE_GRACE_SECONDS = 0
    now = timezone.now()
    refresh_session(refresh=alice.refresh, now=now)
    refused(alice.refresh, now + SECOND)
    assert alice.session.ended_at is not None


def test_another_session_of_the_same_user_is_not_ended_along(anybody, alice):
    other = log_in(alice.user)
    now = timezone.now()
    refresh_session(refresh=alice.refresh, now=now)
    refused(alice.refresh, now + 60 * SECOND)
    assert anybody.post(REFRESH, {"refresh": other.refresh}).status_code == 200


def test_a_session_ends_after_30_days_however_often_it_is_refreshed(alice):
    assert alice.session.ends_at == alice.session.started_at + timedelta(days=30)
    ends = timezone.now() + timedelta(days=2)
    began = ends - timedelta(days=30)
    Session.objects.update(started_at=began, ends_at=ends)
    refresh = alice.refresh
    for second in range(3):
        now = timezone.now() + second * SECOND
        refresh = refresh_session(refresh=refresh, now=now).refresh
        expires = datetime.fromtimestamp(claims(refresh)["exp"], UTC)
        assert abs(expires - ends) <= 2 * SECOND
    assert alice.session.ends_at == ends


def test_a_session_over_its_end_is_not_refreshed(alice):
    refused(alice.refresh, alice.session.ends_at)


def test_an_expired_token_says_so(anybody, alice, nothing_changes):
    nothing_changes()
    eight_days_ago = timezone.now() - timedelta(days=8)
    session = alice.session
    old = issue_pair(
        Subject(alice.user.id, "Alice", "normal"),
        session_id=session.id,
        jti=session.current_jti,
        ends_at=session.ends_at,
        now=eight_days_ago,
    )
    response = anybody.post(REFRESH, {"refresh": old.refresh})
    assert refusal(response) == (401, "token_expired")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    with pytest.raises(TokenExpired):
        refresh_session(refresh=old.refresh, now=timezone.now())


@pytest.mark.parametrize(
    "attributes",
    [{"is_active": False}, {"deleted_at": datetime(2026, 1, 1, tzinfo=UTC)}],
)
def test_the_suspended_and_the_deleted_refresh_nothing(
    anybody, alice, attributes, nothing_changes
):
    User.objects.update(**attributes)
    nothing_changes()
    response = anybody.post(REFRESH, {"refresh": alice.refresh})
    assert refusal(response) == (401, "invalid_token")


@pytest.mark.parametrize("url", [REFRESH, LOGOUT])
@pytest.mark.parametrize("text", ["nonsense", "a.b.c", "é", "\x00", " ", "x" * 16_000])
def test_text_that_is_no_token_is_refused(anybody, alice, url, text, nothing_changes):
    nothing_changes()
    response = anybody.post(url, {"refresh": text})
    assert refusal(response) == (401, "invalid_token")


@pytest.mark.parametrize("url", [REFRESH, LOGOUT])
def test_an_access_token_is_no_refresh_token(anybody, alice, url, nothing_changes):
    nothing_changes()
    response = anybody.post(url, {"refresh": alice.access})
    assert refusal(response) == (401, "invalid_token")


@pytest.mark.parametrize("changes", [{"sid": "x"}, {"jti": 7}, {"sid": None}])
def test_a_refresh_token_that_names_no_session_is_refused(
    anybody, alice, changes, nothing_changes
):
    nothing_changes()
    payload = {**claims(alice.refresh), **changes}
    token = backend_for("refresh").encode(payload)
    response = anybody.post(REFRESH, {"refresh": token})
    assert refusal(response) == (401, "invalid_token")


@pytest.mark.parametrize("url", [REFRESH, LOGOUT])
@pytest.mark.parametrize("body", [{}, {"refresh": 5}, {"refresh": "a", "x": 1}])
def test_a_body_without_a_token_is_not_valid(
    anybody, alice, url, body, nothing_changes
):
    nothing_changes()
    assert faults(anybody.post(url, body))


def test_logging_out_ends_that_session_alone(anybody, alice):
    other = log_in(alice.user)
    response = anybody.post(LOGOUT, {"refresh": alice.refresh})
    assert (response.status_code, response.content) == (204, b"")
    assert refusal(anybody.post(REFRESH, {"refresh": alice.refresh})) == (
        401,
        "invalid_token",
    )
    assert refusal(alice.client.get("/api/v1/users/me")) == (401, "invalid_token")
    assert anybody.post(REFRESH, {"refresh": other.refresh}).status_code == 200
    assert other.client.get("/api/v1/users/me").status_code == 200


def test_logging_out_twice_is_as_good_as_once(anybody, alice):
    anybody.post(LOGOUT, {"refresh": alice.refresh})
    before = everything()
    assert anybody.post(LOGOUT, {"refresh": alice.refresh}).status_code == 204
    assert everything() == before


def test_a_spent_token_still_logs_out(anybody, alice):
    newer = anybody.post(REFRESH, {"refresh": alice.refresh}).json()["refresh"]
    assert anybody.post(LOGOUT, {"refresh": alice.refresh}).status_code == 204
    assert anybody.post(REFRESH, {"refresh": newer}).status_code == 401


def test_no_token_is_stored(anybody, alice):
    anybody.post(REFRESH, {"refresh": alice.refresh})
    stored = str(list(Session.objects.values_list()))
    for token in (alice.access, alice.refresh):
        assert not any(part in stored for part in token.split("."))


def test_a_session_belongs_to_its_user(alice):
    mallory = log_in(store_user(username="Mallory", mobile_number=MOBILE_NUMBER))
    assert alice.session.user_id == alice.user.id
    assert mallory.session.user_id == mallory.user.id
