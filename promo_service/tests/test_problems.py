"""What nobody foresaw is a problem too, and tells nothing of the inside."""

import json

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from rest_framework.exceptions import Throttled
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "relation promo at 10.0.0.7"


@pytest.fixture
def fails_with(monkeypatch):
    def fail(error):
        def raise_it(*_, **__):
            raise error

        monkeypatch.setattr("promo_service.promos.selectors.list_promos", raise_it)

    return fail


def test_a_bug_is_a_500_that_says_nothing_of_it(owner, fails_with, capfd):
    fails_with(RuntimeError(SECRET))

    answer = owner.client.get("/api/v1/promos/me")

    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "internal_error"
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert SECRET not in answer.content.decode()
    assert SECRET in capfd.readouterr().err


@pytest.mark.parametrize("error", [OperationalError(SECRET), InterfaceError(SECRET)])
def test_a_database_in_trouble_is_a_503_to_retry(owner, fails_with, error):
    fails_with(error)

    answer = owner.client.get("/api/v1/promos/me")

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert answer.headers["Retry-After"] == "1"
    assert SECRET not in answer.content.decode()


def test_a_throttled_request_says_when_to_come_back(owner, fails_with):
    fails_with(Throttled(wait=12.4))

    answer = owner.client.get("/api/v1/promos/me")

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert answer.headers["Retry-After"] == "13"


def test_no_link_leads_to_a_host_that_is_not_ours(owner, grant):
    grant()
    grant()

    answer = owner.client.get(
        "/api/v1/promos/me?page_size=1", headers={"Host": "evil.example"}
    )

    assert answer.status_code == 400
    assert json.loads(answer.content)["code"] == "validation_error"
    assert "evil" not in answer.content.decode()


def test_a_bug_outside_any_view_is_a_problem(monkeypatch, fails_with):
    def fail(*_):
        raise RuntimeError(SECRET)

    monkeypatch.setattr("django.urls.resolvers.URLResolver.resolve", fail)

    answer = Client(raise_request_exception=False).get("/api/v1/promos/me")

    assert answer.status_code == 500
    assert json.loads(answer.content)["code"] == "internal_error"
    assert SECRET not in answer.content.decode()


def test_the_document_is_open_to_all_and_openapi_3_1():
    answer = APIClient().get("/api/v1/promos/schema")

    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    operations = {
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    }
    assert {
        "Create_promo",
        "Modify_promo",
        "Delete_promo",
        "Get_promo_list_all_users",
        "Get_promo_list_me",
        "Get_promo_points",
        "Use_promo_points",
    } <= operations
