"""The page of the API through the whole system, and the documents that it shows."""

import re

import pytest
import requests

from tests_e2e.people import Client

DOCUMENTS = {
    "/api/v1/auth/schema": {"obtain_token", "register", "get_me"},
    "/api/v1/promos/schema": {"Create_promo", "Use_promo_points", "Get_promo_list_me"},
}


def fetch(base_url: str, path: str) -> requests.Response:
    """As the viewer asks: without a token, for JSON first."""
    answer = requests.get(
        base_url + path,
        headers={"Accept": "application/json,*/*"},
        timeout=30,
        allow_redirects=False,
    )
    assert answer.status_code == 200, answer.text
    return answer


def test_the_page_and_every_file_that_it_names_are_there(base_url):
    page = fetch(base_url, "/docs").text
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    assert set(DOCUMENTS) < set(named)
    for path in named:
        assert fetch(base_url, path).content


def test_the_page_shows_the_documents_of_both_services(base_url):
    script = fetch(base_url, "/docs/page.js").text
    assert re.findall(r'"(/api/[^"]+)"', script) == list(DOCUMENTS)


def test_the_page_keeps_no_token(base_url):
    script = fetch(base_url, "/docs/page.js").text
    assert "persistAuthorization: false" in script
    assert not re.search(r"localStorage|sessionStorage|cookie|indexedDB", script)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_is_openapi_3_1_of_the_same_origin(path, base_url):
    document = fetch(base_url, path).json()
    assert re.fullmatch(r"3\.1\.[0-9]+", document["openapi"])
    # Without servers, or with relative ones, what is tried out goes where it came from.
    assert all(server["url"].startswith("/") for server in document.get("servers", []))
    operations = {
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
        if isinstance(operation, dict)
    }
    assert DOCUMENTS[path] <= operations


def test_one_authorization_serves_both_documents(base_url):
    schemes = [
        fetch(base_url, path).json()["components"]["securitySchemes"]
        for path in DOCUMENTS
    ]
    assert schemes[0] == schemes[1]
    (scheme,) = schemes[0].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_a_request_as_the_page_makes_it_works_from_log_in_to_answer(base_url, user):
    headers = {"Accept": "application/json", "Origin": base_url}
    credentials = {"username": user.username, "password": user.password}
    answer = Client(base_url)("POST", "/api/v1/auth/token", credentials, **headers)
    assert answer.status_code == 200, answer.text
    client = Client(base_url, access=answer.json()["access"])
    for path in ("/api/v1/users/me", "/api/v1/promos/me"):
        assert client("GET", path, **headers).status_code == 200
