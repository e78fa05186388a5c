"""No body sets what it should not: each is sent every field that any other has."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local.settings import ROOT
from tests_e2e.attack.expectations import turned_away
from tests_e2e.people import Client, grant, register

# What no document names, but a table, a model or a language has.
INNER = [
    *("is_staff", "is_superuser", "is_admin", "groups", "password_hash", "last_login"),
    *("deleted", "deleted_at", "void_version", "holder", "holder_id", "last_sequence"),
    *("last_entry_time", "actor_id", "actor_role", "ends", "now", "key", "fingerprint"),
    *("pk", "_id", "__class__", "__proto__", "constructor", "id__in", "user.id"),
    *("", " ", "Points", "POINTS", "points ", "\u0000", "user_id[]", "$set"),
]


def read_documents() -> tuple[dict[str, Any], set[str]]:
    """Each operation with a body, and every field that any schema has."""
    operations: dict[str, Any] = {}
    fields: set[str] = set(INNER)
    for path in sorted(Path(ROOT / "docs" / "openapi").glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        schemas = document["components"]["schemas"]
        for schema in schemas.values():
            fields |= schema.get("properties", {}).keys()
        for route, methods in document["paths"].items():
            for method, operation in methods.items():
                if "requestBody" not in operation:
                    continue
                content = operation["requestBody"]["content"]["application/json"]
                name = content["schema"]["$ref"].rpartition("/")[2]
                examples = [one["value"] for one in content["examples"].values()]
                known = schemas[name]["properties"].keys()
                found = (method.upper(), route, examples[0], set(known))
                operations[operation["operationId"]] = found
    return operations, fields


OPERATIONS, FIELDS = read_documents()


@pytest.fixture
def ids(administrator: Client, user: Client) -> dict[str, str]:
    promo = grant(administrator, user, 100)
    used = user("POST", f"{promo}/use", {"points": 10})
    return {
        "promo_id": promo.rpartition("/")[2],
        "redemption_id": used.json()["id"],
        "user_id": user.id,
    }


@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
def test_every_field_that_a_body_does_not_have_is_refused_by_name(
    operation_id, administrator, ids, nothing_changes
):
    method, route, example, known = OPERATIONS[operation_id]
    foreign = FIELDS - known
    assert len(foreign) > 50
    value = {"role": "administrator", "is_active": True, "user_id": ids["user_id"]}
    nothing_changes()
    refused = set()
    # An object of more than 100 members is refused whole.
    for portion in batched(sorted(foreign), 100 - len(example)):
        body = {**{name: value.get(name, 1) for name in portion}, **example}
        problem = turned_away(
            administrator(method, route.format(**ids), body), (400, "validation_error")
        )
        refused |= {
            error["field"]
            for error in problem["errors"]
            if error["code"] == "unknown_field"
        }
    assert refused == foreign


def batched(names, size):
    return [names[begin : begin + size] for begin in range(0, len(names), size)]


@pytest.mark.parametrize("field", sorted(FIELDS - OPERATIONS["Create_promo"][3]))
def test_a_row_of_a_bulk_is_read_as_strictly(
    field, administrator, user, nothing_changes
):
    nothing_changes()
    row = {
        "username": user.username,
        "promo_type": "gift",
        "promo_code": "ROW",
        "promo_amount": 1,
    }
    body = {"promos": [row, {**row, "promo_code": "OTHER", field: 1}]}

    answer = administrator("POST", "/api/v1/promos/bulk", body)

    problem = turned_away(answer, (400, "validation_error"))
    (error,) = problem["errors"]
    assert error["code"] == "unknown_field"
    assert error["field"] == ".".join(filter(None, ("promos.1", field)))


@pytest.mark.parametrize("role", ["administrator", "normal", None, "", 1, []])
def test_nobody_registers_with_a_role(base_url, nothing_changes, role):
    nothing_changes()
    body = {**OPERATIONS["register"][2], "username": "wants-a-role", "role": role}
    answer = Client(base_url)("POST", "/api/v1/auth/register", body)
    problem = turned_away(answer, (400, "validation_error"))
    assert [error["field"] for error in problem["errors"]] == ["role"]


@pytest.mark.parametrize(
    "change",
    [
        *({"role": "administrator"}, {"is_active": True}, {"username": "admin"}),
        *({"id": "x"}, {"password": "a wholly new phrase"}, {"version": 9}),
        *({"creation_time": "2020-01-01T00:00:00Z"}, {"mobile_number": None}),
        {"name": "Nora", "role": "administrator"},
    ],
    ids=str,
)
def test_a_user_can_not_make_more_of_themselves(user, nothing_changes, change):
    nothing_changes()
    answer = user("PATCH", "/api/v1/users/me", change)
    turned_away(answer, (400, "validation_error"))
    assert user("GET", "/api/v1/users/me").json()["role"] == "normal"


def test_a_promo_does_not_change_hands(administrator, ids, base_url, nothing_changes):
    thief = register(base_url)
    thief_id = thief.id
    nothing_changes()
    for change in (
        {"user": thief_id},
        {"user": {"id": thief_id}},
        {"user_id": thief_id},
        {"holder_id": thief_id},
        {"username": thief.username},
        {"promo_amount": 200, "user_id": thief_id},
    ):
        answer = administrator("PATCH", f"/api/v1/promos/{ids['promo_id']}", change)
        turned_away(answer, (400, "validation_error"))
