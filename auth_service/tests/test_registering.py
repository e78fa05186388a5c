"""Registering, and what every new user's fields are held to."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from auth_service.accounts.models import AdministratorUser, NormalUser, User, UserAudit
from auth_service.accounts.services.creating import create_user
from auth_service.tests.conftest import (
    PASSWORD,
    REGISTRATION,
    faults,
    refusal,
    store_user,
)
from chassis.roles import Role

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/register"


def test_registering_makes_a_normal_user_and_tells_no_password(anybody):
    response = anybody.post(URL, {**REGISTRATION, "address": "1 Rabbit Hole\nOxford"})
    assert response.status_code == 201
    user = User.objects.get()
    assert response.json() == {
        "id": str(user.id),
        "username": "Alice",
        "name": "Alice Liddell",
        "address": "1 Rabbit Hole\nOxford",
        "mobile_number": "+201001234567",
        "role": "normal",
        "is_active": True,
        "creation_time": user.creation_time.isoformat().replace("+00:00", "Z"),
    }
    assert response.headers["Cache-Control"] == "no-store"
    assert user.id.version == 7
    assert (user.version, user.void_version) == (1, 0)


def test_the_password_is_kept_as_argon2id_of_19_mib(anybody):
    anybody.post(URL, REGISTRATION)
    encoded = User.objects.get().password
    assert encoded.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_registration_is_on_record(anybody):
    anybody.post(URL, REGISTRATION)
    audit = UserAudit.objects.get()
    assert (audit.change, audit.actor, audit.role) == ("created", None, "normal")


def test_who_registers_can_log_in(anybody):
    anybody.post(URL, REGISTRATION)
    body = {"username": "alice", "password": PASSWORD}
    assert anybody.post("/api/v1/auth/token", body).status_code == 200


@pytest.mark.parametrize("name", ["Alice", "ALICE", "alice"])
def test_a_name_taken_in_any_case_is_refused(anybody, name, nothing_changes):
    store_user(username="Alice")
    nothing_changes()
    response = anybody.post(URL, {**REGISTRATION, "username": name})
    assert refusal(response) == (409, "username_taken")


def test_a_deleted_users_name_stays_taken(anybody, nothing_changes):
    store_user(username="Alice", deleted_at=timezone.now())
    nothing_changes()
    response = anybody.post(URL, REGISTRATION)
    assert refusal(response) == (409, "username_taken")


def test_text_is_trimmed_and_normalised(anybody):
    body = {**REGISTRATION, "name": " \u200f Zoe\u0301\u200e ", "username": " alice "}
    answer = anybody.post(URL, body).json()
    assert (answer["name"], answer["username"]) == ("Zo\u00e9", "alice")


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u202f", " "])
def test_a_number_is_kept_without_the_spaces_that_group_it(anybody, space):
    number = f" +20{space}100{space}{space}123 4567 "
    answer = anybody.post(URL, {**REGISTRATION, "mobile_number": number})
    assert answer.json()["mobile_number"] == "+201001234567"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "abc"),
        ("username", "a" * 50),
        ("username", "A.b_c-9"),
        ("name", "x"),
        ("name", "x" * 150),
        ("name", "O'Brien 你好 <b>"),
        ("address", None),
        ("address", "x" * 300),
        ("address", "two\nlines"),
        ("password", "twelve-chars"),
        ("password", "🔑" + "long" * 31 + "abc"),
        ("mobile_number", "+14155552671"),
        ("mobile_number", "+447911123456"),
    ],
)
def test_a_value_just_inside_its_limits_is_taken(anybody, field, value):
    response = anybody.post(URL, {**REGISTRATION, field: value})
    assert response.status_code == 201, response.json()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("username", "ab", "min_length"),
        ("username", "a" * 51, "max_length"),
        ("username", "with space", "invalid"),
        ("username", ".alice", "invalid"),
        ("username", "alice-", "invalid"),
        ("username", "___", "invalid"),
        ("username", "caf\u00e9", "invalid"),
        ("username", "ab\x00c", "control_character"),
        ("username", 12345, "invalid"),
        ("username", None, "null"),
        ("name", "", "blank"),
        ("name", "   ", "blank"),
        ("name", "x" * 151, "max_length"),
        ("name", "two\nlines", "control_character"),
        ("name", ["x"], "invalid"),
        ("address", "x" * 301, "max_length"),
        ("address", "a\tb", "control_character"),
        ("address", True, "invalid"),
        ("password", "eleven-char", "min_length"),
        ("password", "long secret " * 11, "max_length"),
        ("password", "123456789012", "password_entirely_numeric"),
        ("password", "a fine secret\x00", "control_character"),
        ("password", "a fine\tsecret", "control_character"),
        ("password", "a fine secret\x85", "control_character"),
        ("password", "a fine secret" + "\u0316" * 31, "combining_marks"),
        ("password", "\u1112\u1161\u11ab" * 4, "min_length"),
        ("password", "q1w2e3r4t5y6", "password_too_common"),
        ("password", "alice liddell", "password_too_similar"),
        ("password", 123456789012345, "invalid"),
        ("password", None, "null"),
        ("mobile_number", "201001234567", "mobile_number"),
        ("mobile_number", "+20-100-123-4567", "mobile_number"),
        ("mobile_number", "+20\n1001234567", "control_character"),
        ("mobile_number", " + ", "mobile_number"),
        ("mobile_number", "+2010", "mobile_number"),
        ("mobile_number", "+999123456789", "mobile_number"),
        ("mobile_number", "+20100123456789012", "max_length"),
        ("mobile_number", "tel:+201001234567", "max_length"),
        ("mobile_number", "+\u0662\u0660\u0661001234567", "mobile_number"),
        ("mobile_number", "", "blank"),
        ("mobile_number", None, "null"),
        ("role", "administrator", "unknown_field"),
        ("is_active", True, "unknown_field"),
        ("id", "x", "unknown_field"),
        ("version", 7, "unknown_field"),
    ],
)
def test_a_value_just_outside_its_limits_is_named(
    anybody, field, value, code, nothing_changes
):
    nothing_changes()
    response = anybody.post(URL, {**REGISTRATION, field: value})
    assert (field, code) in faults(response)


@pytest.mark.parametrize("field", ["username", "password", "name", "mobile_number"])
def test_what_is_missing_is_named(anybody, field, nothing_changes):
    nothing_changes()
    body = {name: value for name, value in REGISTRATION.items() if name != field}
    assert (field, "required") in faults(anybody.post(URL, body))


def test_every_fault_is_told_at_once(anybody, nothing_changes):
    nothing_changes()
    body = {"username": "al", "password": "password", "name": "", "colour": "red"}
    assert faults(anybody.post(URL, body)) == {
        ("username", "min_length"),
        ("password", "min_length"),
        ("password", "password_too_common"),
        ("name", "blank"),
        ("mobile_number", "required"),
        ("colour", "unknown_field"),
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b'{"username": "a", "username": "b"}', 400, "malformed_json"),
        (b'{"username": "\\ud800"}', 400, "malformed_json"),
        (b"[]", 400, "validation_error"),
        (b'"text"', 400, "validation_error"),
        (b"", 400, "validation_error"),
        (b" " * (16 * 1024 + 1), 413, "payload_too_large"),
    ],
)
def test_a_body_that_is_no_object_is_refused(
    anybody, body, status, code, nothing_changes
):
    nothing_changes()
    response = anybody.post(URL, body, content_type="application/json")
    assert refusal(response) == (status, code)


def test_a_huge_name_costs_no_time_to_compare_with_the_password(anybody):
    body = {**REGISTRATION, "name": "a b " * 3_000}
    assert ("name", "max_length") in faults(anybody.post(URL, body))


def test_no_code_can_create_a_normal_user_without_a_number(nothing_changes):
    nothing_changes()
    with pytest.raises(IntegrityError, match="account_role_and_mobile_number"):
        create_user(
            username="alice",
            password=PASSWORD,
            name="Alice",
            role=Role.NORMAL,
            actor_id=None,
            now=timezone.now(),
        )


def test_the_briefs_two_actors_are_told_apart():
    alice = store_user()
    ada = store_user(Role.ADMINISTRATOR)
    assert NormalUser.objects.get().id == alice.id
    assert AdministratorUser.objects.get().id == ada.id


@pytest.mark.parametrize(
    "attributes",
    [
        {"role": Role.NORMAL, "mobile_number": None},
        {"role": Role.ADMINISTRATOR, "mobile_number": "+201001234567"},
        {"role": "owner"},
        {"version": 1, "void_version": 2},
    ],
)
def test_the_database_itself_refuses_what_no_user_can_be(attributes):
    user = store_user()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(id=user.id).update(**attributes)
