"""Asking auth_service: retries, time-outs, an open circuit, answers that are none."""

import pytest
import requests
import responses
from django.conf import settings
from uuid_utils.compat import uuid7

from promo_service.holders import auth_session
from promo_service.holders.directory import (
    UserDirectoryUnavailable,
    UserState,
    look_up_users,
)
from promo_service.holders.models import Holder
from promo_service.holders.services import store_looked_up
from promo_service.tests.test_granting import told

LOOKUP = f"{settings.AUTH_SERVICE_URL}/internal/v1/users/lookup"
TOKEN = f"{settings.AUTH_SERVICE_URL}/internal/v1/service-token"


def test_the_services_token_is_asked_for_once_and_sent(auth_service):
    look_up_users(usernames=["a"])
    look_up_users(usernames=["b"])

    assert auth_service.asked("/internal/v1/service-token") == 1
    sent = auth_service.mock.calls[-1].request.headers["Authorization"]
    assert sent == "Bearer a.b.c"


def test_a_token_that_is_refused_is_renewed_once(auth_service):
    auth_service.mock.remove(responses.POST, LOOKUP)
    auth_service.mock.post(LOOKUP, status=401)
    auth_service.mock.post(LOOKUP, json={"users": []})

    assert look_up_users(usernames=["a"]) == []
    assert auth_service.asked("/internal/v1/service-token") == 2


def test_a_service_that_is_refused_for_good_is_unavailable(auth_service):
    auth_service.mock.remove(responses.POST, TOKEN)
    auth_service.mock.post(TOKEN, status=401)

    with pytest.raises(UserDirectoryUnavailable):
        look_up_users(usernames=["a"])


def test_a_passing_fault_is_asked_again_and_not_noticed(auth_service):
    auth_service.mock.remove(responses.POST, LOOKUP)
    auth_service.mock.post(LOOKUP, status=503)
    auth_service.mock.post(LOOKUP, body=requests.ConnectionError("reset"))
    auth_service.mock.post(LOOKUP, json={"users": [told(uuid7(), username="a")]})
    # `responses` retries by the adapter's own rules for statuses, not for connections.
    with pytest.raises(UserDirectoryUnavailable):
        look_up_users(usernames=["a"])

    assert [user.username for user in look_up_users(usernames=["A"])] == ["a"]


@pytest.mark.parametrize(
    "answer",
    [
        {"body": "no json"},
        {"body": "<html>maintenance</html>", "content_type": "text/html"},
        {"body": ""},
        {"body": b"{" * 3_000_000},
        {"json": {}},
        {"json": []},
        {"json": None},
        {"json": {"people": []}},
        {"json": {"users": None}},
        {"json": {"users": {}}},
        {"json": {"users": "a"}},
        {"json": {"users": [None]}},
        {"json": {"users": []}, "status": 204},
        {"json": {"users": [told(uuid7(), username="another")]}},
        {"json": {"users": [{"user_id": "x"}]}},
        {"json": {"users": [told("not-a-uuid")]}},
        {"json": {"users": [told(uuid7(), role="root")]}},
        {"body": requests.Timeout("slow")},
        {"status": 500},
    ],
)
def test_an_answer_that_is_none_is_unavailable(auth_service, answer):
    auth_service.mock.remove(responses.POST, LOOKUP)
    auth_service.mock.post(LOOKUP, **answer)

    with pytest.raises(UserDirectoryUnavailable):
        look_up_users(usernames=["a"])


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"access": "a.b.c"},
        {"access": None, "expires_in": 300},
        {"access": "", "expires_in": 300},
        {"access": "a b", "expires_in": 300},
        {"access": "a\r\nX-Y: z", "expires_in": 300},
        {"access": "a.b.c", "expires_in": "soon"},
        {"access": "a.b.c", "expires_in": 0},
        {"access": "a.b.c", "expires_in": True},
        {"access": "a.b.c", "expires_in": 10**9},
    ],
    ids=str,
)
def test_a_token_of_its_own_that_is_none_is_not_kept(auth_service, answer):
    auth_service.mock.replace(responses.POST, TOKEN, json=answer)
    with pytest.raises(UserDirectoryUnavailable):
        look_up_users(usernames=["a"])
    assert auth_service.asked("/internal/v1/users/lookup") == 0

    good = {"access": "d.e.f", "token_type": "Bearer", "expires_in": 300}
    auth_service.mock.replace(responses.POST, TOKEN, json=good)
    assert look_up_users(usernames=["a"]) == []
    sent = auth_service.mock.calls[-1].request.headers["Authorization"]
    assert sent == "Bearer d.e.f"


def test_after_five_failures_the_circuit_opens_and_nobody_is_asked(auth_service):
    auth_service.mock.remove(responses.POST, TOKEN)
    auth_service.mock.post(TOKEN, body=requests.ConnectionError("down"))

    for _ in range(8):
        with pytest.raises(UserDirectoryUnavailable):
            look_up_users(usernames=["a"])

    assert auth_service.asked("/internal/v1/service-token") == 5
    assert auth_session.circuit.is_open


def test_each_wait_is_bounded(auth_service):
    look_up_users(usernames=["a"])

    timeouts = {call.request.req_kwargs["timeout"] for call in auth_service.mock.calls}
    assert timeouts == {(1, 2)}


@pytest.mark.django_db
def test_an_older_version_never_replaces_a_newer_one():
    user_id = uuid7()
    newer = UserState.read(told(user_id, version=5, name="Newer"))
    older = UserState.read(told(user_id, version=4, name="Older", role="administrator"))
    same = UserState.read(told(user_id, version=5, name="Same"))

    for state in (newer, older, same):
        store_looked_up([state])

    holder = Holder.objects.get()
    assert (holder.version, holder.name, holder.role) == (5, "Newer", "normal")
