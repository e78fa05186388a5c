"""A token has one text, or each of any number would be verified and remembered."""

import pytest
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from chassis.authentication import remembered
from chassis.roles import Role
from promo_service.tests.conftest import access_claims, sign

pytestmark = pytest.mark.django_db(transaction=True)


def ask(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/api/v1/promos/me")


@pytest.mark.parametrize("change", ["{}==", "{}=", "!!!!{}", "{}!!!!", "{}.{}"])
def test_another_text_of_a_good_token_is_refused(change):
    token = sign(access_claims(uuid7(), Role.NORMAL))
    signed, _, signature = token.rpartition(".")
    # The first one fetches the keys, and nothing is remembered across that.
    assert [ask(token).status_code for _ in range(2)] == [200] * 2
    before = len(remembered._found)

    answer = ask(f"{signed}.{change.format(signature, signature)}")

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert len(remembered._found) == before
