"""Administrators create, read, modify, suspend and delete users."""

import pytest
from uuid_utils.compat import uuid7

from auth_service.accounts.models import User, UserAudit
from auth_service.tests.conftest import (
    MOBILE_NUMBER,
    OTHER_NUMBER,
    PASSWORD,
    REGISTRATION,
    everything,
    faults,
    refusal,
    store_user,
)
from auth_service.tokens.models import Session
from chassis.roles import Role

pytestmark = pytest.mark.django_db
USERS = "/api/v1/users"
NEW_ADMINISTRATOR = {
    "username": "grace",
    "password": PASSWORD,
    "name": "Grace",
    "role": "administrator",
}


def url(person) -> str:
    return f"{USERS}/{person.user.id}"


def test_a_normal_user_is_created(administrator):
    response = administrator.client.post(USERS, {**REGISTRATION, "role": "normal"})
    assert response.status_code == 201
    assert response.json()["role"] == "normal"
    audit = UserAudit.objects.latest("id")
    assert (audit.change, audit.actor_id) == ("created", administrator.user.id)


def test_an_administrator_is_created_who_can_administer(administrator, anybody):
    response = administrator.client.post(USERS, NEW_ADMINISTRATOR)
    assert response.status_code == 201
    answer = response.json()
    assert (answer["role"], answer["mobile_number"]) == ("administrator", None)
    body = {"username": "grace", "password": PASSWORD}
    access = anybody.post("/api/v1/auth/token", body).json()["access"]
    anybody.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert anybody.get(USERS).status_code == 200


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (REGISTRATION, ("role", "required")),
        ({**REGISTRATION, "role": "owner"}, ("role", "invalid_choice")),
        ({**REGISTRATION, "role": None}, ("role", "null")),
        ({**REGISTRATION, "role": ["normal"]}, ("role", "invalid_choice")),
        (
            {**REGISTRATION, "role": "administrator"},
            ("mobile_number", "not_allowed"),
        ),
        ({**NEW_ADMINISTRATOR, "role": "normal"}, ("mobile_number", "required")),
        ({**NEW_ADMINISTRATOR, "mobile_number": None}, ("mobile_number", "null")),
        ({**NEW_ADMINISTRATOR, "username": "g"}, ("username", "min_length")),
        ({**NEW_ADMINISTRATOR, "is_active": False}, ("is_active", "unknown_field")),
    ],
)
def test_a_user_who_cannot_be_is_not_created(
    administrator, body, fault, nothing_changes
):
    nothing_changes()
    assert fault in faults(administrator.client.post(USERS, body))


def test_a_taken_name_is_refused(administrator, alice, nothing_changes):
    nothing_changes()
    body = {**NEW_ADMINISTRATOR, "username": "ALICE"}
    assert refusal(administrator.client.post(USERS, body)) == (409, "username_taken")


def test_a_user_is_read(administrator, alice):
    answer = administrator.client.get(url(alice)).json()
    assert answer == alice.client.get(f"{USERS}/me").json()


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_nobody_is_not_found(administrator, method, nothing_changes):
    nothing_changes()
    for user_id in (uuid7(), "1", "ME"):
        response = getattr(administrator.client, method)(f"{USERS}/{user_id}")
        assert refusal(response) == (404, "not_found")


def test_a_user_is_modified(administrator, alice):
    body = {"name": "Alicia", "address": "Oxford", "mobile_number": OTHER_NUMBER}
    response = administrator.client.patch(url(alice), body)
    assert response.status_code == 200
    assert body.items() <= response.json().items()
    assert (alice.now().version, alice.now().void_version) == (2, 0)


def test_an_empty_patch_changes_nothing(administrator, alice, nothing_changes):
    nothing_changes()
    response = administrator.client.patch(url(alice), {})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body", [{"role": "normal"}, {"is_active": True}, {"name": "Alice Liddell"}]
)
def test_what_is_so_already_is_no_change(administrator, alice, body, nothing_changes):
    nothing_changes()
    assert administrator.client.patch(url(alice), body).status_code == 200


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"name": None}, ("name", "null")),
        ({"mobile_number": None}, ("mobile_number", "null")),
        ({"role": None}, ("role", "null")),
        ({"is_active": None}, ("is_active", "null")),
        ({"is_active": "true"}, ("is_active", "invalid")),
        ({"is_active": 1}, ("is_active", "invalid")),
        ({"username": "Bob"}, ("username", "unknown_field")),
        ({"password": PASSWORD}, ("password", "unknown_field")),
        ({"deleted_at": None}, ("deleted_at", "unknown_field")),
        (
            {"role": "administrator", "mobile_number": OTHER_NUMBER},
            ("mobile_number", "not_allowed"),
        ),
    ],
)
def test_a_patch_that_is_not_valid_changes_nothing(
    administrator, alice, body, fault, nothing_changes
):
    nothing_changes()
    response = administrator.client.patch(url(alice), {"address": "Oxford", **body})
    assert fault in faults(response)


def test_becoming_an_administrator_voids_and_clears_the_number(administrator, alice):
    response = administrator.client.patch(url(alice), {"role": "administrator"})
    assert response.json()["role"] == "administrator"
    assert response.json()["mobile_number"] is None
    assert (alice.now().version, alice.now().void_version) == (2, 2)
    audit = UserAudit.objects.latest("id")
    assert (audit.change, audit.role) == ("role_changed", "administrator")
    assert alice.client.get(USERS).status_code == 200


def test_becoming_normal_again_needs_a_number_and_restores_nothing(
    administrator, alice
):
    administrator.client.patch(url(alice), {"role": "administrator"})
    before = everything()
    response = administrator.client.patch(url(alice), {"role": "normal"})
    assert faults(response) == {("mobile_number", "required")}
    assert everything() == before
    body = {"role": "normal", "mobile_number": MOBILE_NUMBER}
    response = administrator.client.patch(url(alice), body)
    assert response.json()["mobile_number"] == MOBILE_NUMBER
    assert (alice.now().version, alice.now().void_version) == (3, 2)
    assert refusal(alice.client.get(USERS)) == (403, "permission_denied")


def test_a_suspended_user_is_out_until_reactivated(administrator, alice, anybody):
    response = administrator.client.patch(url(alice), {"is_active": False})
    assert response.json()["is_active"] is False
    assert (alice.now().version, alice.now().void_version) == (2, 0)
    assert refusal(alice.client.get(f"{USERS}/me")) == (401, "invalid_token")
    body = {"username": "alice", "password": PASSWORD}
    assert anybody.post("/api/v1/auth/token", body).status_code == 401
    assert administrator.client.get(url(alice)).status_code == 200
    administrator.client.patch(url(alice), {"is_active": True})
    assert alice.now().version == 3
    refresh = {"refresh": alice.refresh}
    assert anybody.post("/api/v1/auth/token/refresh", refresh).status_code == 401
    assert anybody.post("/api/v1/auth/token", body).status_code == 200
    changes = UserAudit.objects.filter(user=alice.user).values_list("change", flat=True)
    assert list(changes.order_by("id")) == ["created", "suspended", "reactivated"]


def test_role_and_state_change_together_as_one_version(administrator, alice):
    body = {"role": "administrator", "is_active": False, "name": "Alicia"}
    administrator.client.patch(url(alice), body)
    assert (alice.now().version, alice.now().void_version) == (2, 2)


def test_a_deleted_user_is_gone_for_good(administrator, alice, anybody):
    response = administrator.client.delete(url(alice))
    assert (response.status_code, response.content) == (204, b"")
    user = alice.now()
    assert (user.version, user.void_version) == (2, 2)
    assert user.deleted_at is not None
    assert not Session.objects.filter(user=user, ended_at=None).exists()
    before = everything()
    for method in ("get", "patch", "delete"):
        response = getattr(administrator.client, method)(url(alice))
        assert refusal(response) == (404, "not_found")
    body = {"new_password": PASSWORD}
    response = administrator.client.post(f"{url(alice)}/password", body)
    assert refusal(response) == (404, "not_found")
    assert refusal(alice.client.get(f"{USERS}/me")) == (401, "invalid_token")
    body = {"username": "alice", "password": PASSWORD}
    assert anybody.post("/api/v1/auth/token", body).status_code == 401
    assert everything() == before
    audit = UserAudit.objects.latest("id")
    assert (audit.change, audit.actor_id) == ("deleted", administrator.user.id)


def test_a_new_password_by_an_administrator_ends_every_session(
    administrator, alice, anybody
):
    new = "an even finer long secret"
    response = administrator.client.post(
        f"{url(alice)}/password", {"new_password": new}
    )
    assert response.status_code == 204
    assert refusal(alice.client.get(f"{USERS}/me")) == (401, "invalid_token")
    body = {"username": "alice", "password": new}
    assert anybody.post("/api/v1/auth/token", body).status_code == 200
    audit = UserAudit.objects.latest("id")
    assert (audit.change, audit.actor_id) == ("password_changed", administrator.user.id)


@pytest.mark.parametrize(
    "body",
    [{}, {"new_password": "short"}, {"new_password": "alice liddell"}, {"x": 1}],
)
def test_a_weak_password_is_not_set(administrator, alice, body, nothing_changes):
    nothing_changes()
    assert faults(administrator.client.post(f"{url(alice)}/password", body))


def test_an_administrator_may_leave_while_another_remains(administrator):
    store_user(Role.ADMINISTRATOR)
    assert administrator.client.delete(url(administrator)).status_code == 204
    assert User.objects.live_administrators().count() == 1


LEAVING = {
    "role": {"role": "normal", "mobile_number": MOBILE_NUMBER},
    "state": {"is_active": False},
    "both": {"role": "normal", "mobile_number": MOBILE_NUMBER, "is_active": False},
    "deletion": None,
}


@pytest.mark.parametrize("way", LEAVING)
def test_the_last_active_administrator_stays(administrator, way, nothing_changes):
    store_user(Role.ADMINISTRATOR, is_active=False)
    store_user(Role.ADMINISTRATOR, deleted_at="2026-01-01T00:00:00Z")
    store_user(Role.NORMAL)
    nothing_changes()
    body = LEAVING[way]
    response = (
        administrator.client.delete(url(administrator))
        if body is None
        else administrator.client.patch(url(administrator), body)
    )
    assert refusal(response) == (409, "last_administrator")


def test_the_last_administrator_may_still_be_modified(administrator):
    body = {"name": "Ada L.", "role": "administrator", "is_active": True}
    assert administrator.client.patch(url(administrator), body).status_code == 200


def test_a_request_asks_once_who_is_calling(
    administrator, alice, django_assert_num_queries
):
    with django_assert_num_queries(2):
        administrator.client.get(url(alice))
    with django_assert_num_queries(2):
        administrator.client.get(USERS)
