"""One's own account: read, modify, change the password."""

import pytest

from auth_service.accounts.hashing import hash_password
from auth_service.accounts.models import UserAudit
from auth_service.accounts.services import passwords
from auth_service.tests.conftest import (
    OTHER_NUMBER,
    PASSWORD,
    faults,
    log_in,
    password_hash,
    refusal,
)
from auth_service.tokens.models import Session

pytestmark = pytest.mark.django_db
ME, MY_PASSWORD = "/api/v1/users/me", "/api/v1/users/me/password"
NEW = "an even finer long secret"


def test_everybody_reads_their_own_account(alice, administrator):
    answer = alice.client.get(ME).json()
    assert (answer["id"], answer["role"]) == (str(alice.user.id), "normal")
    answer = administrator.client.get(ME).json()
    assert (answer["username"], answer["mobile_number"]) == ("admin", None)


def test_it_takes_one_query(alice, django_assert_num_queries):
    alice.client.get(ME)
    with django_assert_num_queries(1):
        alice.client.get(ME)


def test_head_answers_as_get_without_a_body(alice):
    response = alice.client.head(ME)
    assert (response.status_code, response.content) == (200, b"")


def test_what_the_patch_names_changes_and_the_rest_stays(alice):
    body = {"name": " Alice Hargreaves ", "mobile_number": OTHER_NUMBER}
    response = alice.client.patch(ME, body)
    assert response.status_code == 200
    answer = response.json()
    assert answer["name"] == "Alice Hargreaves"
    assert answer["mobile_number"] == OTHER_NUMBER
    assert answer["username"] == "Alice"
    assert alice.client.get(ME).json() == answer


def test_null_clears_the_address_alone(alice):
    assert alice.client.patch(ME, {"address": "Oxford"}).json()["address"] == "Oxford"
    assert alice.client.patch(ME, {"address": None}).json()["address"] is None


def test_an_empty_patch_changes_nothing(alice, nothing_changes):
    nothing_changes()
    for response in (alice.client.patch(ME, {}), alice.client.patch(ME)):
        assert response.status_code == 200
        assert response.json()["username"] == "Alice"


def test_the_same_values_again_are_no_change(alice, nothing_changes):
    nothing_changes()
    body = {"name": "Alice Liddell", "address": None}
    assert alice.client.patch(ME, body).status_code == 200


def test_the_version_counts_what_other_services_know(alice):
    alice.client.patch(ME, {"address": "Oxford", "mobile_number": OTHER_NUMBER})
    assert alice.now().version == 1
    alice.client.patch(ME, {"name": "Alice Hargreaves"})
    assert (alice.now().version, alice.now().void_version) == (2, 0)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", None, "null"),
        ("name", "", "blank"),
        ("mobile_number", None, "null"),
        ("mobile_number", "1", "mobile_number"),
        ("username", "Bob", "unknown_field"),
        ("role", "administrator", "unknown_field"),
        ("is_active", True, "unknown_field"),
        ("id", "x", "unknown_field"),
        ("creation_time", "x", "unknown_field"),
        ("password", NEW, "unknown_field"),
        ("void_version", 9, "unknown_field"),
    ],
)
def test_what_is_not_ones_own_to_change_is_refused(
    alice, field, value, code, nothing_changes
):
    nothing_changes()
    response = alice.client.patch(ME, {"address": "Oxford", field: value})
    assert (field, code) in faults(response)


def test_an_administrator_has_no_mobile_number_to_give(administrator, nothing_changes):
    nothing_changes()
    response = administrator.client.patch(ME, {"mobile_number": OTHER_NUMBER})
    assert faults(response) == {("mobile_number", "not_allowed")}


def test_an_administrator_modifies_the_rest(administrator):
    response = administrator.client.patch(ME, {"name": "Ada L.", "address": "London"})
    assert response.json()["name"] == "Ada L."


def test_a_query_parameter_is_unknown(alice):
    assert ("page", "unknown_field") in faults(alice.client.get(f"{ME}?page=1"))


@pytest.mark.parametrize("method", ["put", "post", "delete", "options"])
def test_other_methods_are_not_allowed(alice, method, nothing_changes):
    nothing_changes()
    assert refusal(getattr(alice.client, method)(ME)) == (405, "method_not_allowed")


def test_another_content_type_is_not_read(alice, nothing_changes):
    nothing_changes()
    response = alice.client.patch(ME, "name=x", content_type="text/plain")
    assert refusal(response) == (415, "unsupported_media_type")


def test_a_new_password_ends_every_session_and_is_the_one_that_counts(alice, anybody):
    other = log_in(alice.user)
    body = {"current_password": PASSWORD, "new_password": NEW}
    response = alice.client.post(MY_PASSWORD, body)
    assert (response.status_code, response.content) == (204, b"")
    assert not Session.objects.filter(ended_at=None).exists()
    for person in (alice, other):
        refresh = {"refresh": person.refresh}
        assert anybody.post("/api/v1/auth/token/refresh", refresh).status_code == 401
        assert refusal(person.client.get(ME)) == (401, "invalid_token")
    token = "/api/v1/auth/token"
    old, new = ({"username": "alice", "password": text} for text in (PASSWORD, NEW))
    assert anybody.post(token, old).status_code == 401
    assert anybody.post(token, new).status_code == 200
    audit = UserAudit.objects.latest("id")
    assert (audit.change, audit.actor_id) == ("password_changed", alice.user.id)
    assert alice.now().version == 1


def test_other_peoples_sessions_go_on(alice, administrator):
    body = {"current_password": PASSWORD, "new_password": NEW}
    alice.client.post(MY_PASSWORD, body)
    assert administrator.client.get(ME).status_code == 200


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"current_password": "wrong", "new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD, "new_password": "short"}, "new_password"),
        ({"current_password": PASSWORD, "new_password": "x" * 129}, "new_password"),
        ({"current_password": PASSWORD, "new_password": "1" * 12}, "new_password"),
        (
            {"current_password": PASSWORD, "new_password": "alice liddell"},
            "new_password",
        ),
        ({"new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD}, "new_password"),
        ({"current_password": PASSWORD, "new_password": NEW, "id": 1}, "id"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    alice, body, fault, nothing_changes
):
    nothing_changes()
    response = alice.client.post(MY_PASSWORD, body)
    assert {field for field, _ in faults(response)} == {fault}


def test_of_two_new_passwords_at_once_the_second_finds_the_first(alice, monkeypatch):
    def slowly(password):
        alice.user.password = password_hash("set by somebody else meanwhile")
        alice.user.save(update_fields=["password"])
        return hash_password(password)

    monkeypatch.setattr(passwords, "hash_password", slowly)
    body = {"current_password": PASSWORD, "new_password": NEW}
    response = alice.client.post(MY_PASSWORD, body)
    assert faults(response) == {("current_password", "wrong_password")}
    assert alice.now().password == alice.user.password
