"""Signing in to the pages: sessions, cookies, forms that are ours, and what was typed when a session ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from fastapi import APIRouter, Request
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from kolmatch.errors import InputRefused
from kolmatch.settings import AccessSettings, Settings, SigninSettings
from serving.access import keys
from serving.access.callers import Caller, Role
from serving.access.guard import REMEMBERED_S, CallerIn
from serving.pages.rendering import FOLDER
from serving.pages.wording import WORDS
from serving.signin import CSRF_FIELD, CheckedForm, csrf_token, page_needs
from serving.signin.forms import HOME, Typed, local, token_of
from serving.signin.pages import WRITTEN
from serving.signin.sessions import Sessions
from serving.store import audit
from serving.store.database import Store
from serving.store.tables import AuditRow, SessionRow
from tests.api_world import NOW, SMALL, TinyAnswers, assert_refused, browser_of, key_of, own_store, sign_in

SIGNIN = SigninSettings(idle_minutes=60, longest_hours=10)
WHO = Caller("oidc:u-17", Role.STAFF, "so-tttt", 100)
TEXT = 'Dịch vụ công & <script>alert("1")</script>\r\ndòng hai'


class Pages:
    """A page with a form, as the staff pages have them."""

    router = APIRouter(include_in_schema=False)
    taken: list[dict[str, Any]]


@Pages.router.get("/page", dependencies=[page_needs(Role.VIEWER)])
def get_page(request: Request, caller: CallerIn) -> dict[str, str]:
    return {"actor": caller.actor, "role": caller.role.label, "token": csrf_token(request)}


@Pages.router.post("/page", dependencies=[page_needs(Role.STAFF)])
async def post_page(form: CheckedForm) -> dict[str, int]:
    Pages.taken.append({name: getattr(value, "filename", value) for name, value in form.multi_items()})
    return {"taken": len(Pages.taken)}


@pytest.fixture(autouse=True)
def _pages(monkeypatch: pytest.MonkeyPatch) -> None:
    from serving import app

    Pages.taken = []
    monkeypatch.setattr(app, "_RESOURCES", (*app._RESOURCES, Pages))


@pytest.fixture
def shared() -> Iterator[Store]:
    store = own_store()
    yield store
    store.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds by which a session is remembered; a test moves them on."""
    seconds = [100.0]
    monkeypatch.setattr("serving.signin.sessions.time.monotonic", lambda: seconds[0])
    monkeypatch.setattr("serving.access.guard.time.monotonic", lambda: seconds[0])
    return seconds


def secret_key(store: Store, role: str = "staff") -> str:
    return key_of(store, role)["Authorization"].removeprefix("Bearer ")


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page)
    assert found, page
    return unescape(found[1])


def end_sessions(store: Store) -> None:
    with store.maintaining() as connection:
        connection.execute(update(SessionRow).values(ends_at=NOW))


# Sessions


def sessions_at(store: Store, minutes: float) -> Sessions:
    return Sessions(store, SIGNIN, lambda: NOW + timedelta(minutes=minutes))


def test_a_session_holds_for_who_began_it_and_nobody_else(store: Store) -> None:
    secret = sessions_at(store, 0).begin(WHO)
    assert sessions_at(store, 1).caller(secret) == WHO
    for other in ("", "x", secret[:-1], secret + "A", "é" * 43):
        assert sessions_at(store, 1).caller(other) is None


def test_of_the_secret_only_a_hash_is_kept_and_no_two_are_alike(store: Store) -> None:
    secrets = {sessions_at(store, 0).begin(WHO) for _ in range(10)}
    assert {len(secret) for secret in secrets} == {43}  # 256 bits
    with store.reading() as session:
        kept = " ".join(
            str(getattr(row, column.key))
            for row in session.execute(select(SessionRow)).scalars()
            for column in SessionRow.__table__.columns
        )
    assert len(secrets) == 10
    assert not any(secret in kept for secret in secrets)


def test_a_session_ends_when_nothing_is_done_for_too_long(store: Store) -> None:
    secret = sessions_at(store, 0).begin(WHO)
    assert sessions_at(store, 59).caller(secret) == WHO
    assert sessions_at(store, 118).caller(secret) == WHO  # counted from the last click
    assert sessions_at(store, 178).caller(secret) is None


def test_a_session_ends_with_the_working_day_whatever_is_done(store: Store) -> None:
    secret = sessions_at(store, 0).begin(WHO)
    for minutes in range(30, 600, 30):
        assert sessions_at(store, minutes).caller(secret) == WHO
    assert sessions_at(store, 600).caller(secret) is None


def test_clicks_of_one_minute_are_one_write(store: Store) -> None:
    secret = sessions_at(store, 0).begin(WHO)
    seen = []
    for minutes in (0.5, 0.9, 1.5, 2.0):
        sessions_at(store, minutes).caller(secret)
        with store.reading() as session:
            seen.append((session.execute(select(SessionRow.seen_at)).scalar_one() - NOW) / timedelta(minutes=1))
    assert seen == [0, 0, 1.5, 1.5]


def test_who_signed_out_is_out_and_other_sessions_go_on(store: Store) -> None:
    sessions = sessions_at(store, 0)
    mine, other = sessions.begin(WHO), sessions.begin(WHO)
    assert sessions.caller(mine) == WHO
    sessions.end(mine)
    sessions.end(mine)
    assert (sessions.caller(mine), sessions.caller(other)) == (None, WHO)


def test_the_trail_notes_who_signed_in_and_out_by_reference(store: Store) -> None:
    sessions = sessions_at(store, 0)
    secret = sessions.begin(WHO)
    sessions.end(secret)
    with store.reading() as session:
        rows = session.execute(select(AuditRow).order_by(AuditRow.number)).scalars().all()
        assert audit.verify(session).number == 2
    assert [(row.actor, row.action) for row in rows] == [(WHO.actor, "session.begin"), (WHO.actor, "session.end")]
    assert rows[0].subject == rows[1].subject
    assert secret not in rows[0].subject


def test_sessions_that_are_over_go_when_the_next_begins(store: Store) -> None:
    sessions_at(store, 0).begin(WHO)
    sessions_at(store, 601).begin(WHO)
    with store.reading() as session:
        assert len(session.execute(select(SessionRow)).all()) == 1


# Signing in with a key


def test_a_key_opens_a_session_that_has_its_role_and_reference(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    sign_in(browser, shared, "staff")
    answer = browser.get("/page").json()
    assert answer["actor"].startswith("key:")
    assert answer["role"] == "staff"


@pytest.mark.parametrize("given_key", ["", "khóa-sai", "kolm_000000000000_" + "A" * 43, "a.b.c"])
def test_a_wrong_key_is_said_on_the_page_and_opens_nothing(shared: Store, given_key: str) -> None:
    secret_key(shared)
    browser = browser_of(TinyAnswers, SMALL, shared)
    answer = browser.post("/signin", data={"key": given_key, "then": "/page"})
    assert (answer.status_code, len(browser.cookies)) == (401, 0)
    assert 'role="alert"' in answer.text
    assert given_key not in answer.text or not given_key
    assert hidden(answer.text, "then") == "/page"


def test_guessing_is_stopped(shared: Store) -> None:
    secret_key(shared)
    few = SMALL.model_copy(update={"access": AccessSettings(refused_per_minute=2)})
    browser = browser_of(TinyAnswers, few, shared)
    assert [browser.post("/signin", data={"key": f"kolm_{n}"}).status_code for n in range(3)] == [401, 401, 429]


def test_a_store_that_is_down_is_said_and_is_nobody_s_refusal(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    key = secret_key(shared)
    few = SMALL.model_copy(update={"access": AccessSettings(refused_per_minute=1)})
    browser = browser_of(TinyAnswers, few, shared)
    with monkeypatch.context() as patched:
        patched.setattr(shared, "reading", lambda: Store.reading(Store.at("sqlite:////nowhere/x", busy_timeout_s=1)))
        for _ in range(3):
            answer = browser.post("/signin", data={"key": key, "then": "/page"})
            assert (answer.status_code, hidden(answer.text, "then")) == (503, "/page")
            assert "Không dùng được kho lưu trữ" in answer.text
    assert browser.post("/signin", data={"key": "kolm_0"}).status_code == 401
    assert browser.post("/signin", data={"key": key}, follow_redirects=False).status_code == 303


def test_who_is_not_signed_in_is_led_to_the_page_and_back(shared: Store) -> None:
    key = secret_key(shared)
    browser = browser_of(TinyAnswers, SMALL, shared)
    led = browser.get("/page?q=d%E1%BB%8Bch&n=1", follow_redirects=False)
    assert led.status_code == 303
    page = browser.get(led.headers["location"])
    back = browser.post("/signin", data={"key": key, "then": hidden(page.text, "then")}, follow_redirects=False)
    assert back.headers["location"] == "/page?q=d%E1%BB%8Bch&n=1"
    assert browser.get("/signin?then=/page", follow_redirects=False).headers["location"] == "/page"


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(shared: Store) -> None:
    secret_key(shared)
    part = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1:8800/page?tab=2"}
    answer = browser_of(TinyAnswers, SMALL, shared).get("/page", headers=part, follow_redirects=False)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/signin?then=%2Fpage%3Ftab%3D2")


@pytest.mark.parametrize(
    ("address", "led_to"),
    [
        ("/briefs/brief_1?page=2", "/briefs/brief_1?page=2"),
        ("//evil.example", HOME),
        ("https://evil.example/", HOME),
        ("/\\evil.example", HOME),
        ("/a\r\nSet-Cookie: x", HOME),
        ("/a\n", HOME),
        ("javascript:alert(1)", HOME),
        ("", HOME),
    ],
)
def test_nobody_is_led_elsewhere(address: str, led_to: str) -> None:
    assert local(address) == led_to


def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_plain_connections(shared: Store) -> None:
    key = secret_key(shared)
    for host, name, flags in (
        ("http://127.0.0.1:8800", "kolmatch=", {"HttpOnly", "Path=/", "SameSite=lax"}),
        ("http://localhost:8800", "kolmatch=", {"HttpOnly", "Path=/", "SameSite=lax"}),
        ("http://kolmatch.example", "__Host-kolmatch=", {"HttpOnly", "Path=/", "SameSite=lax", "Secure"}),
    ):
        browser = browser_of(TinyAnswers, SMALL, shared)
        browser.base_url = host
        answer = browser.post("/signin", data={"key": key}, follow_redirects=False)
        content, *found = answer.headers["set-cookie"].split("; ")
        assert content.startswith(name)
        assert set(found) == flags


def test_the_setting_says_whether_the_cookie_goes_over_tls_alone(shared: Store) -> None:
    key = secret_key(shared)
    public = SMALL.model_copy(update={"signin": SigninSettings(public_url="https://kolmatch.example")})
    answer = browser_of(TinyAnswers, public, shared).post("/signin", data={"key": key}, follow_redirects=False)
    assert answer.headers["set-cookie"].startswith("__Host-kolmatch=")


def test_signing_in_again_gives_a_new_secret_and_ends_the_old(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    sign_in(browser, shared, "staff")
    before = browser.cookies["kolmatch"]
    sign_in(browser, shared, "staff")
    after = browser.cookies["kolmatch"]
    assert before != after
    browser.cookies.set("kolmatch", before, domain="127.0.0.1")
    assert browser.get("/page", follow_redirects=False).status_code == 303


def test_revoking_the_key_ends_its_sessions_within_a_second(shared: Store, clock: list[float]) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    sign_in(browser, shared, "staff")
    actor = browser.get("/page").json()["actor"]
    with shared.writing("cli", NOW) as writing:
        keys.revoke_key(writing, actor.removeprefix("key:"))
    clock[0] += REMEMBERED_S
    assert browser.get("/page", follow_redirects=False).status_code == 303


def test_signing_out_ends_the_session_not_only_the_cookie(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    token = sign_in(browser, shared, "viewer")
    secret = browser.cookies["kolmatch"]
    answer = browser.post("/signout", data={CSRF_FIELD: token}, follow_redirects=False)
    assert (answer.headers["location"], len(browser.cookies)) == ("/signin", 0)
    browser.cookies.set("kolmatch", secret, domain="127.0.0.1")
    assert browser.get("/page", follow_redirects=False).status_code == 303


def test_roles_hold_on_pages(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    token = sign_in(browser, shared, "viewer")
    assert_refused(browser.post("/page", data={CSRF_FIELD: token}), 403, "not_allowed")
    assert Pages.taken == []


def test_a_session_is_no_key_of_the_api(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    sign_in(browser, shared, "admin")
    assert browser.get("/v1/briefs").status_code == 401


def test_without_keys_pages_are_there_to_look_at_and_keep_nothing(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    assert browser.get("/page").json() == {"actor": "demo", "role": "viewer", "token": ""}
    assert_refused(browser.post("/page", data={"title": "x"}), 403, "not_allowed")


def test_pages_of_signing_in_are_pages_in_the_language_asked_for(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    for query, language, word in (("", "vi", "Đăng nhập"), ("?lang=en", "en", "Sign in")):
        answer = browser.get(f"/signin{query}")
        assert f'<html lang="{language}">' in answer.text
        assert word in answer.text
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"


# Forms


def test_a_form_of_our_own_page_is_taken(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    token = sign_in(browser, shared, "staff")
    assert browser.post("/page", data={CSRF_FIELD: token, "title": TEXT}).json() == {"taken": 1}
    assert Pages.taken == [{CSRF_FIELD: token, "title": TEXT}]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8800"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {},
    ],
    ids=str,
)
def test_a_form_of_another_site_is_refused_even_with_the_right_token(shared: Store, headers: dict[str, str]) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    token = sign_in(browser, shared, "staff")
    del browser.headers["Sec-Fetch-Site"]
    assert_refused(browser.post("/page", data={CSRF_FIELD: token}, headers=headers), 403, "not_allowed")
    assert_refused(browser.post("/signin", data={"key": "x"}, headers=headers), 403, "not_allowed")
    assert_refused(browser.post("/signin/resume", data={"typed": ""}, headers=headers), 403, "not_allowed")
    assert Pages.taken == []


def test_browsers_that_say_the_origin_alone_are_believed_if_it_is_ours(shared: Store) -> None:
    key = secret_key(shared)
    public = SMALL.model_copy(update={"signin": SigninSettings(public_url="http://kolmatch.lan")})
    for settings, origin in ((SMALL, "http://127.0.0.1:8800"), (public, "http://kolmatch.lan")):
        browser = browser_of(TinyAnswers, settings, shared)
        del browser.headers["Sec-Fetch-Site"]
        for sent, status in ((origin, 303), ("http://evil.example", 403)):
            answer = browser.post("/signin", data={"key": key}, headers={"Origin": sent}, follow_redirects=False)
            assert answer.status_code == status


@given(st.text(), st.text())
def test_tokens_tell_sessions_apart_and_nothing_of_them(one: str, other: str) -> None:
    assert (token_of(one) == token_of(other)) == (one == other)
    assert not one or token_of(one) != one


# What was typed


def test_a_form_sent_after_the_session_ended_is_there_again_after_signing_in(shared: Store, clock: list[float]) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    token = sign_in(browser, shared, "staff")
    end_sessions(shared)
    clock[0] += REMEMBERED_S
    sent = {CSRF_FIELD: token, "title": TEXT, "must": ["một", "hai"], "empty": ""}
    page = browser.post("/page?step=2", data=sent)
    assert page.status_code == 401
    assert "<script>" not in page.text
    typed = hidden(page.text, "typed")
    assert token not in typed
    wrong = browser.post("/signin", data={"key": "kolm_x", "typed": typed})
    assert hidden(wrong.text, "typed") == typed
    again = browser.post("/signin", data={"key": secret_key(shared), "typed": hidden(wrong.text, "typed")})
    assert '<form method="post" action="/page?step=2" enctype="multipart/form-data">' in again.text
    assert "<dt>Tên yêu cầu</dt>" in again.text
    assert Pages.taken == []
    fields = [(name, unescape(value)) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', again.text)]
    assert fields[1:] == [("title", TEXT), ("must", "một"), ("must", "hai"), ("empty", "")]
    data = {name: [value for at, value in fields if at == name] for name, _ in fields}
    assert browser.post("/page?step=2", data=data).json() == {"taken": 1}
    assert Pages.taken[0]["title"] == TEXT


def test_a_form_of_an_earlier_session_is_shown_again_in_the_new_one(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    old = sign_in(browser, shared, "staff")
    new = sign_in(browser, shared, "staff")  # in another tab
    for token in (old, "", "é"):
        again = browser.post("/page", data={CSRF_FIELD: token, "title": TEXT})
        assert (again.status_code, hidden(again.text, CSRF_FIELD)) == (200, new)
        assert hidden(again.text, "title") == TEXT
    assert Pages.taken == []


def test_files_are_to_be_chosen_again_and_the_rest_is_kept(shared: Store, clock: list[float]) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    sign_in(browser, shared, "staff")
    end_sessions(shared)
    clock[0] += REMEMBERED_S
    page = browser.post("/page", data={"note": "ghi chú"}, files={"document": ("a.docx", b"PK")})
    again = browser.post("/signin", data={"key": secret_key(shared), "typed": hidden(page.text, "typed")})
    assert '<input type="file" id="document" name="document">' in again.text
    assert hidden(again.text, "note") == "ghi chú"


def test_who_signed_in_in_another_tab_goes_on_here(shared: Store, clock: list[float]) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    sign_in(browser, shared, "staff")
    end_sessions(shared)
    clock[0] += REMEMBERED_S
    typed = hidden(browser.post("/page", data={"title": TEXT}).text, "typed")
    assert browser.post("/signin/resume", data={"typed": typed}).status_code == 401  # not yet
    token = sign_in(browser, shared, "staff")
    assert "Đã đăng nhập" in browser.get("/signin/done").text
    again = browser.post("/signin/resume", data={"typed": typed})
    assert (hidden(again.text, "title"), hidden(again.text, CSRF_FIELD)) == (TEXT, token)


def test_a_form_that_htmx_sent_is_answered_by_a_whole_page(shared: Store) -> None:
    secret_key(shared)
    browser = browser_of(TinyAnswers, SMALL, shared)
    answer = browser.post("/page", data={"title": TEXT}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-retarget"]) == (200, "body")
    assert hidden(answer.text, "typed")


@given(st.lists(st.tuples(st.text(), st.text())), st.lists(st.text()))
def test_what_was_typed_is_packed_and_unpacked_letter_for_letter(
    fields: list[tuple[str, str]], files: list[str]
) -> None:
    typed = Typed("/page", tuple(fields), tuple(files))
    assert Typed.unpacked(typed.packed()) == typed


@pytest.mark.parametrize(
    "text", ["x", "[]", "{}", '["/a", [["b"]], []]', '["/a", 1, 2]', "null", "[1, 2, 3]", "[" * 60_000]
)
def test_what_was_not_packed_here_is_refused(text: str) -> None:
    with pytest.raises(InputRefused):
        Typed.unpacked(text)


def test_what_was_typed_goes_nowhere_else() -> None:
    typed = Typed.unpacked('["https://evil.example/x", [["a", "b"]], []]')
    assert typed is not None
    assert typed.address == HOME


def test_every_field_in_which_people_write_is_shown_before_it_is_sent_again() -> None:
    templates = "".join(file.read_text("utf-8") for file in (FOLDER / "templates").glob("*.j2"))
    fields = set(re.findall(r'text_field\("(\w+)"|<textarea [^{>]*name="(\w+)"', templates))
    names = {one or other for one, other in fields}
    assert names - set(WRITTEN) <= {"top", "by"}  # a figure; here an order, there a name
    assert set(WRITTEN.values()) <= set(WORDS)


def test_settings_of_the_portal_belong_together() -> None:
    for part in ({"oidc_client_id": "x"}, {"oidc_token_url": "https://a/t"}, {"oidc_authorize_url": "https://a/b"}):
        with pytest.raises(ValueError, match="belong together"):
            SigninSettings.model_validate(part)
    whole = {"oidc_authorize_url": "https://p/a", "oidc_token_url": "https://p/t", "oidc_client_id": "k"}
    with pytest.raises(ValueError, match=r"access\.oidc_issuer"):
        Settings.model_validate({"signin": {**whole, "public_url": "https://k.example"}})
    with pytest.raises(ValueError, match="oidc_token_url"):
        SigninSettings.model_validate({**whole, "public_url": "https://k.example", "oidc_token_url": "http://p/t"})
