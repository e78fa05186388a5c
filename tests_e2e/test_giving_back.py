"""Points used from all promos at once, and given back, through the gateway."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests_e2e.people import grant, refused


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def test_points_of_several_promos_are_used_at_once_and_given_back(administrator, user):
    lasting = grant(administrator, user, 100)
    ending = grant(administrator, user, 10, end_time=in_an_hour())

    used = user("POST", "/api/v1/promos/me/use", {"points": 25, "task": "A weekend"})
    assert used.status_code == 201, used.text
    redemption = used.json()
    assert redemption["remaining_points"] == 85
    assert [part["points"] for part in redemption["parts"]] == [10, 15]
    assert ending.endswith(redemption["parts"][0]["promo_id"])

    path = f"/api/v1/redemptions/{redemption['id']}"
    assert user("GET", path).json() == redemption
    refused(user("POST", f"{path}/reverse", {}), 403, "permission_denied")
    back = administrator(
        "POST", f"{path}/reverse", {"points": 20, "reason": "Rain all weekend"}
    )
    assert back.status_code == 201, back.text
    assert [part["reversed_points"] for part in back.json()["parts"]] == [5, 15]
    points = [
        user("GET", f"{p}/points").json()["remaining_points"] for p in (ending, lasting)
    ]
    assert points == [5, 100]
    ledger = user("GET", f"{lasting}/ledger").json()["results"]
    assert [(entry["type"], entry["points"]) for entry in ledger] == [
        ("reverse", 15),
        ("use", -15),
        ("grant", 100),
    ]
    too_much = administrator("POST", f"{path}/reverse", {"points": 6})
    refused(too_much, 409, "reversal_exceeds_redemption")


def test_many_retries_of_a_reversal_give_back_once(administrator, user):
    promo = grant(administrator, user, 100)
    used = user("POST", f"{promo}/use", {"points": 40}).json()
    path = f"/api/v1/redemptions/{used['id']}/reverse"
    key = uuid4().hex

    def reverse(_: int) -> str:
        answer = administrator("POST", path, {"points": 10}, Idempotency_Key=key)
        assert answer.status_code == 201, answer.text
        return str(answer.text)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(reverse, range(16)))

    assert len(answers) == 1
    assert user("GET", f"{promo}/points").json()["remaining_points"] == 70


def test_a_redemption_of_a_deleted_promo_is_readable_and_not_reversible(
    administrator, user, stranger
):
    promo = grant(administrator, user, 100)
    used = user("POST", f"{promo}/use", {"points": 40}).json()
    path = f"/api/v1/redemptions/{used['id']}"
    assert administrator("DELETE", promo).status_code == 204

    refused(administrator("POST", f"{path}/reverse", {}), 409, "promo_deleted")
    assert user("GET", path).json() == used
    refused(stranger("GET", path), 404, "not_found")
    ledger = administrator("GET", f"{promo}/ledger").json()["results"]
    assert [entry["type"] for entry in ledger] == ["void", "use", "grant"]
