"""Pages of briefs and shortlists: both languages, forms, escaping, what is kept and what is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from jinja2 import Environment, FileSystemLoader, meta
from sqlalchemy import select
from starlette.testclient import TestClient

from kolmatch.errors import BundleMissing
from serving.access.guard import roles_of
from serving.app import bare_app
from serving.envelope import PAGE_HEADERS
from serving.pages import codes, wording
from serving.pages.rendering import FOLDER
from serving.signin import CSRF_FIELD
from serving.store.database import Store
from serving.store.tables import BriefRevisionRow, BriefRow, DecisionRow, NoteRow, ShortlistRow
from tests.api_world import SMALL, TinyAnswers, browser_of, own_store, sign_in

BRIEF = {
    "title": "Dịch vụ công trực tuyến",
    "must": "trực tuyến\nVNeID",
    "age_min": "16",
    "age_max": "30",
    "area": "hcmc",
    "by": "impact",
    "top": "20",
    "do": "list",
    "once": "a1",
}
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def shared() -> Iterator[Store]:
    store = own_store()
    yield store
    store.close()


class Desk:
    """Somebody signed in, who sends forms from our own pages."""

    def __init__(self, store: Store, role: str = "staff", department: str = "so-tttt") -> None:
        self.browser: TestClient = browser_of(TinyAnswers, SMALL, store)
        self.token = sign_in(self.browser, store, role, department)

    def get(self, address: str) -> str:
        answer = self.browser.get(address, headers=BROWSER)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, address: str, status: int, **fields: object) -> str:
        """What was answered: where one is led to, else the page."""
        form = {CSRF_FIELD: self.token, **fields}
        answer = self.browser.post(address, data=form, headers=BROWSER, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return answer.headers.get("location") or answer.text

    def shortlist(self) -> str:
        """The address of a list that is kept."""
        return self.post("/briefs", 303, **BRIEF)


@pytest.fixture
def desk(shared: Store) -> Desk:
    return Desk(shared)


def words(page: str) -> str:
    """What a reader sees, tags taken out."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


# What every page has


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_page_is_in_the_language_that_was_chosen(desk: Desk, lang: str) -> None:
    address = desk.shortlist()
    desk.get(f"/briefs?lang={lang}")
    for page in map(desk.get, ("/briefs", "/briefs/new", address)):
        assert f'<html lang="{lang}">' in page
        own, other = ("Yêu cầu", "Briefs") if lang == "vi" else ("Briefs", "Chiến dịch")
        assert own in words(page)
        assert other not in words(page)


def test_a_page_lets_nothing_foreign_in_and_is_not_kept_by_the_browser(desk: Desk) -> None:
    answer = desk.browser.get("/briefs")
    policy = answer.headers["content-security-policy"]
    assert policy == PAGE_HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=", answer.text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)


def test_invented_data_is_labelled_on_every_page(desk: Desk) -> None:
    for page in map(desk.get, ("/briefs", "/briefs/new", desk.shortlist())):
        assert "Dữ liệu mẫu, không có người thật" in words(page)


def test_files_of_the_pages_may_be_kept_for_ever_and_change_their_address(desk: Desk) -> None:
    for name in ("pages.css", "htmx.min.js", "icon.svg"):
        (address,) = re.findall(rf'"(/static/{re.escape(name)}\?v=[0-9a-f]{{12}})"', desk.get("/briefs"))
        answer = desk.browser.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert desk.browser.get("/static/pages.css.bak").status_code == 404
    assert desk.browser.get("/static/..%2frendering.py").status_code == 404


def test_a_refusal_is_a_page_for_a_browser_and_a_problem_for_a_program(desk: Desk) -> None:
    page = desk.browser.get("/briefs/brief_0?lang=en", headers=BROWSER)
    assert page.status_code == 404
    assert "There is no brief 'brief_0'" in words(page.text)
    assert desk.browser.get("/briefs/brief_0").json()["code"] == "unknown_record"
    assert desk.browser.get("/nothing", headers=BROWSER).headers["content-type"].startswith("text/html")


# Wording


def used_words() -> set[str]:
    texts = [file.read_text(encoding="utf-8") for file in (FOLDER / "templates").glob("*.j2")]
    texts += [file.read_text(encoding="utf-8") for file in FOLDER.glob("*.py") if not file.name.startswith("wording")]
    return {name for name in wording.WORDS if any(f'"{name}"' in text or f"'{name}'" in text for text in texts)}


def test_no_text_is_left_unused_and_every_text_is_there_in_both_languages() -> None:
    built = {name for name in wording.WORDS if name.startswith("export.")}  # joined from the format's name
    assert set(wording.WORDS) - used_words() - built == set()
    assert all(vi and en for vi, en in wording.WORDS.values())
    assert all(vi and en for said in codes.CODES.values() for vi, en in said.values())


def test_both_languages_have_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", text))

    assert [name for name, (vi, en) in wording.WORDS.items() if blanks(vi) != blanks(en)] == []


def test_templates_name_only_what_they_are_given() -> None:
    environment = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True)
    for file in sorted((FOLDER / "templates").glob("*.j2")):
        source = file.read_text(encoding="utf-8")
        called = set(re.findall(r"""\bt\(["']([\w.]+)["'][,)]""", source))
        assert called <= set(wording.WORDS), file.name
        assert meta.find_undeclared_variables(environment.parse(source)) is not None


# A new brief


def test_what_a_text_says_is_filled_in(desk: Desk) -> None:
    text = (
        "Tuyên truyền dịch vụ công trực tuyến cho thanh niên\nĐộ tuổi từ 18 đến 25 tuổi, tại Đà Nẵng. Nộp hồ sơ trực "
        "tuyến. Kênh TikTok, video. Kinh phí 1,5 tỷ đồng. Mời 4 KOL. Không quảng cáo cá cược."
    )
    page = desk.post("/briefs/new/read", 200, pasted=text)
    for name, value in (("age_min", "18"), ("age_max", "25"), ("budget_vnd", "1.500.000.000"), ("team_size", "4")):
        assert re.search(rf'name="{name}" value="{re.escape(value)}"', page), name
    assert 'value="Tuyên truyền dịch vụ công trực tuyến cho thanh niên"' in page
    assert 'value="Đà Nẵng"' in page
    assert re.search(r'value="tiktok" checked', page)
    assert re.search(r'value="video" checked', page)
    assert not re.search(r'value="youtube" checked', page)
    assert "nộp hồ sơ trực tuyến</textarea>" in page
    assert "Không quảng cáo cá cược</textarea>" in page


def test_a_text_without_terms_keeps_the_defaults(desk: Desk) -> None:
    page = desk.post("/briefs/new/read", 200, pasted="Vài câu về an toàn thực phẩm đường phố ở trường học")
    assert re.search(r'name="age_min" value="16"', page)
    assert 'name="budget_vnd" value=""' in page


def test_nothing_to_read_is_told_at_the_field(desk: Desk) -> None:
    assert 'id="pasted-fault"' in desk.post("/briefs/new/read", 422, pasted=" ")


def test_an_upload_that_is_no_document_is_told_at_the_field(desk: Desk) -> None:
    sent = {"document": ("a.docx", b"not a document", "application/octet-stream")}
    answer = desk.browser.post("/briefs/new/read", data={CSRF_FIELD: desk.token, "pasted": "giữ lại"}, files=sent)
    assert answer.status_code == 422
    assert 'id="document-fault"' in answer.text
    assert "giữ lại</textarea>" in answer.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "  "}, "title"),
        ({"age_min": "31", "age_max": "30"}, "age_min"),
        ({"age_max": "hai mươi"}, "age_max"),
        ({"area": "other", "provinces": "Atlantis"}, "provinces"),
        ({"budget_vnd": "nhiều"}, "budget_vnd"),
        ({"area": "other", "provinces": ""}, "provinces"),
        ({"top": "51"}, "top"),
        ({"top": "0"}, "top"),
        ({"age_min": "9" * 5000}, "age_min"),
        ({"max_rate_vnd": "-1"}, "max_rate_vnd"),
    ],
)
def test_a_value_that_does_not_fit_is_told_at_its_field_and_nothing_typed_is_lost(
    desk: Desk, shared: Store, change: dict[str, str], field: str
) -> None:
    page = desk.post("/briefs", 422, **{**BRIEF, "text": "toàn văn dài", **change})
    assert f'id="{field}-fault"' in page
    assert f'href="#{field}"' in page
    assert "toàn văn dài</textarea>" in page
    with shared.reading() as session:
        assert session.execute(select(BriefRow)).first() is None


def test_a_brief_and_its_list_are_kept_once_however_often_the_form_is_sent(desk: Desk, shared: Store) -> None:
    assert desk.shortlist() == desk.shortlist()
    changed = desk.post("/briefs", 303, **{**BRIEF, "title": "Dịch vụ công tại nhà"})
    assert changed != desk.shortlist()
    with shared.reading() as session:
        kept = session.execute(select(ShortlistRow)).scalars().all()
        content = session.execute(select(BriefRevisionRow)).scalars().first()
    assert len(kept) == 2
    assert content is not None
    assert content.content["must"] == ["trực tuyến", "VNeID"]
    assert content.content["provinces"] == ["hcmc"]


def test_a_brief_can_be_kept_without_a_list(desk: Desk) -> None:
    page = desk.get(desk.post("/briefs", 303, **{**BRIEF, "do": "keep"}))
    assert "Chưa có danh sách nào" in words(page)


def test_who_may_keep_nothing_sees_the_list_alone(shared: Store) -> None:
    viewer = Desk(shared, "viewer")
    page = viewer.post("/briefs", 200, **BRIEF)
    assert "Phường Mình" in words(page)
    assert 'name="title" value="Dịch vụ công trực tuyến"' in page  # carried along by the filter's form
    with shared.reading() as session:
        assert session.execute(select(BriefRow)).first() is None


def test_the_demo_answers_without_signing_in_and_says_that_it_keeps_nothing(shared: Store) -> None:
    browser = browser_of(TinyAnswers, SMALL, shared)
    assert "không lưu gì" in words(browser.get("/briefs").text)
    answer = browser.post("/briefs", data={CSRF_FIELD: "", **BRIEF})
    assert answer.status_code == 200
    assert "Phường Mình" in answer.text


def test_another_departments_brief_is_not_there(desk: Desk, shared: Store) -> None:
    address = desk.shortlist()
    other = Desk(shared, "staff", "so-y-te")
    assert other.browser.get(address, headers=BROWSER).status_code == 404
    assert "Dịch vụ công trực tuyến" not in other.get("/briefs")


def brief_of(desk: Desk) -> str:
    desk.shortlist()
    found = re.search(r'href="(/briefs/brief_\w+)"', desk.get("/briefs"))
    assert found
    return found[1]


def test_a_brief_is_revised_unless_somebody_was_faster(desk: Desk) -> None:
    address = brief_of(desk)
    assert 'name="revision" value="1"' in desk.get(f"{address}/edit")
    desk.post(f"{address}/edit", 303, **{**BRIEF, "revision": "1", "title": "Bản hai"})
    page = desk.post(f"{address}/edit", 422, **{**BRIEF, "revision": "1", "title": "Bản ba"})
    assert "Bản hiện tại là 2" in words(page)
    assert 'value="Bản ba"' in page
    assert 'name="revision" value="2"' in page
    assert "Bản hai" in words(desk.get(address))


def test_another_list_is_made_for_a_kept_brief(desk: Desk, shared: Store) -> None:
    desk.post(f"{brief_of(desk)}/shortlists", 303, by="fit", top="1", once="b")
    with shared.reading() as session:
        rows = session.execute(select(ShortlistRow).order_by(ShortlistRow.seq)).scalars().all()
    assert [row.request["top"] for row in rows] == [20, 1]


def test_earlier_briefs_come_with_whom_people_chose_then(desk: Desk) -> None:
    address = desk.shortlist()
    desk.post(f"{address}/decide", 303, creator_id="syn-0007", decision="invited", reason="hợp", decided_by="An")
    said = words(desk.post("/briefs/new/read", 200, pasted="Dịch vụ công trực tuyến"))
    assert "Phường Mình (tổng hợp): mời" in said
    assert "gần nghĩa 100 %" in said
    again = desk.post("/briefs", 303, **{**BRIEF, "title": "Dịch vụ công trực tuyến 2", "do": "keep"})
    said = words(desk.get(again))
    assert "Yêu cầu tương tự trước đây" in said
    assert said.count("Dịch vụ công trực tuyến (") == 1  # the earlier one, and not itself


# A shortlist


def test_a_list_shows_places_evidence_with_marked_words_and_what_speaks_against(desk: Desk) -> None:
    page = desk.get(desk.shortlist())
    assert page.index("Phường Mình") < page.index("Bếp Nhà")
    assert "<mark>dịch</mark> <mark>vụ</mark>" in page
    assert "không bài nào có từ của yêu cầu" in words(page)
    assert "Chưa ai trong danh sách có bài về: VNeID" in words(page)


def test_only_the_cards_come_where_htmx_asks(desk: Desk) -> None:
    answer = desk.browser.get(desk.shortlist() + "?sort=fit", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<section id="list"')


def test_what_a_creator_wrote_is_never_markup(shared: Store) -> None:
    desk = Desk(shared)
    hostile = '<script>alert(1)</script><img src=x onerror="x">'
    page = desk.get(desk.post("/briefs", 303, **{**BRIEF, "title": f"Dịch vụ {hostile}", "text": hostile}))
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert" in page


def test_two_to_four_are_compared(desk: Desk) -> None:
    address = desk.shortlist()
    said = words(desk.get(f"{address}/compare?c=syn-0001&c=syn-0007"))
    assert "Bếp Nhà" in said
    assert "Phường Mình" in said
    assert desk.browser.get(f"{address}/compare?c=syn-0001", headers=BROWSER).status_code == 422


def test_why_not_names_the_place_and_the_one_above(desk: Desk) -> None:
    said = words(desk.get(f"{desk.shortlist()}/why?q=bếp"))
    assert "Hạng 2 trong 2 người" in said
    assert "So với người ngay trên: Phường Mình" in said
    assert "không có trong" not in said
    assert desk.browser.get(f"{desk.shortlist()}/why?creator_id=%00", headers=BROWSER).status_code == 200
    assert "Không tìm thấy “ai đó”" in words(desk.get(f"{desk.shortlist()}/why?q=ai đó"))


def test_a_nominee_is_placed_among_the_list(desk: Desk) -> None:
    address = desk.shortlist()
    captions = "\n".join(f"dịch vụ công trực tuyến số {number}" for number in range(20))
    said = words(desk.post(f"{address}/nominate", 200, nominee="Bạn Mới", captions=captions))
    assert "Bạn Mới đứng thứ 1 trong 3 người" in said
    page = desk.post(f"{address}/nominate", 422, nominee="Bạn Mới", captions="một bài")
    assert 'id="captions-fault"' in page
    assert "một bài</textarea>" in page


def test_the_demo_asks_the_same_questions_of_a_list_that_is_not_kept(shared: Store) -> None:
    viewer = Desk(shared, "viewer")
    assert "Hạng 2 trong 2 người" in words(viewer.post("/briefs/why", 200, **BRIEF, q="bếp"))
    captions = "\n".join(f"dịch vụ công trực tuyến số {number}" for number in range(20))
    assert "đứng thứ 1" in words(viewer.post("/briefs/nominate", 200, **BRIEF, nominee="Bạn", captions=captions))


# Deciding


def test_a_decision_is_kept_with_reason_and_name(desk: Desk, shared: Store) -> None:
    address = desk.shortlist()
    back = desk.post(f"{address}/decide", 303, creator_id="syn-0007", decision="invited", reason="hợp", decided_by="An")
    assert back == f"{address}#c1"
    assert "mời hợp An" in words(desk.get(address))
    with shared.reading() as session:
        row = session.execute(select(DecisionRow)).scalar_one()
    assert (row.decision, row.reason, row.decided_by) == ("invited", "hợp", "An")


def test_a_decision_without_a_reason_is_refused_and_the_rest_stays_typed(desk: Desk) -> None:
    address = desk.shortlist()
    page = desk.post(f"{address}/decide", 422, creator_id="syn-0007", decision="rejected", reason="", decided_by="An")
    assert re.search(r'value="rejected" required checked', page)
    assert 'value="An"' in page


def test_notes_are_kept_about_a_creator_or_the_whole_campaign(desk: Desk, shared: Store) -> None:
    address = desk.shortlist()
    back = desk.post(f"{address}/notes", 303, creator_id="syn-0007", text="gọi lại\nthứ hai", note_by="An", once="1")
    assert "An: gọi lại thứ hai" in words(desk.get(back))
    desk.post(f"{address}/notes", 303, text="chờ kinh phí", note_by="An", once="2")
    said = words(desk.get(address))
    assert "An: chờ kinh phí" in said
    assert "1 ghi chú" in said
    desk.post(f"{address}/notes", 422, text="", note_by="An")
    with shared.reading() as session:
        rows = session.execute(select(NoteRow).order_by(NoteRow.seq)).scalars().all()
    assert [(row.creator_id, row.text, row.by) for row in rows] == [
        ("syn-0007", "gọi lại\nthứ hai", "An"),
        (None, "chờ kinh phí", "An"),
    ]


def test_whoever_opted_out_since_keeps_a_place_and_no_name(desk: Desk, shared: Store) -> None:
    address = desk.shortlist()
    desk.post(f"{address}/decide", 303, creator_id="syn-0007", decision="invited", reason="hợp", decided_by="An")
    brief = re.findall(r'href="(/briefs/brief_\w+)"', desk.get(address))[0]
    Desk(shared, "admin").post("/rights", 303, creator_id="syn-0007", kind="opt_out")
    for page in map(desk.get, (address, brief, "/campaigns", brief.replace("briefs", "campaigns"))):
        assert "Phường Mình" not in page
    assert "đã yêu cầu không tham gia" in words(desk.get(address))
    assert desk.browser.get(f"{address}/decide?creator_id=syn-0007", headers=BROWSER).status_code == 404
    desk.post(f"{address}/decide", 404, creator_id="syn-0007", decision="invited", reason="x", decided_by="An")
    desk.post(f"{address}/notes", 404, creator_id="syn-0007", text="x", note_by="An")


def test_every_form_of_a_page_must_come_from_one_of_ours(desk: Desk) -> None:
    """By a token: without one the form is shown again, and nothing is done."""
    posted = [path for (method, path), _ in roles_of(bare_app().routes).items() if method == "POST"]
    pages = [path for path in posted if not path.startswith(("/v1/", "/signin"))]
    assert len(pages) > 15
    for path in pages:
        address = re.sub(r"\{\w+\}", "x", path)
        answer = desk.browser.post(address, data={"title": "a"}, headers=BROWSER, follow_redirects=False)
        assert answer.status_code == 403 or 'name="csrf_token"' in answer.text, path
        assert answer.headers.get("location") is None, path


def test_a_list_is_proposed_and_approved_by_another_person(desk: Desk, shared: Store) -> None:
    address = desk.shortlist()
    desk.post(f"{address}/propose", 303, by="An", reason="đúng chủ đề")
    boss = Desk(shared, "approver")
    page = boss.post(f"{address}/approve", 409, by="an", reason="đồng ý")
    assert "Người đề xuất không được tự duyệt" in words(page)
    assert "đồng ý</textarea>" in page
    boss.post(f"{address}/approve", 303, by="Bình", reason="đồng ý")
    assert "Danh sách đã được duyệt" in words(boss.get(address))
    assert desk.browser.get(f"{address}/export/docx").content.startswith(b"PK")


def test_a_proposed_list_is_sent_back_with_the_reason(desk: Desk, shared: Store) -> None:
    address = desk.shortlist()
    desk.post(f"{address}/propose", 303, by="An", reason="x")
    Desk(shared, "approver").post(f"{address}/return", 303, by="Bình", reason="thiếu lý do")
    assert "trả lại, Bình. thiếu lý do" in words(desk.get(address))


def test_checks_are_opened_for_everyone_and_settled_by_a_person(desk: Desk) -> None:
    address = desk.shortlist()
    desk.post(f"{address}/checks", 303)
    assert "mục thẩm tra chưa kết luận" in words(desk.get(address))
    page = desk.get(f"{address}/decide?creator_id=syn-0007")
    check = re.findall(r"/checks/(check_\w+)", page)[0]
    settled = {"disposition": "cleared", "by": "An", "revision": "1", "creator_id": "syn-0007"}
    for other in ("2", "", "một"):  # somebody settled it in between, or the form was tampered with
        desk.post(f"{address}/checks/{check}", 412, **{**settled, "revision": other}, reason="đã xem")
    assert f'id="reason-{check}-fault"' in desk.post(f"{address}/checks/{check}", 422, **settled, reason="")
    desk.post(f"{address}/checks/{check}", 303, **settled, reason="đã xem")
    assert "An: đã xem" in words(desk.get(f"{address}/decide?creator_id=syn-0007"))


@pytest.mark.parametrize(
    ("wanted", "start"), [("docx", b"PK"), ("xlsx", b"PK"), ("pdf", b"%PDF"), ("csv", b"\xef\xbb\xbf")]
)
def test_the_paper_is_a_file(desk: Desk, wanted: str, start: bytes) -> None:
    answer = desk.browser.get(f"{desk.shortlist()}/export/{wanted}")
    assert answer.content.startswith(start)
    assert answer.headers["content-disposition"].startswith("attachment")


def test_there_is_no_other_format(desk: Desk) -> None:
    assert desk.browser.get(f"{desk.shortlist()}/export/exe").status_code == 404


def test_files_are_packed_for_a_slow_line_where_the_browser_can_unpack_them(desk: Desk) -> None:
    for name in ("pages.css", "htmx.min.js"):
        packed = desk.browser.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"})
        plain = desk.browser.get(f"/static/{name}", headers={"Accept-Encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content == (FOLDER / "static" / name).read_bytes()
        assert int(packed.headers["content-length"]) < len(plain.content) / 2


def test_without_a_model_briefs_are_there_and_questions_say_when_to_try_again(shared: Store) -> None:
    def none_yet() -> TinyAnswers:
        raise BundleMissing("No model.", "Chưa có mô hình.")

    browser = browser_of(none_yet, SMALL, shared)
    token = sign_in(browser, shared, "staff")
    assert "Chưa có yêu cầu nào" in words(browser.get("/briefs").text)
    form = {CSRF_FIELD: token, **BRIEF, "do": "keep"}
    kept = browser.post("/briefs", data=form, follow_redirects=False).headers["location"]
    assert "Dịch vụ công trực tuyến" in words(browser.get(kept).text)
    answer = browser.get("/creators/syn-0007", headers=BROWSER)
    assert answer.status_code == 503
    assert "Chưa có mô hình nào được nạp" in words(answer.text)
    assert answer.headers["retry-after"]
