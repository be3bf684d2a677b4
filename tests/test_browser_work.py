"""A morning's work in a real browser: from a document to a signed proposal, by mouse, by keyboard, without scripts; and
what must not go wrong meanwhile: a session that ends, a second tab, a second click, the way back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import docx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from models.matcher import Matcher
from serving.access.guard import REMEMBERED_S
from serving.pages import codes, wording
from serving.problems import Language
from serving.signin.wording import words
from tests.browser import DESK, PHONE, barriers, signed_in, visiting
from tests.browser_world import TEXT, TITLE, Office, office
from tests.issuer import running_issuer

WORK: Final = "Kế hoạch tuyên truyền của phường"
SIGNER: Final = "Bà Lê Thị B"
MOST_TABS: Final = 60  # steps from the top of a page to any place on it


@pytest.fixture(scope="module")
def here(sample_matcher: Matcher) -> Iterator[Office]:
    with office(sample_matcher) as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser, here: Office) -> Iterator[Page]:
    """Somebody of the staff, signed in."""
    with visiting(chromium, here.address) as visit:
        signed_in(visit.page, here.keys["staff"])
        yield visit.page


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = docx.Document()
    for paragraph in (TITLE, TEXT, "Đối tượng: thanh niên từ 18 đến 25 tuổi tại Thành phố Hồ Chí Minh, trên TikTok."):
        written.add_paragraph(paragraph)
    file = tmp_path_factory.mktemp("given") / "ke-hoach.docx"
    written.save(str(file))
    return file


def lists_of(here: Office) -> int:
    with here.api() as api:
        return len(api.get("/v1/shortlists", params={"limit": 100}).json()["items"])


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def new_list(page: Page) -> str:
    """A list for a brief that is typed; its address."""
    page.goto("/briefs/new")
    page.locator("#title").fill(TITLE)
    button(page, "Tạo danh sách đề xuất").click()
    page.wait_for_url("**/shortlists/*")
    return page.url


def decide_about_the_first(page: Page, t: Callable[..., str], language: Language) -> str:
    """Write a decision about the first of a list; their name."""
    name = page.locator(".card h3").first.inner_text()
    page.locator(".card").filter(has_text=name).get_by_role("link", name=t("decide.open")).click()
    page.get_by_label(codes.labels(language)["decision"]["shortlisted"], exact=True).check()
    page.get_by_label(t("decide.reason")).first.fill("đúng chủ đề, đúng lứa tuổi")
    page.get_by_label(t("decide.by")).first.fill(SIGNER)
    button(page, t("decide.keep")).click()
    expect(page.locator(".card .badge").first).to_have_text(codes.labels(language)["decision"]["shortlisted"])
    return name


# The whole way


@pytest.mark.parametrize(("language", "width"), [("vi", PHONE), ("en", DESK)])
def test_from_a_document_to_an_approved_paper(
    chromium: Browser, here: Office, document: Path, language: Language, width: int
) -> None:
    t, labels = wording.in_language(language), codes.labels(language)
    with visiting(chromium, here.address, width) as visit:
        page = visit.page
        signed_in(page, here.keys["staff"], language)
        page.get_by_role("link", name=t("briefs.new")).click()
        page.get_by_label(t("new.document")).set_input_files(document)
        button(page, t("new.read")).click()
        expect(page.locator("#title")).to_have_value(TITLE)
        expect(page.locator("#age_max")).to_have_value("25")
        page.get_by_label(t("f.must")).fill("nộp hồ sơ trực tuyến")
        button(page, t("new.list")).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(TITLE)
        page.evaluate("window.stayed = true")
        page.get_by_label(t("filter.sort"), exact=True).select_option(index=1)
        expect(page).to_have_url(re.compile("sort="))
        assert page.evaluate("window.stayed"), "the page was loaded again"
        name = decide_about_the_first(page, t, language)
        page.get_by_label(t("step.by")).fill(SIGNER)
        page.get_by_label(t("step.reason"), exact=True).fill("đủ căn cứ")
        button(page, t("step.propose")).click()
        expect(page.get_by_text(labels["status"]["proposed"]).first).to_be_visible()
        address = page.url
        button(page, t("signout")).click()
        expect(page.get_by_role("heading", name=words(language)["sign_in"])).to_be_visible()
        signed_in(page, here.keys["approver"], language)
        page.goto(address)
        page.get_by_label(t("step.by")).fill("Ông Trần Văn C")
        page.get_by_label(t("step.reason"), exact=True).fill("đồng ý")
        button(page, t("step.approve")).click()
        expect(page.get_by_text(t("step.approved"))).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name=t("export.docx")).click()
        paper = docx.Document(str(download.value.path()))
        said = "\n".join([*(p.text for p in paper.paragraphs), *(c.text for x in paper.tables for c in x._cells)])
        assert TITLE in said
        assert name in said
        assert visit.complaints == []
        assert visit.outside(here.address) == []


def test_without_scripts_the_way_is_the_same(chromium: Browser, here: Office) -> None:
    t = wording.in_language("vi")
    with visiting(chromium, here.address, java_script_enabled=False) as visit:
        page = visit.page
        signed_in(page, here.keys["staff"])
        page.goto("/briefs/new")
        page.get_by_label(t("new.pasted")).fill(f"{TITLE}\n{TEXT}")
        button(page, t("new.read")).click()
        expect(page.locator("#title")).to_have_value(TITLE)
        button(page, t("new.list")).click()
        page.wait_for_url("**/shortlists/*")
        page.locator("#sort").select_option(index=1)
        button(page, t("filter.apply")).click()
        expect(page).to_have_url(re.compile("sort="))
        decide_about_the_first(page, t, "vi")


def tab_to(page: Page, wanted: Locator) -> None:
    """Go to an element by the Tab key alone."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{wanted} is not reached by {MOST_TABS} steps of Tab")


def test_without_a_mouse_one_signs_in_and_gets_a_list(chromium: Browser, here: Office) -> None:
    with visiting(chromium, here.address) as visit:
        page = visit.page
        page.goto("/")
        tab_to(page, page.locator("#key"))
        page.keyboard.type(here.keys["staff"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/briefs")
        tab_to(page, page.get_by_role("link", name="Đến nội dung chính"))
        page.keyboard.press("Enter")
        tab_to(page, page.get_by_role("link", name="Tạo yêu cầu mới"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/briefs/new")
        tab_to(page, page.locator("#title"))
        page.keyboard.type(TITLE)
        tab_to(page, button(page, "Tạo danh sách đề xuất"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/shortlists/*")
        tab_to(page, page.locator("button.help").first)
        page.keyboard.press("Enter")
        expect(page.locator("[popover]:popover-open")).to_be_visible()


# What was typed is never lost


def let_the_session_end(here: Office, page: Page) -> None:
    here.clock[0] += timedelta(minutes=61)
    page.wait_for_timeout(1000 * REMEMBERED_S + 100)


def type_a_brief(page: Page) -> None:
    page.goto("/briefs/new")
    page.locator("#title").fill(TITLE)
    page.locator("#text").fill(f"{TEXT}\nDòng hai, “trích” <b>và</b> dấu &")
    page.locator("#must").fill("nộp hồ sơ trực tuyến\nVNeID")
    page.get_by_label("TikTok").first.check()


def test_a_session_that_ends_in_the_middle_of_work_loses_nothing_typed(here: Office, page: Page) -> None:
    before = lists_of(here)
    type_a_brief(page)
    let_the_session_end(here, page)
    button(page, "Tạo danh sách đề xuất").click()
    expect(page.get_by_text("Phiên làm việc đã hết hạn")).to_be_visible()
    assert barriers(page) == []
    page.get_by_label("Khóa truy cập").fill("kolm_sai")  # mistyped, too
    button(page, "Đăng nhập").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Khóa truy cập").fill(here.keys["staff"])
    button(page, "Đăng nhập").click()
    expect(page.get_by_role("heading", name="Gửi lại nội dung đã nhập")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Dòng hai, “trích” <b>và</b> dấu &")
    assert barriers(page) == []
    assert lists_of(here) == before
    button(page, "Gửi").click()
    page.wait_for_url("**/shortlists/*")
    assert lists_of(here) == before + 1
    page.get_by_role("link", name="Yêu cầu này").or_(page.locator("main a[href^='/briefs/']")).first.click()
    expect(page.locator("main")).to_contain_text("nộp hồ sơ trực tuyến")
    expect(page.locator("main")).to_contain_text("TikTok")


def test_a_document_is_chosen_again_after_the_session_ended(here: Office, page: Page, document: Path) -> None:
    page.goto("/briefs/new")
    page.get_by_label("Tệp Word hoặc PDF").set_input_files(document)
    let_the_session_end(here, page)
    button(page, "Đọc và điền các ô").click()
    page.get_by_label("Khóa truy cập").fill(here.keys["staff"])
    button(page, "Đăng nhập").click()
    page.get_by_label("Chọn lại tệp").set_input_files(document)
    button(page, "Gửi").click()
    expect(page.locator("#title")).to_have_value(TITLE)


def test_a_part_of_a_page_after_the_session_ended_leads_to_sign_in_and_back(here: Office, page: Page) -> None:
    address = new_list(page)
    let_the_session_end(here, page)
    page.get_by_label("Sắp xếp", exact=True).select_option(index=1)
    page.get_by_label("Khóa truy cập").fill(here.keys["staff"])
    button(page, "Đăng nhập").click()
    expect(page).to_have_url(re.compile(re.escape(address)))
    expect(page.locator(".card h3").first).to_be_visible()


def test_who_signed_in_in_another_tab_goes_on_in_the_first(here: Office, page: Page) -> None:
    type_a_brief(page)
    let_the_session_end(here, page)
    other = page.context.new_page()
    signed_in(other, here.keys["staff"])
    button(page, "Tạo danh sách đề xuất").click()  # with the token of the session that ended
    expect(page.get_by_role("heading", name="Gửi lại nội dung đã nhập")).to_be_visible()
    button(page, "Gửi").click()
    page.wait_for_url("**/shortlists/*")


def test_signing_out_in_one_tab_leaves_what_was_typed_in_the_other(here: Office, page: Page) -> None:
    type_a_brief(page)
    other = page.context.new_page()
    other.goto("/briefs")
    button(other, "Đăng xuất").click()
    expect(other.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    button(page, "Tạo danh sách đề xuất").click()
    page.get_by_label("Khóa truy cập").fill(here.keys["staff"])
    button(page, "Đăng nhập").click()
    expect(page.locator("main")).to_contain_text("Dòng hai")


def test_signing_in_again_at_the_portal_in_a_tab_of_its_own_loses_nothing_typed(
    chromium: Browser, sample_matcher: Matcher
) -> None:
    with (
        running_issuer() as issuer,
        office(sample_matcher, issuer=issuer) as there,
        visiting(chromium, there.address) as visit,
    ):
        issuer.says = {"roles": ["can-bo"], "department": "so-tttt"}
        page, by_portal = visit.page, "Đăng nhập bằng tài khoản của cổng"
        page.goto("/briefs/new")
        page.get_by_role("link", name=by_portal).click()
        expect(page.get_by_role("heading", name="Yêu cầu mới")).to_be_visible()
        type_a_brief(page)
        let_the_session_end(there, page)
        button(page, "Tạo danh sách đề xuất").click()
        assert barriers(page) == []
        with page.expect_popup() as tab:
            page.get_by_role("link", name=by_portal).click()
        expect(tab.value.get_by_role("heading", name="Đã đăng nhập")).to_be_visible()
        assert barriers(tab.value) == []
        button(page, "Tiếp tục").click()
        expect(page.locator("main")).to_contain_text("Dòng hai, “trích” <b>và</b> dấu &")
        button(page, "Gửi").click()
        page.wait_for_url("**/shortlists/*")
        assert visit.outside(there.address, issuer.address) == []


# The second click, the way back


def test_a_second_click_creates_nothing_more(here: Office, page: Page) -> None:
    before = lists_of(here)
    page.goto("/briefs/new")
    page.locator("#title").fill(TITLE)
    button(page, "Tạo danh sách đề xuất").dblclick()
    page.wait_for_url("**/shortlists/*")
    expect(page.locator(".card h3").first).to_be_visible()
    assert lists_of(here) == before + 1


def test_two_tabs_that_send_the_same_form_create_one_list(here: Office, page: Page) -> None:
    before = lists_of(here)
    page.goto("/briefs/new")
    once = page.locator("form[action='/briefs'] input[name=once]").input_value()
    other = page.context.new_page()
    other.goto("/briefs/new")
    other.locator("form[action='/briefs'] input[name=once]").evaluate("(field, once) => { field.value = once }", once)
    for tab in (page, other):
        tab.locator("#title").fill(TITLE)
        button(tab, "Tạo danh sách đề xuất").click()
        tab.wait_for_url("**/shortlists/*")
    assert page.url == other.url
    assert lists_of(here) == before + 1


def test_the_way_back_sends_nothing_again(here: Office, page: Page) -> None:
    address = new_list(page)
    decide_about_the_first(page, wording.in_language("vi"), "vi")
    with here.api() as api:
        before = [api.get(f"/v1/{name}").json()["items"] for name in ("decisions", "shortlists")]
        page.go_back()
        page.go_back()
        page.go_forward()
        page.reload()
        expect(page.locator("main")).to_be_visible()
        assert [api.get(f"/v1/{name}").json()["items"] for name in ("decisions", "shortlists")] == before
    assert address.startswith(here.address)


def test_after_signing_out_the_way_back_shows_nothing(page: Page) -> None:
    new_list(page)
    button(page, "Đăng xuất").click()
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Đăng nhập")).to_be_visible()
    expect(page.locator(".card")).to_have_count(0)


def test_two_who_revise_a_brief_at_once_lose_nothing(here: Office, page: Page) -> None:
    with here.api() as api:
        brief_id = api.post("/v1/briefs", json={"title": TITLE}).json()["brief_id"]
    other = page.context.new_page()
    for tab, text in ((page, "của tôi"), (other, "của đồng nghiệp")):
        tab.goto(f"/briefs/{brief_id}/edit")
        tab.locator("#text").fill(text)
    button(other, "Lưu bản sửa").click()
    other.wait_for_url(f"**/briefs/{brief_id}")
    button(page, "Lưu bản sửa").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#text")).to_have_value("của tôi")
