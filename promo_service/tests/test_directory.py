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
    auth_service.mock.post(LOOKUP, json={"users": [told(uuid7())]})
    # `responses` retries by the adapter's own rules for statuses, not for connections.
    with pytest.raises(UserDirectoryUnavailable):
        look_up_users(usernames=["a"])

    assert [user.username for user in look_up_users(usernames=["a"])] == ["Newcomer"]


@pytest.mark.parametrize(
    "answer",
    [
        {"body": "no json"},
        {"json": {"people": []}},
        {"json": {"users": [{"user_id": "x"}]}},
        {"json": {"users": [told("not-a-uuid")]}},
        {"json": {"users": [told(uuid7(), role="root")]}},
        {"body": requests.Timeout("slow")},
        {"status": 500},
    ],
    ids=str,
)
def test_an_answer_that_is_none_is_unavailable(auth_service, answer):
    auth_service.mock.remove(responses.POST, LOOKUP)
    auth_service.mock.post(LOOKUP, **answer)

    with pytest.raises(UserDirectoryUnavailable):
        look_up_users(usernames=["a"])


def test_after_five_failures_the_circuit_opens_and_nobody_is_asked(auth_service):
    auth_service.mock.remove(responses.POST, TOKEN)
    auth_service.mock.post(TOKEN, body=requests.ConnectionError("down"))

    for _ in range(8):
        with pytest.raises(UserDirectoryUnavailable):
            look_up_users(usernames=["a"])

    assert auth_service.asked("/internal/v1/service-token") == 5
    assert auth_session.breaker.current_state == "open"


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
