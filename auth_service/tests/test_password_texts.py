"""The same password typed on another system is the same password (RFC 8265)."""

import pytest
from django.core.management import call_command

from auth_service.tests.conftest import REGISTRATION, faults, log_in, store_user
from chassis.roles import Role

pytestmark = pytest.mark.django_db
LOG_IN = "/api/v1/auth/token"
SET = " caf\u00e9 \u1e69 \uc548\ub155 phrase\u2003"
# As a Mac, another keyboard, a phone and a text processor send it.
SAME = [
    SET,
    " cafe\u0301 \u1e69 \uc548\ub155 phrase ",
    "\u00a0caf\u00e9\u2009s\u0323\u0307 \uc548\u1102\u1167\u11bc phrase\u3000",
    "\u2000cafe\u0301\u202fs\u0307\u0323\u205f\uc548\ub155 phrase\u2001",
]
OTHER = [
    SET.strip(),
    SET.replace("\u00e9", "e"),
    SET.upper(),
    SET.replace("phrase", "\uff50hrase"),
    SET + "\u200d",
    SET + "\t",
    SET + "\u0316" * 31,
]


def works(anybody, username, password):
    answer = anybody.post(LOG_IN, {"username": username, "password": password})
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


def registered(anybody, administrator, person, monkeypatch):
    anybody.post("/api/v1/auth/register", {**REGISTRATION, "password": SET})
    return "alice"


def created(anybody, administrator, person, monkeypatch):
    body = {**REGISTRATION, "password": SET, "role": "normal"}
    assert administrator.client.post("/api/v1/users", body).status_code == 201
    return "alice"


def set_by_an_administrator(anybody, administrator, person, monkeypatch):
    path = f"/api/v1/users/{person.user.id}/password"
    answer = administrator.client.post(path, {"new_password": SET})
    assert answer.status_code == 204
    return "person"


def changed(anybody, administrator, person, monkeypatch):
    body = {"current_password": REGISTRATION["password"], "new_password": SET}
    answer = person.client.post("/api/v1/users/me/password", body)
    assert answer.status_code == 204
    return "person"


def made_by_the_command(anybody, administrator, person, monkeypatch):
    monkeypatch.setenv("ADMIN_USERNAME", "root")
    monkeypatch.setenv("ADMIN_PASSWORD", SET)
    call_command("create_admin")
    return "root"


@pytest.mark.parametrize(
    "way", [registered, created, set_by_an_administrator, changed, made_by_the_command]
)
def test_it_works_however_it_was_set_and_is_typed(
    way, anybody, administrator, monkeypatch
):
    person = log_in(store_user(Role.NORMAL, username="person"))
    name = way(anybody, administrator, person, monkeypatch)

    assert all(works(anybody, name, password) for password in SAME)
    assert not any(works(anybody, name, password) for password in OTHER)


@pytest.mark.parametrize("typed", SAME)
def test_the_current_one_may_be_typed_on_another_system(typed, administrator, anybody):
    person = log_in(store_user(Role.NORMAL, username="person"))
    set_by_an_administrator(anybody, administrator, person, None)
    body = {"current_password": typed, "new_password": "a wholly new phrase"}

    again = log_in(person.now())
    answer = again.client.post("/api/v1/users/me/password", body)

    assert answer.status_code == 204, answer.json()


def test_one_that_is_too_common_is_so_in_any_form(anybody, nothing_changes):
    nothing_changes()
    body = {
        **REGISTRATION,
        "name": "Zo\u00eb Fran\u00e7ois",
        "password": "Zoe\u0308 Franc\u0327ois",
    }
    assert faults(anybody.post("/api/v1/auth/register", body)) == {
        ("password", "password_too_similar")
    }
