"""The last value that fits is taken; the first that does not is in the other tests."""

import pytest

from promo_service.promos.models import IdempotencyKey, Promo

pytestmark = pytest.mark.django_db(transaction=True)

LARGEST = 10**9


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("promo_type", "x"),
        ("promo_type", "x" * 50),
        ("promo_type", "a-b_c-1"),
        ("promo_code", "!"),
        ("promo_code", "~" * 50),
        ("promo_amount", 1),
        ("promo_amount", LARGEST),
        ("description", "x"),
        ("description", "\U0001f381" * 500),
        ("description", "two\nlines"),
        ("description", None),
        ("start_time", "0001-01-01T00:00:00Z"),
        ("end_time", "9999-12-31T23:59:59Z"),
        ("end_time", "2030-01-01T00:00:00.000001+14:00"),
        ("end_time", None),
        ("is_active", False),
    ],
)
def test_a_promo_takes_the_last_value_that_fits(administrator, owner, field, value):
    body = {
        "user_id": str(owner.id),
        "promo_type": "gift",
        "promo_code": "CODE",
        "promo_amount": 5,
        field: value,
    }

    created = administrator.client.post("/api/v1/promos", body)

    assert created.status_code == 201, created.content
    if not field.endswith("_time"):
        assert created.json()[field] == value
    read = administrator.client.get(created.headers["Location"])
    assert read.json() == created.json()
    changed = administrator.client.patch(
        created.headers["Location"], {field: value} if value != "x" else {}
    )
    assert changed.status_code == 200
    assert changed.json()["version"] == 1


@pytest.mark.parametrize("task", ["x", "x" * 140, " " + "e\u0301" * 140 + " "])
def test_a_task_is_measured_after_it_is_normalised(owner, grant, task):
    promo = grant(LARGEST)

    used = owner.client.post(
        f"/api/v1/promos/{promo.id}/use",
        {"points": LARGEST, "task": task},
        headers={"Idempotency-Key": "~" * 255},
    )

    assert used.status_code == 201
    assert len(used.json()["task"]) in (1, 140)
    assert Promo.objects.get().remaining_points == 0
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("size", ["1", "200"])
def test_a_page_takes_1_to_200(administrator, grant, size):
    grant()

    answer = administrator.client.get(f"/api/v1/promos?page_size={size}")

    assert answer.status_code == 200
    assert len(answer.json()["results"]) == 1


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("Thanks \u202eecin", False),
        ("\u202dx", False),
        ("\u2067 x", False),
        ("x \u202a", False),
        ("\u2066x\u2069 y", True),
        ("\u0645\u0631\u062d\u0628\u0627 \u200eabc\u200f!", True),
        ("\U0001f468\u200d\U0001f469 \u2764\ufe0f", True),
    ],
)
def test_free_text_turns_nothing_beside_it(administrator, owner, grant, text, fits):
    promo = grant()
    path = f"/api/v1/promos/{promo.id}"
    used = owner.client.post(f"{path}/use", {"points": 2}).json()
    reverse = f"/api/v1/redemptions/{used['id']}/reverse"

    answers = [
        administrator.client.patch(path, {"description": text}),
        owner.client.post(f"{path}/use", {"points": 1, "task": text}),
        owner.client.post("/api/v1/promos/me/use", {"points": 1, "task": text}),
        administrator.client.post(reverse, {"points": 1, "reason": text}),
    ]

    for answer in answers:
        assert (answer.status_code < 300) is fits
        if not fits:
            (fault,) = answer.json()["errors"]
            assert fault["code"] == "direction"
    assert Promo.objects.get().remaining_points == (97 if fits else 98)
