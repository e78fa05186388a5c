"""The logs of all programs can be handed to anybody: there is no secret in them."""

import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from local.stack import Stack
from tests_e2e.attack.expectations import orderly, turned_away
from tests_e2e.gateway.running import Gateway
from tests_e2e.people import Client, grant, register

# What the terminal of whoever starts the system shows is no log: the password of the
# first administrator is shown there, once.
TERMINAL = "launcher.log"


class Secrets:
    """What was said in confidence, by what it is."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def add(self, name: str, text: str) -> str:
        assert len(text) >= 8, "too short to be looked for"
        self._texts[f"{name} {len(self._texts)}"] = text
        return text

    def make(self, name: str) -> str:
        return self.add(name, f"{secrets.token_hex(6)} {name} {secrets.token_hex(6)}")

    def add_token(self, name: str, token: str) -> None:
        for part in token.split("."):
            self.add(name, part)

    def find_in(self, content: bytes) -> list[str]:
        return [
            name
            for name, text in self._texts.items()
            if any(spelling in content for spelling in spell(text))
        ]


def spell(text: str) -> Iterator[bytes]:
    yield text.encode()
    yield json.dumps(text)[1:-1].encode()
    yield text.replace(" ", "%20").replace("+", "%2B").encode()
    yield text.replace(" ", "+").encode()


@pytest.fixture
def said() -> Secrets:
    return Secrets()


def read_logs(stack: Stack) -> dict[Path, bytes]:
    """Everything that a program has written in words, rotated files too."""
    found = [*(stack.state_dir / "logs").iterdir()]
    found += (stack.state_dir / "gateway").glob("*.log*")
    found += (stack.state_dir / "postgres").rglob("*.log*")
    return {
        path: path.read_bytes()
        for path in found
        if path.is_file() and path.name != TERMINAL
    }


def make_number() -> str:
    return f"+2010{secrets.randbelow(10**8):08}"


def journey(stack: Stack, said: Secrets, request_id: str) -> None:
    """What people do on a good day, each with something to hide."""
    number, address = said.add("number", make_number()), said.make("address")
    name, password = said.make("name"), said.make("password")
    user = register(
        stack.base_url,
        name=name,
        password=password,
        address=address,
        mobile_number=number,
    )
    said.add_token("access token", user.access)
    said.add_token("refresh token", user.refresh)
    administrator = Client(stack.base_url, "admin", stack.admin_password).log_in()
    said.add_token("administrator's token", administrator.access)
    other = {"address": said.make("address"), "mobile_number": make_number()}
    said.add("number", other["mobile_number"])
    orderly(user("PATCH", "/api/v1/users/me", other, X_Request_ID=request_id))
    path = grant(administrator, user, 100, description=said.make("description"))
    key = said.make("key").replace(" ", "-")
    use = {"points": 1, "task": said.make("task")}
    said.add("key", key)
    for _ in range(2):
        used = user(
            "POST", f"{path}/use", use, Idempotency_Key=key, X_Request_ID=request_id
        )
        assert used.status_code == 201
    back = f"/api/v1/redemptions/{used.json()['id']}/reverse"
    reason = {"reason": said.make("reason")}
    assert administrator("POST", back, reason).status_code == 201
    renewed = user("POST", "/api/v1/auth/token/refresh", {"refresh": user.refresh})
    said.add_token("refresh token", renewed.json()["refresh"])
    change = {"current_password": password, "new_password": said.make("password")}
    assert user("POST", "/api/v1/users/me/password", change).status_code == 204
    new = {"new_password": said.make("password")}
    set_to = f"/api/v1/users/{used.json()['user_id']}/password"
    assert administrator("POST", set_to, new).status_code == 204


def mishaps(stack: Stack, said: Secrets, gateway: Gateway) -> None:
    """What goes wrong, and is told."""
    anybody = Client(stack.base_url)
    for path, body in (
        ("token", {"username": said.make("name"), "password": said.make("password")}),
        ("token", {"username": "admin", "password": said.make("password")}),
        ("token", {"password": said.make("password"), "typo": said.make("password")}),
        ("token/refresh", {"refresh": said.make("token")}),
        ("register", {"username": "x", "password": said.make("password")}),
    ):
        turned_away(
            anybody("POST", f"/api/v1/auth/{path}", body),
            *((400, "validation_error"), (401, "invalid_credentials")),
            (401, "invalid_token"),
        )
    bad = [said.make("token").replace(" ", "."), said.add("token", "x" * 3000)]
    for token in bad:
        for path in ("/api/v1/promos/me", "/api/v1/users/me"):
            orderly(Client(stack.base_url, access=token)("GET", path))
    for program in ("/api/v1/promos", "/api/v1/users", "/nowhere", "/docs", "/healthz"):
        for query in ("access_token=", "password=", "search=", "cursor=", ""):
            target = f"{program}?{query}{said.make('query').replace(' ', '-')}"
            orderly(gateway.send("GET", target))
            orderly(gateway.send("POST", target, {"Content-Length": "0"}))
    # Each of these is refused by another program, and for another reason.
    secret = said.make("header").replace(" ", "-")
    said.add("header", secret)
    for headers in (
        {"Authorization": f"Bearer {secret}\x7f"},
        {"X-Secret": f"{secret}\x01"},
        {"Content-Type": f"application/json; charset*={secret}''%41"},
        {"Host": f"{secret}.example"},
        {"Cookie": secret, "Accept": secret},
        {"X-Large": secret * 900},
        {"Content-Length": secret},
        {"Transfer-Encoding": secret},
    ):
        orderly(gateway.send("GET", f"/api/v1/users/me?{secret}", headers))
    for target in (f"/{secret}\xff?{secret}", f"/api/v1/promos?{secret}\xff"):
        orderly(gateway.send("GET", target))
    malformed = f'{{"password": "{said.make("password")}", "password": 1}}'.encode()
    headers = {"Content-Type": "application/json"}
    orderly(gateway.send("POST", "/api/v1/auth/token", headers, malformed))


def refused_statements(stack: Stack, said: Secrets) -> None:
    """What PostgreSQL itself refuses, as a bug of ours could send it."""
    number, phrase = said.add("number", make_number()), said.make("address")
    for service, statements in {
        "auth_service": [
            "INSERT INTO account SELECT * FROM account WHERE %(text)s = %(text)s",
            "UPDATE account SET role = 'normal', mobile_number = NULL, name = %(text)s",
            "UPDATE account SET mobile_number = %(text)s",
            "SELECT %(text)s FROM no_such_table WHERE a = %(number)s",
            "SELECT %(text)s::integer",
            "SELEC %(text)s",
        ],
        "promo_service": [
            "UPDATE ledger_entry SET points = 1 WHERE %(text)s = %(text)s",
            "UPDATE promo SET description = %(text)s, remaining_points = -1",
            "UPDATE promo SET promo_code = repeat(%(text)s, 9)",
            "SELECT pg_sleep(9), %(text)s",
        ],
    }.items():
        for statement in statements:
            opened = psycopg2.connect(stack.database_url(service))
            with contextlib.closing(opened), opened.cursor() as cursor:
                if "pg_sleep" in statement:
                    cursor.execute("SET statement_timeout = '50ms'")
                with contextlib.suppress(psycopg2.Error):
                    cursor.execute(statement, {"text": phrase, "number": number})
                    raise AssertionError(f"it was not refused: {statement}")
    parts = psycopg2.extensions.parse_dsn(stack.database_url("auth_service"))
    wrong = {**parts, "password": said.make("password")}
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(**wrong)


def add_the_system_s_own(stack: Stack, said: Secrets) -> None:
    credentials = json.loads(
        (stack.state_dir / "secrets" / "credentials.json").read_text()
    )
    for name, text in credentials.items():
        said.add(name, text)
    client_secret = credentials["promo_client_secret"]
    said.add("client secret's hash", hashlib.sha256(client_secret.encode()).hexdigest())
    said.add("administrator's password", stack.admin_password)
    said.add("hash of a password", "$argon2id$")
    folder = Path(stack.environment("auth_service")["SIGNING_KEYS_DIR"])
    for path in folder.glob("*.pem"):
        for line in path.read_text().splitlines()[1:-2]:  # the last may be short
            said.add("signing key", line)
    internal = Client(stack.internal_url("auth_service"))
    asked: dict[str, Any] = {"client_id": "promo_service"}
    wrong = {**asked, "client_secret": said.make("client secret")}
    assert internal("POST", "/internal/v1/service-token", wrong).status_code == 401
    issued = internal(
        "POST", "/internal/v1/service-token", {**asked, "client_secret": client_secret}
    )
    said.add_token("service token", issued.json()["access"])


def test_no_log_of_any_program_has_a_secret_and_each_has_the_request_s_id(
    stack: Stack, gateway: Gateway, said: Secrets
) -> None:
    request_id = f"looked-for-{uuid4()}"
    add_the_system_s_own(stack, said)
    journey(stack, said, request_id)
    mishaps(stack, said, gateway)
    refused_statements(stack, said)
    stack.stop_program("promo_service")
    stack.start_program("promo_service")

    logs = read_logs(stack)

    names = {path.name for path in logs}
    assert {"gateway.log", "postgres.log"} < names
    assert {"auth_service.log", "promo_service.log"} < names
    found = {
        path.name: told for path, text in logs.items() if (told := said.find_in(text))
    }
    assert found == {}
    for path, text in logs.items():
        if path.name in {"gateway.log", "auth_service.log", "promo_service.log"}:
            assert request_id.encode() in text, path.name


def test_a_secret_would_be_found_however_it_is_written(said: Secrets) -> None:
    text = said.add("text", 'a "secret" + another')
    for written in (text, json.dumps(text), text.replace(" ", "+"), f"x={text}&"):
        assert said.find_in(written.encode())
    assert not said.find_in(b"a secret and another")
