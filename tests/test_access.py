"""Who may ask: keys, roles on every route, departments, rates. The table of routes and roles is the service's own."""

from __future__ import annotations

import re
import threading
import time
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import APIRouter
from sqlalchemy import select
from starlette.testclient import TestClient

from kolmatch.errors import UnknownRecord
from kolmatch.settings import AccessSettings, Settings
from serving.access import keys
from serving.access.callers import ROLES, Role
from serving.access.guard import REMEMBERED_S, Access, roles_of
from serving.access.rates import Counts
from serving.app import bare_app, create_app, service_of
from serving.signin import CSRF_FIELD
from serving.store.database import Store
from serving.store.tables import ApiKeyRow
from tests.api_world import (
    NOW,
    SMALL,
    TinyAnswers,
    app_of,
    assert_refused,
    browser_of,
    client_of,
    key_of,
    live_model,
    own_store,
    sign_in,
)

API = {*bare_app().openapi()["paths"], "/openapi.json"}
ROUTES = {route: role for route, role in roles_of(bare_app().routes).items() if role is not None}
TABLE = {route: role for route, role in ROUTES.items() if route[1] in API}
PAGES = {route: role for route, role in ROUTES.items() if route[1] not in API and role is not Role.PUBLIC}
PATIENT = SMALL.model_copy(update={"access": AccessSettings(refused_per_minute=1_000_000)})  # all routes at once
BRIEF = {"title": "Dịch vụ công trực tuyến"}


@pytest.fixture
def shared() -> Iterator[Store]:
    store = own_store()
    yield store
    store.close()


def path_of(template: str) -> str:
    return re.sub(r"\{\w+\}", "nothing_here", template)


# Roles


def test_every_route_declares_its_role() -> None:
    assert [route for route, role in roles_of(bare_app().routes).items() if role is None] == []


def test_a_new_route_without_a_role_keeps_the_service_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgotten:
        router = APIRouter()

    @Forgotten.router.get("/v1/forgotten")
    def get_forgotten() -> int:
        return 1

    monkeypatch.setattr("serving.app._RESOURCES", (Forgotten,))
    with pytest.raises(AssertionError, match="GET /v1/forgotten"):
        bare_app()


@pytest.fixture(scope="module")
def everyone() -> Iterator[tuple[TestClient, dict[str, dict[str, str]]]]:
    store = own_store()
    headers = {name: key_of(store, name) for name in ROLES}
    yield client_of(TinyAnswers, PATIENT, store), headers
    store.close()


@pytest.mark.parametrize("name", [None, *ROLES])
@pytest.mark.parametrize(("route", "needed"), TABLE.items(), ids=lambda value: str(value).replace("/", " "))
def test_every_role_on_every_route(
    everyone: tuple[TestClient, dict[str, dict[str, str]]], route: tuple[str, str], needed: Role, name: str | None
) -> None:
    client, headers = everyone
    sent = {"Content-Type": "application/json", **(headers[name] if name else {})}
    response = client.request(route[0], path_of(route[1]), content=b"{}", headers=sent)
    if needed is Role.PUBLIC:
        assert response.status_code not in (401, 403)
    elif name is None:
        assert_refused(response, 401, "not_signed_in")
        assert response.headers["www-authenticate"] == "Bearer"
    elif ROLES[name] < needed:
        problem = assert_refused(response, 403, "not_allowed")
        assert needed.label in problem["detail_en"]
    else:
        assert response.status_code not in (401, 403, 405, 500)


@pytest.fixture(scope="module")
def pages() -> Iterator[tuple[TestClient, Store]]:
    store = own_store()
    key_of(store, "viewer")  # no demo
    yield browser_of(TinyAnswers, PATIENT, store), store
    store.close()


@pytest.mark.parametrize("name", [None, *ROLES])
@pytest.mark.parametrize(("route", "needed"), PAGES.items(), ids=lambda value: str(value).replace("/", " "))
def test_every_role_on_every_page(
    pages: tuple[TestClient, Store], route: tuple[str, str], needed: Role, name: str | None
) -> None:
    (browser, store), (method, path) = pages, route
    browser.cookies.clear()
    token = sign_in(browser, store, name) if name else ""
    form = {"data": {CSRF_FIELD: token}} if method == "POST" else {}
    response = browser.request(method, path_of(path), follow_redirects=False, **form)  # type: ignore[arg-type]
    if name is None:
        led = response.status_code == 303 and response.headers["location"].startswith("/signin?")
        assert led if method == "GET" else response.status_code == 401
    elif ROLES[name] < needed:
        assert response.status_code == 403
    else:
        assert response.status_code not in (401, 403, 405, 500)


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST" and path not in API])
def test_every_form_of_another_site_is_refused(pages: tuple[TestClient, Store], path: str) -> None:
    browser, store = pages
    browser.cookies.clear()
    token = sign_in(browser, store, "admin")
    sent = {"data": {CSRF_FIELD: token}, "headers": {"Sec-Fetch-Site": "cross-site"}}
    refused = browser.post(path_of(path), **sent)  # type: ignore[arg-type]
    assert_refused(refused, 403, "not_allowed")
    assert "kolmatch's own pages" in refused.json()["detail_en"]


@pytest.mark.parametrize("path", [path for method, path in PAGES if method == "POST"])
def test_every_form_needs_its_sessions_token(pages: tuple[TestClient, Store], path: str) -> None:
    browser, store = pages
    browser.cookies.clear()
    sign_in(browser, store, "admin")
    for token in ("", "of another session"):
        again = browser.post(path_of(path), data={CSRF_FIELD: token})
        assert (again.status_code, "Gửi lại nội dung đã nhập" in again.text) == (200, True)


def test_the_description_says_the_role_of_each_operation() -> None:
    paths: dict[str, Any] = bare_app().openapi()["paths"]
    for (method, path), role in TABLE.items():
        if path != "/openapi.json":
            operation = paths[path][method.lower()]
            assert operation["x-role"] == role.label
            assert operation["security"] == ([] if role is Role.PUBLIC else [{"bearer": []}])


# Keys


def test_a_key_is_kept_as_its_hash_alone(shared: Store) -> None:
    secret = key_of(shared, "staff")["Authorization"].removeprefix("Bearer ")
    with shared.reading() as session:
        row = session.execute(select(ApiKeyRow)).scalar_one()
    assert secret.startswith(f"kolm_{row.key_id}_")
    kept = " ".join(str(getattr(row, column.key)) for column in ApiKeyRow.__table__.columns)
    assert secret.split("_", 2)[2] not in kept
    assert len(row.sha256) == 64


def test_two_keys_are_never_alike(shared: Store) -> None:
    made = {key_of(shared, "viewer")["Authorization"] for _ in range(20)}
    assert len(made) == 20
    assert all(len(secret.split("_", 2)[2]) == 43 for secret in made)


@pytest.mark.parametrize(
    "change",
    [
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret + "A",
        lambda secret: secret[:-1],
        lambda secret: "kolm_000000000000_" + secret.split("_", 2)[2],
        lambda secret: secret.replace("kolm_", "kolx_"),
        lambda secret: "",
        lambda secret: "é" * 60,
    ],
)
def test_a_key_that_is_not_letter_for_letter_right_opens_nothing(shared: Store, change: Any) -> None:
    secret = key_of(shared, "admin")["Authorization"].removeprefix("Bearer ")
    with shared.reading() as session:
        assert keys.caller_of_key(session, change(secret), NOW, 1) is None
        assert keys.caller_of_key(session, secret, NOW, 1) is not None


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer kolm_x", "kolm_x", "Bearer a.b.c"])
def test_what_is_no_key_is_refused(shared: Store, header: str) -> None:
    key_of(shared, "admin")
    client = client_of(TinyAnswers, SMALL, shared)
    assert_refused(client.get("/v1/briefs", headers={"Authorization": header}), 401, "not_signed_in")


def test_a_key_holds_until_it_expires(shared: Store) -> None:
    secret = key_of(shared, "viewer")["Authorization"].removeprefix("Bearer ")
    with shared.reading() as session:
        assert keys.caller_of_key(session, secret, NOW + timedelta(days=89), 1) is not None
        assert keys.caller_of_key(session, secret, NOW + timedelta(days=90), 1) is None


def test_a_revoked_key_is_out_within_a_second(shared: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("serving.access.guard.time.monotonic", lambda: clock[0])
    headers = key_of(shared, "viewer")
    client = client_of(TinyAnswers, SMALL, shared)
    assert client.get("/v1/briefs", headers=headers).status_code == 200
    with shared.writing("cli", NOW) as writing:
        keys.revoke_key(writing, headers["Authorization"].split("_")[1])
    clock[0] += REMEMBERED_S
    assert_refused(client.get("/v1/briefs", headers=headers), 401, "not_signed_in")


def test_revoking_an_unknown_key_is_told(shared: Store) -> None:
    with pytest.raises(UnknownRecord, match="kolmatch keys list"), shared.writing("cli", NOW) as writing:
        keys.revoke_key(writing, "0" * 12)


# Without keys


def test_without_keys_anyone_may_ask_and_nothing_is_kept(shared: Store) -> None:
    client = client_of(TinyAnswers, SMALL, shared)
    answer = client.post("/v1/shortlists", json=BRIEF)
    assert (answer.status_code, answer.json()["shortlist_id"]) == (200, None)
    assert client.get("/v1/shortlists").json()["items"] == []
    problem = assert_refused(client.post("/v1/briefs", json=BRIEF), 403, "not_allowed")
    assert "kolmatch keys create" in problem["detail_en"]


def test_the_first_key_ends_the_demo_and_revoking_it_does_not_bring_it_back(
    shared: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("serving.access.guard.time.monotonic", lambda: clock[0])
    client = client_of(TinyAnswers, SMALL, shared)
    assert client.get("/v1/models/current").status_code == 200
    headers = key_of(shared, "viewer")
    clock[0] += REMEMBERED_S
    assert client.get("/v1/models/current").status_code == 401
    with shared.writing("cli", NOW) as writing:
        keys.revoke_key(writing, headers["Authorization"].split("_")[1])
    clock[0] += REMEMBERED_S
    assert client.get("/v1/models/current").status_code == 401


def test_a_viewer_is_answered_and_nothing_is_kept(shared: Store) -> None:
    client, headers = client_of(TinyAnswers, SMALL, shared), key_of(shared, "viewer")
    answer = client.post("/v1/shortlists", json=BRIEF, headers=headers)
    assert (answer.status_code, answer.json()["shortlist_id"]) == (200, None)
    assert client.get("/v1/shortlists", headers=headers).json()["items"] == []


# Departments


def test_a_department_is_the_same_however_its_name_was_typed(shared: Store) -> None:
    client = client_of(TinyAnswers, SMALL, shared)
    name = "Sở Y tế"
    keys_of_it = [key_of(shared, "staff", said) for said in (name, unicodedata.normalize("NFD", name), " Sở  Y tế ")]
    made = client.post("/v1/briefs", json=BRIEF, headers=keys_of_it[0]).headers["location"]
    assert [client.get(made, headers=key).status_code for key in keys_of_it] == [200, 200, 200]


def test_another_departments_things_are_not_found_and_not_listed(shared: Store) -> None:
    client = client_of(TinyAnswers, SMALL, shared)
    mine, theirs, admin = key_of(shared, "staff", "a"), key_of(shared, "approver", "b"), key_of(shared, "admin", "c")
    made = client.post("/v1/shortlists", json=BRIEF, headers=mine).json()
    about = {"brief_id": made["brief_id"], "creator_id": "syn-0007"}
    check = client.post("/v1/checks", json={**about, "kind": "conflict"}, headers=mine).json()
    decision = {**about, "decision": "invited", "reason": "hợp", "decided_by": "Bà B"}
    client.post("/v1/decisions", json=decision, headers=mine)
    client.post("/v1/outcomes", json={**about, "invited": True}, headers=mine)
    step = {"by": "Ông A", "reason": "đủ căn cứ"}
    address = f"/v1/shortlists/{made['shortlist_id']}"
    hidden = [
        client.get(f"/v1/briefs/{made['brief_id']}", headers=theirs),
        client.put(f"/v1/briefs/{made['brief_id']}", json=BRIEF, headers={**theirs, "If-Match": '"1"'}),
        client.post(f"/v1/briefs/{made['brief_id']}/shortlists", json={}, headers=theirs),
        client.get(address, headers=theirs),
        client.get(f"{address}/status", headers=theirs),
        client.post(f"{address}/replay", headers=theirs),
        *[client.post(f"{address}/{name}", json=step, headers=theirs) for name in ("proposal", "approval", "return")],
        client.post("/v1/decisions", json=decision, headers=theirs),
        client.post("/v1/outcomes", json=about, headers=theirs),
        client.post("/v1/checks", json={**about, "kind": "conflict"}, headers=theirs),
        client.get(f"/v1/checks/{check['check_id']}", headers=theirs),
    ]
    for response in hidden:
        assert_refused(response, 404, "unknown_record")
    for collection in ("briefs", "shortlists", "decisions", "outcomes", "checks"):
        counts = [len(client.get(f"/v1/{collection}", headers=h).json()["items"]) for h in (mine, theirs, admin)]
        assert counts == [1, 0, 1], collection


# Rates


def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_not_held_up(shared: Store) -> None:
    slow = Settings(serving=SMALL.serving, access=AccessSettings(requests_per_minute=3))
    with shared.writing("cli", NOW) as writing:
        common = {"role": "viewer", "department": "a", "expires_at": NOW + timedelta(days=1)}
        first = keys.create_key(writing, name="x", requests_per_minute=None, **common)  # type: ignore[arg-type]
        second = keys.create_key(writing, name="y", requests_per_minute=None, **common)  # type: ignore[arg-type]
    client = client_of(TinyAnswers, slow, shared)
    bearer = {"Authorization": f"Bearer {first.secret}"}
    codes = [client.get("/v1/briefs", headers=bearer).status_code for _ in range(8)]
    assert codes[:3] == [200, 200, 200]
    assert codes[-1] == 429  # the fourth is, unless a minute of the clock ends just then
    refused = client.get("/v1/briefs", headers=bearer)
    assert_refused(refused, 429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 120
    assert client.get("/v1/briefs", headers={"Authorization": f"Bearer {second.secret}"}).status_code == 200


def test_guessing_keys_is_stopped_after_a_few(shared: Store) -> None:
    few = Settings(serving=SMALL.serving, access=AccessSettings(refused_per_minute=2))
    headers = key_of(shared, "viewer")
    client = client_of(TinyAnswers, few, shared)
    codes = [client.get("/v1/briefs", headers={"Authorization": f"Bearer x{n}"}).status_code for n in range(4)]
    assert codes == [401, 401, 429, 429]
    assert client.get("/v1/briefs", headers=headers).status_code == 200


def test_a_count_starts_no_thread_and_is_dropped_once_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Counts()
    counts.timer.join()
    threads = threading.active_count()
    assert [counts.incr(f"address {n % 500}", 120) for n in range(1500)] == [1] * 500 + [2] * 500 + [3] * 500
    assert threading.active_count() == threads
    assert len(counts.storage) == 500
    later = time.time() + 300
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert counts.incr("address 1", 120) == 1
    assert list(counts.storage) == list(counts.expirations) == ["address 1"]


def test_a_store_that_is_down_lets_nobody_in_and_says_so(shared: Store) -> None:
    down = Store.at("postgresql://kolmatch@localhost:1/x", busy_timeout_s=1)
    client = client_of(TinyAnswers, SMALL, down)
    response = client.get("/v1/briefs", headers=key_of(shared, "viewer"))
    assert_refused(response, 503, "store")
    assert int(response.headers["retry-after"]) > 0
    assert_refused(client.get("/readyz"), 503, "store")
    assert client.get("/livez").status_code == 200


def test_access_takes_its_clock_as_an_argument(shared: Store) -> None:
    late: datetime = NOW + timedelta(days=400)
    headers = key_of(shared, "viewer")
    service = service_of(live_model(TinyAnswers), shared, SMALL, lambda: late)
    assert isinstance(service.access, Access)
    client = TestClient(create_app(service, new_id=lambda: "made-here"))
    assert client.get("/v1/briefs", headers=headers).status_code == 401
    assert TestClient(app_of(live_model(TinyAnswers), SMALL, shared)).get("/v1/briefs", headers=headers).is_success
