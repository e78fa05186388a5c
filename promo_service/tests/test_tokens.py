"""Tokens that are none get 401, and nobody makes the services ask all day."""

import base64
import hashlib
import hmac
import importlib
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from chassis import metric_files
from chassis.roles import Role
from local.waiting import wait_until
from promo_service.holders import keys
from promo_service.promos import background
from promo_service.tests.conftest import KID, PRIVATE_KEY, access_claims, jwk, sign

pytestmark = pytest.mark.django_db(transaction=True)


class TestTokens:
    def ask(self, token):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client.get("/api/v1/promos/me")

    def claims(self, **changes):
        return access_claims(uuid7(), Role.NORMAL, **changes)

    def refused(self, token, code="invalid_token"):
        answer = self.ask(token)
        assert answer.status_code == 401
        assert answer.json()["code"] == code

    def test_a_good_token_is_let_in_without_asking_twice(self, auth_service):
        token = sign(self.claims())

        assert [self.ask(token).status_code for _ in range(3)] == [200] * 3
        assert auth_service.asked("/.well-known/jwks.json") == 1

    def test_a_token_that_is_unsigned_is_refused(self):
        self.refused(jwt.encode(self.claims(), "", algorithm="none"))

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    def test_hs256_with_the_public_key_is_refused(self):
        pem = PRIVATE_KEY.public_key().public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
        header = {"alg": "HS256", "typ": "JWT", "kid": KID}

        def part(content):
            return base64.urlsafe_b64encode(content).rstrip(b"=")

        now = int(datetime.now(UTC).timestamp())
        claims = self.claims(iat=now, exp=now + 300)
        signed = (
            part(json.dumps(header).encode()) + b"." + part(json.dumps(claims).encode())
        )
        mac = hmac.new(pem, signed, hashlib.sha256).digest()
        self.refused((signed + b"." + part(mac)).decode())

    def test_an_expired_token_is_said_to_be_expired(self):
        long_ago = datetime.now(UTC) - timedelta(seconds=31)
        self.refused(sign(self.claims(exp=long_ago)), "token_expired")

    @pytest.mark.parametrize("seconds", [301, 3600, 10 * 365 * 86400])
    def test_one_that_lasts_longer_than_the_contract_allows_is_refused(self, seconds):
        now = datetime.now(UTC)
        whole = {"iat": now, "exp": now + timedelta(seconds=seconds)}
        self.refused(sign(self.claims(**whole)))
        shorter = {"iat": now, "exp": now + timedelta(seconds=300)}
        assert self.ask(sign(self.claims(**shorter))).status_code == 200

    @pytest.mark.parametrize("claim", ["iat", "exp"])
    def test_a_time_that_is_no_whole_number_is_refused(self, claim):
        now = int(datetime.now(UTC).timestamp())
        good = {"iat": now, "exp": now + 300}
        for odd in (str(good[claim]), good[claim] + 0.5, float("inf"), [5]):
            self.refused(sign(self.claims(**{**good, claim: odd})))

    def test_half_a_minute_of_leeway_is_given(self):
        just_now = datetime.now(UTC) - timedelta(seconds=20)
        assert self.ask(sign(self.claims(exp=just_now))).status_code == 200

    def test_a_remembered_token_expires_all_the_same(self):
        nearly = datetime.now(UTC) - timedelta(seconds=26)
        token = sign(self.claims(exp=nearly))
        # The first one fetches the keys, and nothing is remembered across that.
        assert [self.ask(token).status_code for _ in range(2)] == [200] * 2

        time.sleep(4.1)

        self.refused(token, "token_expired")

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": "somebody-else"},
            {"iss": "somebody-else"},
            {"token_type": "refresh"},
            {"token_type": "service"},
            {"role": "root"},
            {"sub": "me"},
            {"sid": "none"},
            {"iat": datetime.now(UTC) + timedelta(hours=1)},
            {"nbf": datetime.now(UTC) + timedelta(hours=1)},
        ],
        ids="-".join,
    )
    def test_a_wrong_claim_is_refused(self, changes):
        self.refused(sign(self.claims(**changes)))

    @pytest.mark.parametrize(
        "claim", ["aud", "iss", "exp", "iat", "sub", "role", "sid", "jti", "token_type"]
    )
    def test_a_missing_claim_is_refused(self, claim):
        self.refused(sign(self.claims(**{claim: None})))

    def test_another_key_under_a_known_kid_is_refused(self):
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.refused(sign(self.claims(), key=other))
        self.refused(sign(self.claims(), kid=None))

    @pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer caf\u00e9"])
    def test_a_header_without_a_token_is_invalid(self, header):
        answer = APIClient().get("/api/v1/promos/me", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.json()["code"] == "invalid_token"

    def test_unknown_kids_make_the_process_ask_once_in_10_seconds(
        self, auth_service, monkeypatch
    ):
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        assert self.ask(sign(self.claims())).status_code == 200
        keys.key_set._asked_at -= 10

        for number in range(20):
            self.refused(sign(self.claims(), key=other, kid=f"unknown-{number}"))

        assert auth_service.asked("/.well-known/jwks.json") == 2

    def test_a_rotated_key_is_learnt_when_it_is_first_met(self, auth_service):
        assert self.ask(sign(self.claims())).status_code == 200
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        auth_service.keys.append(jwk(other, "the-next"))
        keys.key_set._asked_at -= 10

        answer = self.ask(sign(self.claims(), key=other, kid="the-next"))

        assert answer.status_code == 200

    def test_a_withdrawn_key_ends_what_was_remembered(self, auth_service):
        token = sign(self.claims())
        assert self.ask(token).status_code == 200
        auth_service.keys.clear()
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        auth_service.keys.append(jwk(other, "the-next"))
        keys.key_set._asked_at -= 10
        assert (
            self.ask(sign(self.claims(), key=other, kid="the-next")).status_code == 200
        )

        self.refused(token)

    def test_with_auth_down_the_known_keys_serve_for_a_day(self, auth_service):
        token = sign(self.claims())
        assert self.ask(token).status_code == 200
        auth_service.down()
        keys.key_set._fetched_at -= 23 * 3600
        keys.key_set._asked_at -= 10
        assert self.ask(sign(self.claims())).status_code == 200

        keys.key_set._fetched_at -= 3600
        keys.key_set._asked_at -= 10

        answer = self.ask(sign(self.claims()))
        assert answer.status_code == 503
        assert answer.json()["code"] == "unavailable"

    def test_without_any_key_the_service_is_unavailable_and_not_ready(
        self, auth_service
    ):
        auth_service.down()

        answer = self.ask(sign(self.claims()))

        assert answer.status_code == 503
        assert not keys.are_known()


def test_a_worker_knows_the_keys_before_the_first_token_comes(
    auth_service, monkeypatch
):
    """Fetched with the first token alone, they could be out of reach by then."""
    monkeypatch.setattr(keys, "LOOK_AT_AGE_SECONDS", 0.01)
    monkeypatch.setattr(keys, "ASK_AGAIN_WITHOUT_KEYS_SECONDS", 0)
    known, auth_service.keys = auth_service.keys, []
    over = threading.Event()
    thread = keys.keep_fresh(over)
    assert wait_until(lambda: auth_service.asked("/.well-known/jwks.json") > 1, 5)

    auth_service.keys = known
    assert wait_until(lambda: bool(keys.key_set._keys), 5)
    over.set()
    thread.join(timeout=5)

    auth_service.down()
    assert keys.key_set.find(KID) is not None


def test_where_auth_service_answers_the_first_fetch_is_over_when_a_worker_begins(
    auth_service,
):
    over = threading.Event()
    thread = keys.keep_fresh(over)
    assert keys.key_set._keys.keys() == {KID}
    over.set()
    thread.join(timeout=5)


def test_each_worker_fetches_ahead_and_finishes_what_is_left_to_do(
    monkeypatch, tmp_path
):
    monkeypatch.setenv(metric_files.VARIABLE, str(tmp_path / "metrics"))
    settings_of_gunicorn = importlib.import_module("promo_service.config.gunicorn")
    asked = []
    monkeypatch.setattr(keys, "keep_fresh", lambda: asked.append("keys"))
    monkeypatch.setattr(background, "start", lambda: asked.append("pieces"))
    worker = SimpleNamespace(cfg=SimpleNamespace(threads=4))

    settings_of_gunicorn.post_worker_init(worker)

    assert asked == ["keys", "pieces"]
