"""What the brief asks for, from the first login to the last point."""

from tests_e2e.people import grant, refused


def test_an_administrator_grants_and_a_user_uses(administrator, user):
    created = administrator(
        "POST",
        "/api/v1/promos",
        {
            "username": user.username.upper(),
            "promo_type": "welcome",
            "promo_code": "hello",
            "promo_amount": 100,
            "description": "Welcome aboard",
        },
    )
    assert created.status_code == 201
    promo = created.json()
    path = created.headers["Location"]
    assert promo["user"]["username"] == user.username
    assert (promo["promo_code"], promo["status"]) == ("HELLO", "active")

    modified = administrator("PATCH", path, {"promo_amount": 120})
    assert modified.json()["remaining_points"] == 120

    everybodys = administrator("GET", "/api/v1/promos").json()["results"]
    assert promo["id"] in [row["id"] for row in everybodys]
    mine = user("GET", "/api/v1/promos/me").json()["results"]
    assert [row["id"] for row in mine] == [promo["id"]]

    used = user("POST", f"{path}/use", {"points": 50, "task": "A coffee"})
    assert used.status_code == 201
    assert (used.json()["task"], used.json()["remaining_points"]) == ("A coffee", 70)
    assert user("GET", f"/api/v1/redemptions/{used.json()['id']}").json() == used.json()

    points = user("GET", f"{path}/points").json()
    assert points == {
        "promo_id": promo["id"],
        "promo_amount": 120,
        "used_points": 50,
        "remaining_points": 70,
        "status": "active",
    }
    ledger = user("GET", f"{path}/ledger").json()["results"]
    assert [(entry["type"], entry["points"]) for entry in ledger] == [
        ("use", -50),
        ("adjust", 20),
        ("grant", 100),
    ]

    assert administrator("DELETE", path).status_code == 204
    assert user("GET", "/api/v1/promos/me").json()["results"] == []
    refused(user("POST", f"{path}/use", {"points": 1}), 404, "not_found")


def test_pages_are_followed_by_their_links(administrator, user):
    paths = [grant(administrator, user, 1) for _ in range(5)]

    url, found = "/api/v1/promos/me?page_size=2", []
    while url:
        page = user("GET", url).json()
        found += ["/api/v1/promos/" + row["id"] for row in page["results"]]
        url = page["next"]

    assert found == paths[::-1]


def test_every_answer_carries_the_clients_request_id(user, administrator):
    for path, status in [("/api/v1/promos/me", 200), ("/nowhere", 404)]:
        answer = user("GET", path, X_Request_ID="my-own-id-1")
        assert answer.status_code == status
        assert answer.headers["X-Request-ID"] == "my-own-id-1"
