"""Modify_promo and Delete_promo: versions, adjustments, and what is voided."""

from datetime import timedelta

import pytest
from django.utils import timezone

from promo_service.promos.models import LedgerEntry, PromoRevision

pytestmark = pytest.mark.django_db(transaction=True)


class TestModifyPromo:
    def test_attributes_change_and_each_version_is_kept(
        self, administrator, owner, grant
    ):
        promo = grant(100)
        end = timezone.now() + timedelta(days=3)

        answer = administrator.client.patch(
            f"/api/v1/promos/{promo.id}",
            {"promo_code": "new", "end_time": end.isoformat(), "is_active": False},
        )

        assert answer.status_code == 200
        changed = answer.json()
        assert (changed["promo_code"], changed["version"]) == ("NEW", 2)
        assert (changed["is_active"], changed["status"]) == (False, "inactive")
        assert changed["end_time"] == end.isoformat().replace("+00:00", "Z")
        first, second = PromoRevision.objects.order_by("version")
        assert (first.promo_code, first.is_active) == (promo.promo_code, True)
        assert (second.promo_code, second.is_active) == ("NEW", False)
        assert LedgerEntry.objects.count() == 1

    def test_a_changed_amount_moves_what_is_left_by_an_entry(
        self, administrator, owner, grant
    ):
        promo = grant(100)
        url = f"/api/v1/promos/{promo.id}"
        owner.client.post(f"{url}/use", {"points": 30})

        more = administrator.client.patch(url, {"promo_amount": 150}).json()
        less = administrator.client.patch(url, {"promo_amount": 30}).json()

        assert (more["remaining_points"], more["used_points"]) == (120, 30)
        assert (less["remaining_points"], less["status"]) == (0, "used_up")
        moves = LedgerEntry.objects.order_by("sequence").values_list("type", "points")
        assert list(moves) == [
            ("grant", 100),
            ("use", -30),
            ("adjust", 50),
            ("adjust", -120),
        ]

    def test_an_amount_below_what_is_used_is_refused(
        self, administrator, owner, grant, nothing_changes
    ):
        promo = grant(100)
        owner.client.post(f"/api/v1/promos/{promo.id}/use", {"points": 30})
        nothing_changes()

        answer = administrator.client.patch(
            f"/api/v1/promos/{promo.id}", {"promo_amount": 29}
        )

        assert answer.status_code == 409
        assert answer.json()["code"] == "amount_below_used"

    def test_an_empty_or_equal_change_changes_nothing(
        self, administrator, grant, nothing_changes
    ):
        promo = grant(100)
        nothing_changes()

        for body in ({}, {"promo_amount": 100, "promo_code": promo.promo_code}):
            answer = administrator.client.patch(f"/api/v1/promos/{promo.id}", body)
            assert answer.status_code == 200
            assert answer.json()["version"] == 1

    def test_null_clears_what_may_be_empty_and_nothing_else(
        self, administrator, grant, nothing_changes
    ):
        promo = grant(description="text", end_time=timezone.now() + timedelta(days=1))
        url = f"/api/v1/promos/{promo.id}"

        cleared = administrator.client.patch(
            url, {"description": None, "end_time": None}
        ).json()
        nothing_changes()
        for name in (
            "promo_type",
            "promo_code",
            "promo_amount",
            "start_time",
            "is_active",
        ):
            assert administrator.client.patch(url, {name: None}).status_code == 400

        assert (cleared["description"], cleared["end_time"]) == (None, None)

    @pytest.mark.parametrize("name", ["id", "user_id", "version", "status", "user"])
    def test_a_read_only_field_is_unknown(
        self, administrator, grant, nothing_changes, name
    ):
        promo = grant()
        nothing_changes()

        answer = administrator.client.patch(f"/api/v1/promos/{promo.id}", {name: "x"})

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "unknown_field"

    def test_an_end_before_the_start_is_refused(
        self, administrator, grant, nothing_changes
    ):
        promo = grant()
        nothing_changes()

        answer = administrator.client.patch(
            f"/api/v1/promos/{promo.id}", {"end_time": promo.start_time.isoformat()}
        )

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "end_time"

    def test_a_code_of_another_promo_is_refused(
        self, administrator, grant, nothing_changes
    ):
        promo, other = grant(), grant()
        nothing_changes()

        answer = administrator.client.patch(
            f"/api/v1/promos/{promo.id}", {"promo_code": other.promo_code}
        )

        assert answer.status_code == 409
        assert answer.json()["code"] == "duplicate_promo_code"

    def test_an_end_before_the_start_comes_before_what_is_used(
        self, administrator, owner, grant, nothing_changes
    ):
        url = f"/api/v1/promos/{grant(100).id}"
        owner.client.post(f"{url}/use", {"points": 50})
        nothing_changes()
        early, late = "2001-01-01T00:00:00Z", "2002-01-01T00:00:00Z"

        for body in (
            {"promo_amount": 10, "end_time": early},
            {"start_time": late, "end_time": early, "promo_amount": 10},
        ):
            answer = administrator.client.patch(url, body)
            assert answer.status_code == 400
            (error,) = answer.json()["errors"]
            assert (error["field"], error["code"]) == ("end_time", "end_before_start")


class TestVersions:
    def test_a_promo_carries_its_version_as_etag(self, administrator, grant):
        promo = grant()
        url = f"/api/v1/promos/{promo.id}"

        read = administrator.client.get(url)
        changed = administrator.client.patch(url, {"promo_amount": 7})

        assert (read.headers["ETag"], changed.headers["ETag"]) == ('"1"', '"2"')

    @pytest.mark.parametrize("header", ['"1"', 'W/"1"', "*", '"7", W/"1"'])
    def test_a_fresh_version_is_changed(self, administrator, grant, header):
        url = f"/api/v1/promos/{grant().id}"

        answer = administrator.client.patch(
            url, {"promo_amount": 7}, headers={"If-Match": header}
        )

        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "header", ['"2"', 'W/"11"', "1", "", '"x"', '"01"', '"1"x', '"a,"1"']
    )
    @pytest.mark.parametrize("method", ["patch", "delete"])
    def test_a_stale_version_is_not(
        self, administrator, grant, nothing_changes, method, header
    ):
        url = f"/api/v1/promos/{grant().id}"
        nothing_changes()

        call = getattr(administrator.client, method)
        answer = call(url, {"promo_amount": 7}, headers={"If-Match": header})

        assert answer.status_code == 412
        assert answer.json()["code"] == "version_mismatch"

    def test_a_use_does_not_change_the_version(self, administrator, owner, grant):
        url = f"/api/v1/promos/{grant().id}"
        owner.client.post(f"{url}/use", {"points": 1})

        assert administrator.client.get(url).headers["ETag"] == '"1"'


class TestDeletePromo:
    def test_it_leaves_every_list_and_its_rest_is_voided(
        self, administrator, owner, grant
    ):
        promo = grant(100)
        url = f"/api/v1/promos/{promo.id}"
        owner.client.post(f"{url}/use", {"points": 30})

        answer = administrator.client.delete(url)

        assert (answer.status_code, answer.content) == (204, b"")
        for client in (administrator.client, owner.client):
            assert client.get(url).status_code == 404
            assert client.get(f"{url}/points").status_code == 404
        assert administrator.client.get("/api/v1/promos").json()["results"] == []
        assert owner.client.get("/api/v1/promos/me").json()["results"] == []
        ledger = administrator.client.get(f"{url}/ledger").json()["results"]
        assert [(e["type"], e["points"], e["balance"]) for e in ledger] == [
            ("void", -70, 0),
            ("use", -30, 70),
            ("grant", 100, 100),
        ]
        assert owner.client.get(f"{url}/ledger").status_code == 404
        assert PromoRevision.objects.get(version=2).deleted

    def test_a_second_time_there_is_nothing_to_delete(
        self, administrator, grant, nothing_changes
    ):
        promo = grant()
        administrator.client.delete(f"/api/v1/promos/{promo.id}")
        nothing_changes()

        again = administrator.client.delete(f"/api/v1/promos/{promo.id}")

        assert again.status_code == 404
