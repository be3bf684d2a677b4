"""Signing in at the portal, against a real issuer that runs beside the tests: code, PKCE, state, nonce."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from kolmatch.errors import InputRefused
from kolmatch.settings import AccessSettings, Settings, SigninSettings
from serving.signin.forms import Typed
from serving.store.database import Store
from tests.api_world import SMALL, TinyAnswers, browser_of, own_store
from tests.issuer import AUDIENCE, CLIENT, SECRET, Issuer, access_settings, running_issuer, signin_settings

HERE = "http://127.0.0.1:8800"
NOW = int(time.time())
WHO = {"roles": ["can-bo"], "department": "so-tttt"}


@dataclass
class Portal:
    """An issuer, and a service that takes its people."""

    issuer: Issuer
    settings: Settings
    store: Store

    def browser(self) -> TestClient:
        """A browser that knows nothing yet."""
        return browser_of(TinyAnswers, self.settings, self.store)


@pytest.fixture
def portal() -> Iterator[Portal]:
    store = own_store()
    with running_issuer() as issuer:
        issuer.says = dict(WHO)
        yield Portal(issuer, settings(issuer), store)
    store.close()


def settings(issuer: Issuer) -> Settings:
    return Settings(
        serving=SMALL.serving,
        access=AccessSettings.model_validate(access_settings(issuer)),
        signin=SigninSettings.model_validate(signin_settings(issuer, HERE)),
    )


def start(browser: TestClient, then: str = "/signin/done") -> str:
    """Go to the portal and be sent back: the address to which it sends the browser."""
    there = browser.get("/signin/portal", params={"then": then}, follow_redirects=False)
    back = httpx.get(there.headers["location"], follow_redirects=False)
    return back.headers["location"]


def come_back(browser: TestClient, address: str) -> Any:
    return browser.get(address.removeprefix(HERE), follow_redirects=False)


def test_the_page_leads_to_the_portal_and_from_there_to_where_one_was_going(portal: Portal) -> None:
    browser = portal.browser()
    assert 'href="/signin/portal?then=%2F"' in browser.get("/signin").text
    back = come_back(browser, start(browser))
    assert (back.status_code, back.headers["location"]) == (303, "/signin/done")
    assert browser.get("/signin/done").status_code == 200
    assert list(browser.cookies) == ["kolmatch"]  # what only the way needed is forgotten


def test_the_portal_is_asked_for_what_the_settings_say_and_told_no_secret(portal: Portal) -> None:
    browser = portal.browser()
    start(browser)
    (asked,) = portal.issuer.codes.values()
    assert (asked["client_id"], asked["scope"]) == (CLIENT, "openid roles")
    assert asked["redirect_uri"] == f"{HERE}/signin/callback"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) == 43
    assert SECRET not in str(asked)


def test_two_tabs_may_sign_in_at_once(portal: Portal) -> None:
    browser = portal.browser()
    first, second = start(browser, "/signin/done?tab=1"), start(browser, "/signin/done?tab=2")
    assert come_back(browser, second).headers["location"] == "/signin/done?tab=2"
    assert come_back(browser, first).headers["location"] == "/signin/done?tab=1"


def test_nobody_is_signed_in_by_an_address_that_another_browser_was_given(portal: Portal) -> None:
    address = start(portal.browser())
    victim = portal.browser()
    assert come_back(victim, address).status_code == 401
    start(victim)
    assert come_back(victim, address).status_code == 401
    assert "kolmatch" not in victim.cookies


def test_a_code_holds_once(portal: Portal) -> None:
    browser = portal.browser()
    address = start(browser)
    kept = dict(browser.cookies)
    assert come_back(browser, address).status_code == 303
    assert come_back(browser, address).status_code == 401  # the way is forgotten
    for name, value in kept.items():
        browser.cookies.set(name, value, domain="127.0.0.1")
    assert come_back(browser, address).status_code == 401  # and the portal gave its token


def test_a_code_is_worth_nothing_without_what_this_browser_knows(portal: Portal) -> None:
    mine, theirs = portal.browser(), portal.browser()
    stolen = httpx.URL(start(theirs)).params["code"]
    address = httpx.URL(start(mine))
    answer = come_back(mine, str(address.copy_set_param("code", stolen)))
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "says",
    [
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"aud": AUDIENCE},  # a token for the API
        {"aud": "another-service"},
        {"azp": "another-service"},
        {"iss": "https://elsewhere.example"},
        {"exp": NOW - 600},
        {"roles": ["khac"]},
        {"department": None},
    ],
    ids=lambda says: "-".join(says),  # no moment in a name: two processes must agree on it
)
def test_a_token_that_does_not_hold_signs_nobody_in_and_says_why(portal: Portal, says: dict[str, Any]) -> None:
    portal.issuer.says |= says
    browser = portal.browser()
    answer = come_back(browser, start(browser))
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "kolmatch" not in browser.cookies


def test_an_answer_in_the_name_of_another_issuer_is_refused(portal: Portal) -> None:
    browser = portal.browser()
    address = httpx.URL(start(browser)).copy_set_param("iss", "https://elsewhere.example")
    assert come_back(browser, str(address)).status_code == 401


def test_who_turns_back_at_the_portal_may_try_again(portal: Portal) -> None:
    browser = portal.browser()
    state = httpx.URL(start(browser)).params["state"]
    answer = browser.get("/signin/callback", params={"error": "access_denied", "state": state})
    assert answer.status_code == 401
    assert 'href="/signin/portal?' in answer.text


def test_a_portal_that_is_down_is_said_and_keys_go_on_working(portal: Portal) -> None:
    access = portal.settings.access.model_copy(update={"refused_per_minute": 1})
    portal.settings = portal.settings.model_copy(update={"access": access})
    browser = portal.browser()
    for address in [start(browser) for _ in range(3)]:
        portal.issuer.broken = True
        answer = come_back(browser, address)
        assert answer.status_code == 503  # and no refusal, of which a minute may have one
        assert "khóa" in answer.text
        assert portal.issuer.address not in answer.text


@pytest.mark.parametrize("query", ["", "?state=x", "?state=%00&code=%ff", "?code=x&state=" + "x" * 3000])
def test_nonsense_is_refused(portal: Portal, query: str) -> None:
    assert portal.browser().get(f"/signin/callback{query}").status_code == 401


def test_without_a_portal_there_is_none_to_go_to() -> None:
    store = own_store()
    browser = browser_of(TinyAnswers, SMALL, store)
    assert browser.get("/signin/portal", follow_redirects=False).headers["location"] == "/signin"
    assert "/signin/portal" not in browser.get("/signin").text
    store.close()


def test_what_is_nested_too_deeply_to_be_read_is_refused_as_not_packed_here() -> None:
    with pytest.raises(InputRefused, match="cannot be read any more"):
        Typed.unpacked("[" * 60_000)
