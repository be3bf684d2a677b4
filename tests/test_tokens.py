"""The portal's OpenID Connect tokens, against a real issuer that runs beside the tests and changes its keys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError
from starlette.testclient import TestClient

from kolmatch.errors import NotSignedIn, StoreError
from kolmatch.settings import AccessSettings, Settings
from serving.access.callers import Caller, Role
from serving.access.tokens import Tokens
from tests.api_world import SMALL, TinyAnswers, assert_refused, client_of, key_of, own_store
from tests.issuer import AUDIENCE, Issuer, running_issuer

RATE = 100


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


def settings(issuer: Issuer, **changed: Any) -> AccessSettings:
    given = {
        "oidc_issuer": issuer.address,
        "oidc_audience": AUDIENCE,
        "oidc_jwks_url": f"{issuer.address}/keys",
        "oidc_refresh_s": 0.0,
        "oidc_roles": {"can-bo": "staff", "lanh-dao": "approver", "xem": "viewer"},
    }
    return AccessSettings.model_validate({**given, **changed})


def claims(issuer: Issuer, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {
        "iss": issuer.address,
        "aud": AUDIENCE,
        "sub": "u-17",
        "iat": now,
        "exp": now + 300,
        "roles": ["can-bo"],
        "department": "so-tttt",
    }
    return {name: value for name, value in {**given, **changed}.items() if value is not None}


def test_a_token_says_who_asks_with_which_role_for_which_department(issuer: Issuer) -> None:
    found = Tokens.of(settings(issuer)).caller(issuer.token(claims(issuer)), RATE)
    assert found == Caller("oidc:u-17", Role.STAFF, "so-tttt", RATE)


@pytest.mark.parametrize(
    ("claim", "role"),
    [("xem", Role.VIEWER), (["xem", "lanh-dao", "can-bo"], Role.APPROVER), (["khac", "xem"], Role.VIEWER)],
)
def test_of_several_roles_the_highest_holds(issuer: Issuer, claim: object, role: Role) -> None:
    assert Tokens.of(settings(issuer)).caller(issuer.token(claims(issuer, roles=claim)), RATE).role is role


def test_claims_are_named_by_the_settings(issuer: Issuer) -> None:
    own = settings(issuer, oidc_role_claim="groups", oidc_department_claim="org")
    token = issuer.token(claims(issuer, roles=None, department=None, groups=["can-bo"], org="q1"))
    assert Tokens.of(own).caller(token, RATE).department == "q1"


NOW = int(time.time())


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-service"},
        {"aud": None},
        {"exp": NOW - 120},
        {"exp": None},
        {"iat": NOW + 3600},
        {"iat": None},
        {"nbf": NOW + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 201},
        {"roles": ["khac"]},
        {"roles": None},
        {"roles": {"can-bo": True}},
        {"roles": [["can-bo"]]},
        {"department": None},
        {"department": 7},
    ],
    ids=lambda given: "-".join(given),
)
def test_a_token_that_does_not_hold_is_refused(issuer: Issuer, changed: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        Tokens.of(settings(issuer)).caller(issuer.token(claims(issuer, **changed)), RATE)


def test_clocks_may_differ_by_the_setting_and_no_more(issuer: Issuer) -> None:
    now = int(time.time())
    tokens = Tokens.of(settings(issuer, oidc_leeway_s=60.0))
    assert tokens.caller(issuer.token(claims(issuer, exp=now - 30, iat=now + 30)), RATE)
    with pytest.raises(NotSignedIn):
        tokens.caller(issuer.token(claims(issuer, exp=now - 90)), RATE)


def test_a_token_signed_by_another_with_the_issuers_key_name_is_refused(issuer: Issuer) -> None:
    forged = issuer.token(claims(issuer), key=ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(NotSignedIn):
        Tokens.of(settings(issuer)).caller(forged, RATE)


def test_tokens_without_a_signature_or_signed_with_the_public_key_as_a_secret_are_refused(issuer: Issuer) -> None:
    tokens = Tokens.of(settings(issuer))
    public = next(iter(issuer.keys.values())).public_key()
    secret = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    for forged in (
        issuer.token(claims(issuer), algorithm="none", key=""),
        issuer.token(claims(issuer), algorithm="HS256", key=secret),
    ):
        with pytest.raises(NotSignedIn):
            tokens.caller(forged, RATE)


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "é.é.é", "." * 50, "x" * 5000])
def test_what_is_no_token_is_refused(issuer: Issuer, token: str) -> None:
    with pytest.raises(NotSignedIn):
        Tokens.of(settings(issuer)).caller(token, RATE)


def test_new_keys_are_taken_up_and_old_ones_let_go_when_the_issuer_changes_them(issuer: Issuer) -> None:
    tokens = Tokens.of(settings(issuer))
    old = issuer.token(claims(issuer))
    assert tokens.caller(old, RATE)
    issuer.rotate("second")
    assert tokens.caller(issuer.token(claims(issuer)), RATE)
    with pytest.raises(NotSignedIn):
        tokens.caller(old, RATE)


def test_the_issuer_is_asked_once_for_many_tokens_and_not_for_each_invented_key(issuer: Issuer) -> None:
    tokens = Tokens.of(settings(issuer, oidc_refresh_s=60.0))
    for _ in range(5):
        tokens.caller(issuer.token(claims(issuer)), RATE)
    for number in range(5):
        with pytest.raises(NotSignedIn):
            tokens.caller(issuer.token(claims(issuer), kid=f"invented-{number}"), RATE)
    assert issuer.asked == 1


def test_an_issuer_that_is_down_is_no_refusal_of_the_token(issuer: Issuer) -> None:
    issuer.broken = True
    tokens = Tokens.of(settings(issuer))
    with pytest.raises(StoreError):
        tokens.caller(issuer.token(claims(issuer)), RATE)
    issuer.broken = False
    assert tokens.caller(issuer.token(claims(issuer)), RATE)


@pytest.mark.parametrize("given", [{"oidc_issuer": "https://a"}, {"oidc_issuer": "https://a", "oidc_audience": "b"}])
def test_an_issuer_without_audience_or_keys_is_a_wrong_setting(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="belong together"):
        AccessSettings.model_validate(given)


def test_the_service_takes_tokens_and_keys_side_by_side_and_is_no_demo(issuer: Issuer) -> None:
    store = own_store()
    client: TestClient = client_of(TinyAnswers, Settings(serving=SMALL.serving, access=settings(issuer)), store)
    assert_refused(client.get("/v1/briefs"), 401, "not_signed_in")
    token = {"Authorization": f"Bearer {issuer.token(claims(issuer))}"}
    made = client.post("/v1/briefs", json={"title": "Dịch vụ công"}, headers=token)
    assert (made.status_code, made.json()["department"]) == (201, "so-tttt")
    assert client.get(f"/v1/briefs/{made.json()['brief_id']}", headers=key_of(store, "viewer")).status_code == 200
    store.close()
