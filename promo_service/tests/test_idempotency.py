"""Idempotency keys of uses: one effect, the first answer again, another request 422."""

import pytest

from promo_service.holders.models import Holder
from promo_service.promos.models import IdempotencyKey, LedgerEntry, Redemption
from promo_service.promos.services.modifying import delete_promo

pytestmark = pytest.mark.django_db(transaction=True)


def use(person, promo, body, **headers):
    return person.client.post(f"/api/v1/promos/{promo.id}/use", body, headers=headers)


def test_a_retry_gets_the_first_answer_and_takes_nothing(owner, grant):
    promo = grant(100)
    first = use(owner, promo, {"points": 60}, **{"Idempotency-Key": "once"})

    again = use(owner, promo, {"points": 60}, **{"Idempotency-Key": "once"})

    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    promo.refresh_from_db()
    assert promo.remaining_points == 40
    assert IdempotencyKey.objects.count() == 1


def test_a_retry_gets_the_first_answer_even_if_all_has_changed(
    owner, administrator, grant
):
    promo = grant(100)
    first = use(owner, promo, {"points": 60}, **{"Idempotency-Key": "once"})
    delete_promo(actor=administrator.caller, promo_id=promo.id)
    Holder.objects.update(is_active=False)

    again = use(owner, promo, {"points": 60}, **{"Idempotency-Key": "once"})

    assert (again.status_code, again.json()) == (201, first.json())


def test_another_request_under_the_key_is_422(owner, grant):
    promo, other = grant(100), grant(100)
    use(owner, promo, {"points": 60}, **{"Idempotency-Key": "once"})

    for where, body in [(promo, {"points": 61}), (other, {"points": 60})]:
        answer = use(owner, where, body, **{"Idempotency-Key": "once"})
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_reused"

    assert LedgerEntry.objects.filter(type="use").count() == 1


def test_a_refused_use_leaves_its_key_free(owner, grant):
    promo = grant(10)
    use(owner, promo, {"points": 11}, **{"Idempotency-Key": "free"})
    assert not IdempotencyKey.objects.exists()

    answer = use(owner, promo, {"points": 10}, **{"Idempotency-Key": "free"})

    assert answer.status_code == 201


def test_a_key_belongs_to_its_caller(owner, administrator, grant):
    promo = grant(100)
    use(owner, promo, {"points": 1}, **{"Idempotency-Key": "mine"})

    answer = use(administrator, promo, {"points": 1}, **{"Idempotency-Key": "mine"})

    assert "Idempotent-Replayed" not in answer.headers
    assert LedgerEntry.objects.filter(type="use").count() == 2


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "caf\u00e9"])
def test_a_key_that_is_none_is_refused(owner, grant, nothing_changes, key):
    promo = grant()
    nothing_changes()

    answer = use(owner, promo, {"points": 1}, **{"Idempotency-Key": key})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize(
    ("header", "key", "code"),
    [
        # As chassis.gunicorn_worker gives on what was sent twice.
        ("Idempotency-Key", "k\nk", "repeated"),
        ("X-Idempotency-Key", "k", "misspelt"),
        ("x-idempotency-key", "", "misspelt"),
        ("Idempotent-Key", "k", "misspelt"),
        ("IdempotencyKey", "k", "misspelt"),
    ],
)
def test_a_key_that_would_be_ignored_is_refused_on_every_post(
    administrator, owner, grant, nothing_changes, header, key, code
):
    promo = grant()
    use(owner, promo, {"points": 1})
    redemption = Redemption.objects.get()
    row = {
        "user_id": str(owner.id),
        "promo_type": "gift",
        "promo_code": "NEW",
        "promo_amount": 1,
    }
    posts = [
        ("promos", row),
        ("promos/bulk", {"promos": [row]}),
        (f"promos/{promo.id}/use", {"points": 1}),
        (f"redemptions/{redemption.id}/reverse", {}),
    ]
    nothing_changes()
    for path, body in posts:
        for more in ({}, {"Idempotency-Key": "good"}):
            answer = administrator.client.post(
                f"/api/v1/{path}", body, headers={**more, header: key}
            )
            assert answer.status_code == 400, path
            (fault,) = answer.json()["errors"]
            assert fault["field"].lower() == header.lower()
            assert fault["code"] == code
    answer = owner.client.post(
        "/api/v1/promos/me/use", {"points": 1}, headers={header: key}
    )
    assert answer.status_code == 400


def test_ids_in_upper_case_are_the_same_request(owner, administrator, grant):
    promo = grant()
    key = {"Idempotency-Key": "once"}
    path = f"/api/v1/promos/{promo.id}/use"
    upper = f"/api/v1/promos/{str(promo.id).upper()}/use"
    first = owner.client.post(path, {"points": 60}, headers=key)
    again = owner.client.post(upper, {"points": 60}, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    row = {"promo_type": "gift", "promo_code": "A", "promo_amount": 1}
    ids = (str(owner.id), str(owner.id).upper())
    made, made_again = (
        administrator.client.post(
            "/api/v1/promos", {**row, "user_id": one}, headers=key
        )
        for one in ids
    )
    assert (made_again.status_code, made_again.content) == (201, made.content)
