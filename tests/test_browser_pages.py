"""Every page in a real browser: nothing in anybody's way, on a telephone and a desk, by day and by night, in both
languages; nothing from elsewhere, no complaint, light enough for a slow line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from models.matcher import Matcher
from serving.access.guard import roles_of
from serving.app import bare_app
from tests.browser import (
    DESK,
    KEPT,
    PHONE,
    as_seen,
    barriers,
    keep_screenshot,
    overflow_px,
    signed_in,
    visiting,
)
from tests.browser_world import Office, office

FIRST_VIEW_BYTES: Final = 150_000
APP: Final = bare_app()
# What is no page: where one is led on, files, what belongs to programs or into a frame.
LED_ON: Final = {"/", "/signin/portal", "/signin/callback"}
NO_PAGES: Final = {
    *LED_ON,
    *("/static/{name}", "/widget/{name}", "/widget/shortlist/{brief_id}", "/openapi.json"),
    "/models/months/{month}",  # a document that the monthly job wrote
}
ROUTES: Final = sorted(
    path
    for (method, path), role in roles_of(APP.routes).items()
    if method == "GET" and role is not None and path not in {*APP.openapi()["paths"], *NO_PAGES}
    if "/export/" not in path
)
# Pairs of language, width and light: any two of them stand together once (all eight would only take longer).
LOOKS: Final = {"vi": ((PHONE, "light"), (DESK, "dark")), "en": ((PHONE, "dark"), (DESK, "light"))}


@pytest.fixture(scope="module")
def here(sample_matcher: Matcher) -> Iterator[Office]:
    with office(sample_matcher) as opened:
        yield opened


@pytest.fixture(scope="module")
def known(here: Office) -> dict[str, Any]:
    """What is kept: a proposed list with a decision, checks, a rights request, an outcome."""
    made = here.shortlist(must=["dịch vụ công trực tuyến", "trồng san hô"], must_not=["cá cược"], top=20)
    creators = [entry["creator_id"] for entry in made["entries"]]
    about = {"brief_id": made["brief_id"], "creator_id": creators[0]}
    said = {"decision": "invited", "reason": "đúng chủ đề", "decided_by": "Bà Lê Thị B"}
    outcome = {"invited": True, "accepted": True, "published": True, "views": 12_000, "target_viewers": 3_100}
    address = f"/v1/shortlists/{made['shortlist_id']}"
    with here.api() as api, here.api("admin") as admin:
        for answer in (
            api.post("/v1/decisions", json={**about, "shortlist_id": made["shortlist_id"], **said}),
            api.post("/v1/outcomes", json={**about, **outcome}),
            api.post(f"{address}/checks"),
            api.post(f"{address}/proposal", json={"by": "Bà Lê Thị B", "reason": "đủ căn cứ"}),
            admin.post("/v1/rights", json={"creator_id": creators[-1], "kind": "access"}),
        ):
            assert answer.is_success, answer.text
    return {"brief_id": made["brief_id"], "shortlist_id": made["shortlist_id"], "creators": creators}


def address_of(route: str, known: dict[str, Any]) -> str:
    """A page that exists and has something to show."""
    asked: dict[str, list[tuple[str, str]]] = {
        "/shortlists/{shortlist_id}/compare": [("c", one) for one in known["creators"][:4]],
        "/shortlists/{shortlist_id}/decide": [("creator_id", known["creators"][0])],
        "/shortlists/{shortlist_id}/why": [("creator_id", known["creators"][3])],
        "/creators": [("q", "an")],
    }
    path = re.sub(r"\{(\w+)\}", lambda found: quote({**known, "creator_id": known["creators"][0]}[found[1]]), route)
    return path + (f"?{urlencode(asked[route])}" if route in asked else "")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("route", [*ROUTES, "/briefs/brief_that_is_not_there"])
def test_nothing_on_a_page_is_in_anybodys_way(
    chromium: Browser, here: Office, known: dict[str, Any], route: str, language: str
) -> None:
    address = address_of(route, known)
    with visiting(chromium, here.address) as visit:
        if route != "/signin":
            signed_in(visit.page, here.keys["admin"], language)
        answer = visit.page.goto(address + ("&" if "?" in address else "?") + f"lang={language}")
        assert answer is not None
        wrong = answer.status >= 400
        assert wrong == ("not_there" in route)
        expect(visit.page.locator("html")).to_have_attribute("lang", language)
        expect(visit.page.get_by_role("main")).to_be_visible()
        for width, scheme in LOOKS[language]:
            as_seen(visit.page, width, scheme)
            if language == "vi":  # enough to be looked at; the English words are as long
                keep_screenshot(visit.page, f"{re.sub(r'[^a-z]+', '-', route).strip('-')}-{width}-{scheme}")
            assert barriers(visit.page) == [], (width, scheme)
            assert overflow_px(visit.page) == 0, width
        assert visit.outside(here.address) == []
        assert [said for said in visit.complaints if not (wrong and "404" in said)] == []


@pytest.mark.parametrize("route", ["/signin", "/briefs", "/briefs/new", "/shortlists/{shortlist_id}"])
def test_the_first_view_comes_over_a_slow_line_too(
    chromium: Browser, here: Office, known: dict[str, Any], route: str
) -> None:
    with visiting(chromium, here.address) as before, visiting(chromium, here.address) as visit:
        if route != "/signin":  # signed in, but without a file that the browser kept from the page before
            signed_in(before.page, here.keys["staff"], "vi")
            visit.page.context.add_cookies([{**cookie} for cookie in before.page.context.cookies()])  # type: ignore[typeddict-item]
        visit.page.goto(address_of(route, known), wait_until="networkidle")
        assert len(visit.requests) > 1
        assert visit.transferred_bytes() <= FIRST_VIEW_BYTES


def test_a_list_is_printed_without_what_only_a_screen_needs(
    chromium: Browser, here: Office, known: dict[str, Any]
) -> None:
    with visiting(chromium, here.address) as visit:
        signed_in(visit.page, here.keys["staff"], "vi")
        visit.page.goto(f"/shortlists/{known['shortlist_id']}")
        name = visit.page.locator(".card h3").first.inner_text()
        KEPT.mkdir(parents=True, exist_ok=True)
        visit.page.pdf(path=KEPT / "shortlist.pdf", format="A4")
    pages = [page.extract_text() for page in PdfReader(KEPT / "shortlist.pdf").pages]
    assert name in pages[0]
    assert "Dữ liệu mẫu" in pages[0]
    assert not any("Đăng xuất" in page for page in pages)
    assert all(page.strip() for page in pages)


def test_the_demo_without_keys_can_be_looked_at(chromium: Browser, sample_matcher: Matcher) -> None:
    with office(sample_matcher, roles=()) as demo, visiting(chromium, demo.address) as visit:
        visit.page.goto("/")
        expect(visit.page.get_by_text("Bản chạy thử trên máy này")).to_be_visible()
        assert barriers(visit.page) == []
