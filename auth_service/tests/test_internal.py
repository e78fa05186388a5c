"""What other services may ask on the internal port, and nobody elsewhere."""

import hashlib
import hmac

import jwt
import pytest
from django.db import connection
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_service.config.service_clients import parse_service_clients
from auth_service.tests.conftest import Client, faults, refusal, store_user
from auth_service.tokens.issuing import issue_service_token
from chassis.database.base import BOUNDS
from chassis.roles import Role

SERVICE_TOKEN, LOOKUP = "/internal/v1/service-token", "/internal/v1/users/lookup"
SECRET, NEXT_SECRET = "a" * 64, "b" * 64


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


@pytest.fixture(autouse=True)
def clients(settings) -> None:
    settings.SERVICE_CLIENTS = {
        "promo_service": (digest(SECRET), digest(NEXT_SECRET)),
        "other": (digest("other"),),
    }


@pytest.fixture
def service() -> Client:
    token = issue_service_token(client_id="promo_service", audience="auth_service")
    return Client(token["access"], internal=True)


def ask(client_id: str, client_secret: str):
    body = {"client_id": client_id, "client_secret": client_secret}
    return Client(internal=True).post(SERVICE_TOKEN, body)


@pytest.mark.parametrize("secret", [SECRET, NEXT_SECRET])
def test_either_of_two_secrets_gives_a_token_for_this_service(secret):
    response = ask("promo_service", secret)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    answer = response.json()
    assert answer.keys() == {"access", "token_type", "expires_in"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 300)
    claims = jwt.decode(answer["access"], options={"verify_signature": False})
    assert claims["token_type"] == "service"
    assert (claims["sub"], claims["aud"]) == ("promo_service", "auth_service")
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [
        ("promo_service", "wrong"),
        ("promo_service", "other"),
        ("promo_service", digest(SECRET).hex()),
        ("other", SECRET),
        ("nobody", SECRET),
        ("promo_service\x00", SECRET),
    ],
)
def test_any_other_pair_gives_none(client_id, secret):
    response = ask(client_id, secret)
    assert refusal(response) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    ("client_id", "compared"), [("promo_service", 2), ("other", 2), ("nobody", 2)]
)
def test_as_much_is_compared_for_unknown_clients(monkeypatch, client_id, compared):
    calls: list[bytes] = []
    compare = hmac.compare_digest

    def counted(given, expected):
        calls.append(expected)
        return compare(given, expected)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    ask(client_id, "wrong")
    assert len(calls) == compared


@pytest.mark.parametrize(
    "body", [{}, {"client_id": "x"}, {"client_id": 1, "client_secret": "x"}]
)
def test_a_body_without_both_is_not_valid(body):
    assert faults(Client(internal=True).post(SERVICE_TOKEN, body))


@pytest.mark.django_db
def test_users_are_looked_up_by_id_and_by_name_in_any_case(service):
    alice = store_user(username="Alice", name="Alice Liddell")
    ada = store_user(Role.ADMINISTRATOR, username="ada", name="Ada", void_version=1)
    store_user(username="bob")
    body = {"ids": [str(ada.id), str(uuid7())], "usernames": ["aLICE", "nobody"]}
    response = service.post(LOOKUP, body)
    assert response.status_code == 200
    told = {user.pop("username"): user for user in response.json()["users"]}
    assert told == {
        "Alice": {
            "user_id": str(alice.id),
            "version": 1,
            "void_version": 0,
            "name": "Alice Liddell",
            "role": "normal",
            "is_active": True,
            "deleted": False,
            "epoch": 0,
        },
        "ada": {
            "user_id": str(ada.id),
            "version": 1,
            "void_version": 1,
            "name": "Ada",
            "role": "administrator",
            "is_active": True,
            "deleted": False,
            "epoch": 0,
        },
    }


@pytest.mark.django_db
def test_suspended_and_deleted_users_are_told_as_such(service):
    store_user(username="asleep", is_active=False)
    store_user(username="gone", deleted_at=timezone.now())
    users = service.post(LOOKUP, {"usernames": ["asleep", "gone"]}).json()["users"]
    told = {user["username"]: (user["is_active"], user["deleted"]) for user in users}
    assert told == {"asleep": (False, False), "gone": (True, True)}


@pytest.mark.django_db
def test_a_user_asked_for_twice_is_told_once(service, django_assert_num_queries):
    alice = store_user(username="Alice")
    body = {"ids": [str(alice.id)] * 2, "usernames": ["alice", "ALICE"]}
    with django_assert_num_queries(1):
        assert len(service.post(LOOKUP, body).json()["users"]) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"ids": []}, {"usernames": ["", "no such name"]}])
def test_nobody_asked_for_is_nobody_told(service, body):
    store_user()
    assert service.post(LOOKUP, body).json() == {"users": []}


@pytest.mark.django_db
def test_500_can_be_asked_for_at_a_time(service):
    ids = [str(uuid7()) for _ in range(250)]
    names = [f"user{number}" for number in range(250)]
    assert service.post(LOOKUP, {"ids": ids, "usernames": names}).status_code == 200
    body = {"ids": ids, "usernames": [*names, "more"]}
    assert faults(service.post(LOOKUP, body)) == {("", "max_length")}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": ["x"]}, "ids.0"),
        ({"ids": "x"}, "ids"),
        ({"ids": None}, "ids"),
        ({"usernames": [5]}, "usernames.0"),
        ({"names": []}, "names"),
    ],
)
def test_a_lookup_that_is_not_valid_is_named(service, body, field):
    assert {name for name, _ in faults(service.post(LOOKUP, body))} == {field}


def test_users_and_services_for_others_look_nobody_up(alice):
    for_promo = issue_service_token(client_id="auth_service", audience="promo_service")
    for token in (alice.access, alice.refresh, for_promo["access"]):
        response = Client(token, internal=True).post(LOOKUP, {})
        assert refusal(response) == (401, "invalid_token")
    response = Client(internal=True).post(LOOKUP, {})
    assert refusal(response) == (401, "not_authenticated")


@pytest.mark.parametrize("path", [SERVICE_TOKEN, LOOKUP, "/healthz", "/readyz"])
def test_the_public_port_knows_nothing_of_it(service, path):
    client = Client()
    client.credentials(**service._credentials, HTTP_X_FORWARDED_PORT="8001")
    for method in (client.get, client.post):
        assert refusal(method(path)) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/v1/users/me", "/api/v1/auth/token"])
def test_the_internal_port_knows_no_public_path(path):
    assert refusal(Client(internal=True).get(path)) == (404, "not_found")


@pytest.mark.django_db
def test_it_says_that_it_is_alive_and_ready():
    client = Client(internal=True)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json()["status"] == "ready"


@pytest.mark.django_db
def test_no_wait_for_the_database_is_without_an_end(settings):
    params = connection.get_connection_params()
    assert {name: params[name] for name in BOUNDS} == BOUNDS
    assert settings.DATABASE_PATIENCE_SECONDS == 20


def test_clients_are_read_with_both_their_secrets():
    first, second = "ab" * 32, "cd" * 32
    assert parse_service_clients(f"a={first}+{second}, b={first},") == {
        "a": (bytes.fromhex(first), bytes.fromhex(second)),
        "b": (bytes.fromhex(first),),
    }


@pytest.mark.parametrize(
    "text",
    [
        "promo_service",
        "promo_service=",
        "=" + "ab" * 32,
        "promo_service=secret",
        "promo_service=" + "AB" * 32,
        "promo_service=" + "+".join(["ab" * 32] * 3),
        ",".join(["promo_service=" + "ab" * 32] * 2),
    ],
)
def test_clients_that_cannot_be_read_stop_the_start_with_a_sentence(text):
    with pytest.raises(ValueError, match=r"SERVICE_CLIENTS .*\.$") as error:
        parse_service_clients(text)
    assert "secret'" not in str(error.value)
