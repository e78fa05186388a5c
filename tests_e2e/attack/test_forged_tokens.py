"""Tokens that are none: at both services, and where a refresh token is due."""

import json
import time
from typing import Any

import jwt
import pytest

from tests_e2e.attack.expectations import PATHS, refused_everywhere, turned_away
from tests_e2e.attack.forging import (
    as_segment,
    base64url,
    claims_of,
    signed_with_key,
    signed_with_secret,
    unsigned,
)
from tests_e2e.gateway.recording import run_service
from tests_e2e.people import Client

HOUR = 3600


def as_administrator(user: Client) -> dict[str, Any]:
    """What a forger would like their token to say."""
    return {**claims_of(user.access), "role": "administrator", "exp": 4_000_000_000}


def test_the_forge_makes_good_tokens_when_told_nothing_else(user, signing_key, forger):
    token = signed_with_key(forger.header(), claims_of(user.access), signing_key)
    for path in PATHS:
        assert Client(user.base_url, access=token)("GET", path).status_code == 200


@pytest.mark.parametrize(
    "algorithm",
    [*("none", "None", "NONE", "nOnE", "none ", "\tnone", ""), None, 0, [], {}, ...],
    ids=repr,
)
def test_a_token_that_says_it_needs_no_signature(user, forger, algorithm):
    header = forger.header(alg=algorithm)
    signature = user.access.split(".")[2]
    for claims in (claims_of(user.access), as_administrator(user)):
        for token in (
            unsigned(header, claims),
            unsigned(header, claims, signature),
            unsigned(header, claims).rstrip("."),
        ):
            refused_everywhere(user, token)


@pytest.mark.parametrize("size", ["256", "384", "512"])
def test_the_public_key_taken_for_a_secret(user, forger, size):
    for secret in forger.spellings_of_the_public_key().values():
        header = forger.header(alg=f"HS{size}")
        claims = as_administrator(user)
        refused_everywhere(user, signed_with_secret(header, claims, secret, size))


@pytest.mark.parametrize("size", ["256", "384", "512"])
def test_a_key_that_is_not_ours_under_the_name_of_one_that_is(user, forger, size):
    header = forger.header(alg=f"RS{size}")
    token = signed_with_key(header, as_administrator(user), forger.own_key, size)
    refused_everywhere(user, token)


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "ES256", "EdDSA"])
def test_another_algorithm_even_with_the_right_key(
    user, signing_key, forger, algorithm
):
    size = algorithm[2:] if algorithm.startswith("RS") else "256"
    header = forger.header(alg=algorithm)
    token = signed_with_key(header, claims_of(user.access), signing_key, size)
    refused_everywhere(user, token)


@pytest.mark.parametrize(
    "kid",
    [
        *("../../../../../../dev/null", "/dev/null", "/etc/passwd", "file:///dev/null"),
        *("http://127.0.0.1:1/key.pem", "https://example.org/jwks.json"),
        *("' UNION SELECT 'key' -- ", "1; DROP TABLE promo", "${jndi:ldap://x/}"),
        *("", " ", "\u0000", "x" * 5000, "20260101T0000Z.pem", "é"),
        *(None, ..., 0, 1.5, True, [], {}, {"$ne": None}),
    ],
    ids=lambda kid: repr(kid)[:40],
)
def test_a_key_id_that_names_no_key(user, forger, kid):
    claims = as_administrator(user)
    for token in (
        signed_with_key(forger.header(kid=kid), claims, forger.own_key),
        signed_with_secret(forger.header(kid=kid, alg="HS256"), claims, b"", "256"),
    ):
        refused_everywhere(user, token)


def test_the_right_key_id_in_another_guise(user, signing_key, forger):
    for kid in ([forger.kid], {"kid": forger.kid}, forger.kid + "\0", f" {forger.kid}"):
        header = forger.header(kid=kid)
        token = signed_with_key(header, claims_of(user.access), signing_key)
        refused_everywhere(user, token)


@pytest.mark.parametrize("kid", ["the real one", "https://…", ...], ids=repr)
def test_a_header_that_brings_a_key_or_says_where_one_is(user, forger, kid):
    claims = as_administrator(user)
    with run_service() as attacker:
        attacker.answer_with(keys=[forger.own_jwk()])
        url = f"http://{attacker.address}/jwks.json"
        wanted = {"the real one": forger.kid, "https://…": url}.get(kid, ...)
        for brought in (
            {"jwk": forger.own_jwk()},
            {"jku": url},
            {"x5u": url},
            {"x5c": [forger.own_certificate()]},
            {"jwk": forger.own_jwk(), "jku": url, "x5u": url},
            {"jku": url, "crit": ["jku"]},
        ):
            header = forger.header(kid=wanted, **brought)
            refused_everywhere(user, signed_with_key(header, claims, forger.own_key))
        assert attacker.received == []


def test_an_issuer_that_says_where_its_keys_are_is_not_asked(user, forger):
    with run_service() as attacker:
        attacker.answer_with(keys=[forger.own_jwk()])
        claims = {**as_administrator(user), "iss": f"http://{attacker.address}"}
        token = signed_with_key(forger.header(), claims, forger.own_key)
        refused_everywhere(user, token)
        assert attacker.received == []


@pytest.mark.parametrize(
    "extension", [{"crit": ["exp"]}, {"b64": False, "crit": ["b64"]}, {"crit": []}]
)
def test_an_extension_that_must_be_understood_and_is_not(
    user, signing_key, forger, extension
):
    header = forger.header(**extension)
    refused_everywhere(
        user, signed_with_key(header, claims_of(user.access), signing_key)
    )


@pytest.mark.parametrize(
    "changes",
    [
        *({"aud": "another"}, {"aud": "promo_service"}, {"aud": None}, {"aud": []}),
        *({"iss": "another"}, {"iss": ""}, {"iss": None}, {"iss": ["promo-system"]}),
        *({"token_type": "refresh"}, {"token_type": "service"}, {"token_type": None}),
        *({"role": None}, {"role": "owner"}, {"role": ["administrator"]}),
        *({"role": "ADMINISTRATOR"}, {"sub": None}, {"sub": ""}, {"sub": "admin"}),
        *({"sub": 1}, {"sid": None}, {"sid": "x"}, {"exp": None}, {"exp": "soon"}),
        *({"exp": [1]}, {"nbf": int(time.time()) + HOUR}, {"nbf": "x"}, {"iat": None}),
        *({"iat": int(time.time()) + HOUR}, {"username": None}),
    ],
    ids=str,
)
def test_a_token_of_ours_with_a_wrong_claim(user, signing_key, forger, changes):
    """Only a mistake of ours could sign these; they are refused all the same."""
    claims = claims_of(user.access) | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    refused_everywhere(user, signed_with_key(forger.header(), claims, signing_key))


def test_an_expired_token_is_said_to_be_expired(user, signing_key, forger):
    claims = {**claims_of(user.access), "exp": int(time.time()) - 120}
    token = signed_with_key(forger.header(), claims, signing_key)
    refused_everywhere(user, token, "token_expired")


def test_an_expired_token_of_somebody_else_s_key_is_just_invalid(user, forger):
    claims = {**claims_of(user.access), "exp": int(time.time()) - 120}
    token = signed_with_key(forger.header(), claims, forger.own_key)
    refused_everywhere(user, token, "invalid_token")


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "administrator"},
        {"sub": "018f3c52-7a3b-7c1e-9d52-0a1b2c3d4e5f"},
        {"exp": 4_000_000_000},
        {},
    ],
    ids=str,
)
def test_a_payload_that_was_changed_after_it_was_signed(user, changes):
    head, _, signature = user.access.split(".")
    changed = claims_of(user.access) | changes
    token = f"{head}.{as_segment(json.dumps(changed, indent=1).encode())}.{signature}"
    refused_everywhere(user, token)


def test_a_signature_that_was_changed_or_is_another_token_s(user, stranger):
    head, payload, signature = user.access.split(".")
    raw = jwt.utils.base64url_decode(signature)
    flipped = [bytes([raw[0] ^ 1]) + raw[1:], raw[:-1] + bytes([raw[-1] ^ 1])]
    others = [raw[:-1], raw + b"\0", raw[::-1], b"", b"\0" * 256, b"\xff" * 256]
    for changed in (*flipped, *others):
        refused_everywhere(user, f"{head}.{payload}.{base64url(changed)}")
    refused_everywhere(user, f"{head}.{payload}.{stranger.access.split('.')[2]}")


def test_one_kind_of_token_in_place_of_another(user, stack, signing_key, forger):
    refused_everywhere(user, user.refresh)
    for route in ("/api/v1/auth/token/refresh", "/api/v1/auth/logout"):
        anybody = Client(user.base_url)
        answer = anybody("POST", route, {"refresh": user.access})
        turned_away(answer, (401, "invalid_token"))
    # The session is as it was.
    renewed = user("POST", "/api/v1/auth/token/refresh", {"refresh": user.refresh})
    assert renewed.status_code == 200


@pytest.mark.parametrize("path", [*PATHS, "/api/v1/users", "/api/v1/promos"])
def test_a_service_s_token_is_of_no_use_outside(user, stack, signing_key, forger, path):
    environment = stack.environment("promo_service")
    credentials = {
        "client_id": environment["SERVICE_CLIENT_ID"],
        "client_secret": environment["SERVICE_CLIENT_SECRET"],
    }
    internal = Client(stack.internal_url("auth_service"))
    issued = internal("POST", "/internal/v1/service-token", credentials)
    assert issued.status_code == 200, issued.text
    tokens = [issued.json()["access"]]
    for audience in ("promo_service", "promo-system-api"):
        claims = {**claims_of(tokens[0]), "sub": "auth_service", "aud": audience}
        tokens.append(signed_with_key(forger.header(), claims, signing_key))
    for token in tokens:
        answer = Client(user.base_url, access=token)("GET", path)
        turned_away(answer, (401, "invalid_token"))


def test_a_refresh_token_of_a_forger_ends_no_session(user, forger, nothing_changes):
    nothing_changes()
    claims = claims_of(user.refresh)
    for token in (
        unsigned(forger.header(alg="none"), claims),
        signed_with_key(forger.header(), claims, forger.own_key),
        signed_with_secret(forger.header(alg="HS256"), claims, b"", "256"),
        f"{user.refresh}=",
        f"{user.refresh}!",
        f" {user.refresh}",
        "[" * 16_000,
        "x" * 16_000,
        "\0",
        "é.é.é",
    ):
        for route in ("/api/v1/auth/token/refresh", "/api/v1/auth/logout"):
            answer = Client(user.base_url)("POST", route, {"refresh": token})
            turned_away(answer, (401, "invalid_token"))
