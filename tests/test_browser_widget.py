"""The widget in a page of another origin: allowed where the settings list it, refused elsewhere, usable by everyone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from models.matcher import Matcher
from serving.shortlists.showing import WITHDRAWN_VI
from tests.browser import DESK, PHONE, Watched, as_seen, barriers, keep_screenshot, overflow_px, visiting
from tests.browser_world import TITLE, Office, office

EXAMPLES = Path(__file__).parents[1] / "examples"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def portal_page() -> Iterator[str]:
    """The example's page, served from an origin of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=EXAMPLES))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Neighbours:
    """An office, a portal that it lists, and a stranger's page that it does not."""

    office: Office
    portal: str
    stranger: str


@pytest.fixture(scope="module")
def here(sample_matcher: Matcher) -> Iterator[Neighbours]:
    with (
        portal_page() as portal,
        portal_page() as stranger,
        office(sample_matcher, cors_origins=[portal], frame_ancestors=[portal]) as opened,
    ):
        yield Neighbours(opened, portal, stranger)


@pytest.fixture(scope="module")
def brief_id(here: Neighbours) -> str:
    return str(here.office.shortlist(must=["dịch vụ công trực tuyến"], top=8)["brief_id"])


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Watched]:
    with visiting(chromium) as watched:
        yield watched


def open_portal(page: Page, origin: str, service: str, brief_id: str, token: str) -> None:
    page.goto(f"{origin}/portal.html?service={service}&brief={brief_id}")
    page.get_by_label("Mã đăng nhập hoặc khóa").fill(token)
    page.get_by_role("button", name="Xem danh sách").click()


def element(page: Page) -> Locator:
    return page.locator("#element kol-shortlist")


# On a listed origin


def test_the_element_and_the_frame_show_the_list_on_a_listed_origin(
    visit: Watched, here: Neighbours, brief_id: str
) -> None:
    page, service = visit.page, here.office.address
    open_portal(page, here.portal, service, brief_id, here.office.keys["viewer"])
    for widget in (element(page), page.frame_locator("#frame iframe").locator("kol-shortlist")):
        expect(widget.get_by_role("heading", name=TITLE)).to_be_visible()
        expect(widget.locator("ol > li")).to_have_count(5)
        expect(widget.locator("section")).to_have_attribute("aria-busy", "false")
        expect(widget.locator("section")).to_contain_text("Người trẻ một bài")
        expect(widget.locator("section")).to_contain_text("Dữ liệu tổng hợp")
        expect(widget.locator("section")).to_contain_text("Người có thẩm quyền")
    assert visit.complaints == []
    assert visit.outside(here.portal, service) == []
    assert not [request.url for request in visit.requests if here.office.keys["viewer"] in request.url]


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")])
def test_it_can_be_used_by_everyone_on_every_screen(
    visit: Watched, here: Neighbours, brief_id: str, width: int, scheme: str
) -> None:
    page = visit.page
    as_seen(page, width, scheme)
    open_portal(page, here.portal, here.office.address, brief_id, here.office.keys["viewer"])
    expect(element(page).locator("ol > li")).to_have_count(5)
    expect(page.frame_locator("#frame iframe").locator("ol > li")).to_have_count(5)
    element(page).locator("summary").first.click()
    assert barriers(page) == []
    assert overflow_px(page) == 0
    page.locator("#frame").scroll_into_view_if_needed()  # frames out of sight are not drawn
    keep_screenshot(page, f"widget-{width}-{scheme}")


def test_the_reasons_open_by_keyboard_alone(visit: Watched, here: Neighbours, brief_id: str) -> None:
    page = visit.page
    open_portal(page, here.portal, here.office.address, brief_id, here.office.keys["viewer"])
    expect(element(page).locator("ol > li")).to_have_count(5)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(element(page).locator("details[open] blockquote").first).to_be_visible()


def test_it_speaks_english_where_the_page_does(visit: Watched, here: Neighbours, brief_id: str) -> None:
    page = visit.page
    open_portal(page, here.portal, here.office.address, brief_id, here.office.keys["viewer"])
    expect(element(page).locator("ol > li")).to_have_count(5)
    element(page).evaluate("widget => widget.setAttribute('lang', 'en')")
    expect(element(page).locator("section")).to_contain_text("Young viewers of a post")
    expect(element(page).locator("section")).to_contain_text("Synthetic sample data")


def test_its_colours_are_the_pages(visit: Watched, here: Neighbours, brief_id: str) -> None:
    page = visit.page
    open_portal(page, here.portal, here.office.address, brief_id, here.office.keys["viewer"])
    bar = element(page).locator(".bar i").first
    expect(bar).to_be_attached()
    page.add_style_tag(content="#element kol-shortlist { --kol-accent: rgb(1, 2, 3) }")
    assert bar.evaluate("bar => getComputedStyle(bar).backgroundColor") == "rgb(1, 2, 3)"


# States


def test_it_says_that_there_is_no_list_yet(visit: Watched, here: Neighbours) -> None:
    with here.office.api() as api:
        brief = api.post("/v1/briefs", json={"title": TITLE}).json()["brief_id"]
    open_portal(visit.page, here.portal, here.office.address, brief, here.office.keys["viewer"])
    expect(element(visit.page).get_by_role("status")).to_contain_text("Chưa có danh sách nào")
    assert barriers(visit.page) == []


def test_a_wrong_token_is_said_and_the_next_try_asks_for_another(
    visit: Watched, here: Neighbours, brief_id: str
) -> None:
    page = visit.page
    open_portal(page, here.portal, here.office.address, brief_id, "kolm_x")
    expect(element(page).get_by_role("alert")).to_contain_text("Cần khóa hoặc mã đăng nhập còn hiệu lực")
    assert barriers(page) == []
    right = here.office.keys["viewer"]
    element(page).evaluate("(widget, token) => { widget.changed = token }", right)
    element(page).evaluate("widget => { widget.getToken = async () => widget.changed }")
    expect(element(page).locator("ol > li")).to_have_count(5)


def test_it_waits_for_the_page_to_say_how_to_get_a_token_and_asks_nothing_before(
    visit: Watched, here: Neighbours, brief_id: str
) -> None:
    page = visit.page
    page.goto(f"{here.portal}/portal.html")
    page.evaluate("address => import(address)", f"{here.office.address}/widget/kol-shortlist.js")
    page.evaluate(
        "id => { const w = document.createElement('kol-shortlist'); w.setAttribute('brief-id', id);"
        " document.querySelector('#element').append(w) }",
        brief_id,
    )
    expect(element(page).get_by_role("status")).to_have_text("Đang tải danh sách…")
    assert [request.url for request in visit.requests if "/v1/" in request.url] == []
    assert barriers(page) == []


def test_who_has_too_little_data_has_no_figure(visit: Watched, here: Neighbours) -> None:
    made = here.office.shortlist(by="fit", top=40)
    silent = [entry for entry in made["entries"] if entry["reach"] is None]
    assert silent, "the sample world has creators without views"
    open_portal(visit.page, here.portal, here.office.address, made["brief_id"], here.office.keys["viewer"])
    element(visit.page).evaluate("widget => widget.setAttribute('top', '40')")
    expect(element(visit.page).locator("li", has_text="Chưa đủ dữ liệu")).to_have_count(len(silent))


def test_whoever_opted_out_since_keeps_a_place_and_no_name(visit: Watched, here: Neighbours) -> None:
    made = here.office.shortlist(by="fit", top=3)
    first = made["entries"][0]
    with here.office.api("admin") as api:
        assert api.post("/v1/rights", json={"creator_id": first["creator_id"], "kind": "opt_out"}).status_code == 201
    open_portal(visit.page, here.portal, here.office.address, made["brief_id"], here.office.keys["viewer"])
    expect(element(visit.page).locator("li")).to_have_count(3)
    place = element(visit.page).locator("li").first
    expect(place).to_contain_text(WITHDRAWN_VI)
    expect(place.locator("blockquote")).to_have_count(0)
    expect(element(visit.page)).not_to_contain_text(first["name"])


def test_what_people_wrote_is_text_and_never_code(visit: Watched, here: Neighbours) -> None:
    title = "dịch vụ công <img src=x onerror=document.title='xong'>"
    made = here.office.shortlist(title=title)
    open_portal(visit.page, here.portal, here.office.address, made["brief_id"], here.office.keys["viewer"])
    expect(element(visit.page).get_by_role("heading")).to_have_text(title)
    expect(visit.page).not_to_have_title("xong")


# Elsewhere


def test_a_page_of_another_origin_gets_neither_the_element_nor_the_frame(
    visit: Watched, here: Neighbours, brief_id: str
) -> None:
    page, service = visit.page, here.office.address
    with page.expect_console_message(lambda message: "CORS policy" in message.text):
        open_portal(page, here.stranger, service, brief_id, here.office.keys["viewer"])
    expect(element(page)).to_have_count(0)
    framed = page.evaluate(
        "address => new Promise(done => { const f = document.createElement('iframe');"
        " f.onload = () => done(f.contentWindow.length); f.src = address; document.body.append(f) })",
        f"{service}/widget/shortlist/{brief_id}",
    )
    assert framed == 0
    expect(page.frame_locator("iframe").locator("kol-shortlist")).to_have_count(0)
    assert any("frame-ancestors" in complaint for complaint in visit.complaints)


def test_the_example_loads_nothing_from_a_host_that_it_does_not_list(visit: Watched, here: Neighbours) -> None:
    for address in ("https://evil.example", "//evil.example", "javascript:alert(1)", "http://127.0.0.1@evil.example"):
        visit.page.goto(f"{here.portal}/portal.html?service={address}&brief=b")
        expect(visit.page.locator("main")).to_contain_text("không có trong danh sách")
        expect(visit.page.locator("input")).to_have_count(0)
    assert visit.outside(here.portal) == []


def test_a_page_of_another_origin_cannot_ask_even_with_a_token(visit: Watched, here: Neighbours) -> None:
    visit.page.goto(f"{here.stranger}/portal.html")
    asked: Any = visit.page.evaluate(
        "([address, key]) => fetch(address, {headers: {Authorization: `Bearer ${key}`}})"
        ".then(() => 'told', error => error.name)",
        [f"{here.office.address}/v1/shortlists", here.office.keys["admin"]],
    )
    assert asked == "TypeError"


def test_without_the_setting_nobody_frames_or_asks(sample_matcher: Matcher, visit: Watched) -> None:
    with office(sample_matcher) as closed, closed.api() as api:
        policy = api.get("/widget/shortlist/brief_1").headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        answer = api.get("/v1/shortlists", headers={"Origin": "https://portal.example"})
        assert "access-control-allow-origin" not in answer.headers
