"""The paper to sign: one content, four formats, laid out as Decree 30/2020/NĐ-CP asks, and nothing in it runs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from docx import Document
from docx.shared import Length, Pt
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from kolmatch.cli import cli
from kolmatch.settings import ReportSettings, Settings
from models.audience import AUDIENCE_SOURCES
from models.shortlist import STATES
from serving.creators.gone import Gone
from serving.reports import wording
from serving.reports.content import Kept, paper_of
from serving.reports.paper import COUNTRY, MOTTO, SYNTHETIC, TITLE, Facts, Paper, Paragraph, Table, cell, clean
from serving.reports.pdf import pdf_bytes
from serving.reports.sheets import xlsx_bytes
from serving.reports.web import html_bytes
from serving.reports.word import docx_bytes
from serving.shortlists.showing import WITHDRAWN_VI
from serving.store import schema
from serving.store.database import Store, store_url
from serving.store.tables import CheckRow, DecisionRow, ShortlistRow, ShortlistStepRow
from tests.api_world import TinyAnswers, client_of, key_of, own_store

WHEN: Final = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
FORMULA: Final = '=HYPERLINK("http://evil.example","bấm vào")'
LETTERS: Final = "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ"
SCRIPT: Final = "<script>alert('x')</script>"


def state(code: str) -> dict[str, str]:
    return {"code": code, "label_vi": STATES[code][0], "label_en": STATES[code][1]}


def entry(rank: int, name: str, **more: Any) -> dict[str, Any]:
    post = {
        "post_id": f"p{rank}",
        "platform": "tiktok",
        "published_at": "2026-10-02T20:00:00+00:00",
        "text": f"Nộp hồ sơ trực tuyến số {rank}",
        "url": "https://example.org/@kenh",
        "matched": ["nộp", "hồ", "sơ"],
        "weight": 0.5,
    }
    reach = {
        "platform": "tiktok",
        "format": "video",
        "viewers": {"p10": 1234.0, "p50": 5678.0, "p90": 23456.0},
        "share": {"p10": 0.1, "p50": 0.31, "p90": 0.5},
        "source": "platform",
        "source_vi": AUDIENCE_SOURCES["platform"][0],
        "as_of": "2026-10-01",
        "sample_size": 1600,
    }
    flags = [{"signal": "few_likes"}]
    whole = {"rank": rank, "creator_id": f"c{rank}", "name": name, "kind": "person", "score": 1.0, "evidence": [post]}
    return whole | {"reach": reach, "tie": 1, "state": state("ok"), "against": [], "flags": flags, "facets": []} | more


def kept(*entries: dict[str, Any], synthetic: bool = True, title: str = "Dịch vụ công trực tuyến") -> Kept:
    row = ShortlistRow(
        shortlist_id="list_1",
        department="Sở Mẫu",
        brief_id="brief_1",
        brief_revision=2,
        title=title,
        bundle_id="0123456789ab",
        bundle_sha256="b" * 64,
        model_version=3,
        model_month="2026-11",
        kolmatch_version="0.1.0",
        catalogue_until=WHEN,
        synthetic=synthetic,
        answer_sha256="a" * 64,
        created_at=WHEN,
    )
    brief = {"title": title, "text": "Vận động", "must": ["VNeID"], "age_min": 16, "age_max": 30, "provinces": ["hcmc"]}
    answer = {
        "entries": list(entries),
        "by": "impact",
        "uncovered": ["VNeID"],
        "excluded": [{"reason": "minor", "count": 2}],
    }
    return Kept(row, brief, answer, (), (), (), Gone())


WHOLE: Final = replace(
    kept(entry(1, "Báo Nhịp Kênh"), entry(2, "Thư viện Đèn Dầu", reach=None, state=state("few_posts"), tie=None)),
    decisions=(
        DecisionRow(creator_id="c2", decision="shortlisted", reason="hợp", decided_by="A", decided_at=WHEN, seq=1),
        DecisionRow(creator_id="c2", decision="rejected", reason="Bận", decided_by="Bà Mẫu", decided_at=WHEN, seq=2),
    ),
    checks=(
        CheckRow(
            creator_id="c1",
            kind="conflict",
            evidence=[{"post_id": "p1", "words": ["rượu"], "note": ""}],
            disposition="open",
            by=None,
            reason=None,
            until=None,
            seq=1,
        ),
        CheckRow(
            creator_id="c2",
            kind="verified_account",
            evidence=[],
            disposition="blocked",
            by="Ông Mẫu",
            reason="giả mạo",
            until=date(2026, 12, 31),
            seq=2,
        ),
    ),
    steps=(ShortlistStepRow(status="proposed", by="Bà Mẫu", reason="đủ nhóm tuổi", at=WHEN),),
)


def paper(of: Kept = WHOLE) -> Paper:
    return paper_of(of, ReportSettings(authority="Sở Mẫu"), WHEN)


def words_of(made: Paper) -> list[str]:
    """Every text of a paper."""
    found = [made.head.authority, made.about, made.signature.position]
    for section in made.sections:
        found.append(section.heading)
        for block in section.blocks:
            if isinstance(block, Paragraph):
                found.append(block.text)
            elif isinstance(block, Facts):
                found += [value for _, value in block.rows]
            else:
                found += [one.text for row in block.rows for one in row]
    return [text for text in found if text]


def docx_text(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    cells = [c.text for table in document.tables for row in table.rows for c in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def xlsx_text(content: bytes) -> str:
    book = load_workbook(io.BytesIO(content))
    return "\n".join(str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None)


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def html_text(content: bytes) -> str:
    return re.sub(r"<[^>]+>", " ", content.decode())


FORMATS: Final[dict[str, tuple[Callable[[Paper], bytes], Callable[[bytes], str]]]] = {
    "docx": (docx_bytes, docx_text),
    "xlsx": (xlsx_bytes, xlsx_text),
    "pdf": (pdf_bytes, pdf_text),
    "html": (html_bytes, html_text),
}


def squeezed(text: str) -> str:
    """Without white space, which each format breaks differently."""
    return "".join(text.split())


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_everything(name: str) -> None:
    draw, read = FORMATS[name]
    said = squeezed(read(draw(paper())))
    for text in (COUNTRY, MOTTO, TITLE, SYNTHETIC, *words_of(paper())):
        assert squeezed(text) in said or (name, text) == ("docx", SYNTHETIC), text


def test_the_conditions_of_a_list_are_named() -> None:
    filters = {
        "kinds": ["press"],
        "tiers": ["mid"],
        "home_provinces": ["can_tho"],
        "max_rate_vnd": 0,
        "verified": False,
    }
    asked = kept(entry(1, "Báo Nhịp Kênh"))
    asked.row.request = {"filters": filters}
    said = squeezed(html_text(html_bytes(paper(replace(asked, brief={**asked.brief, "formats": ["live"]})))))
    for text in (
        "loại: cơ quan báo chí; số người theo dõi: 100.000 đến dưới 500.000; nơi ở: Cần Thơ; "
        "giá một bài nhiều nhất: 0 đồng; tài khoản: chưa được nền tảng xác thực",
        "phát trực tiếp",
    ):
        assert squeezed(text) in said


def test_what_is_said_of_a_place() -> None:
    first, second = rows_of("Danh sách")
    assert first[3] == "5.700 (từ 1.200 đến 23.000); tiktok, video"
    assert first[4] == f"{AUDIENCE_SOURCES['platform'][0]}; tỷ lệ 31 %; 1.600 người; 01/10/2026"
    assert "lượt thích ít bất thường" in first[5]
    assert (second[2], second[3], second[4]) == ("", STATES["few_posts"][0], "")


def rows_of(name: str) -> list[list[str]]:
    """The texts of one of the paper's tables."""
    (table,) = [
        block
        for section in paper().sections
        for block in section.blocks
        if isinstance(block, Table) and block.name == name
    ]
    return [[one.text for one in row] for row in table.rows]


def test_the_last_decision_of_each_counts_and_refusals_come_first() -> None:
    assert [row[:3] for row in rows_of("Quyết định")] == [["Thư viện Đèn Dầu", "không chọn", "Bận"]]


def test_open_checks_come_first_and_are_counted() -> None:
    assert [row[3] for row in rows_of("Thẩm tra")] == ["CHƯA KẾT LUẬN", "CHẶN trong chiến dịch này"]
    assert "Còn 1 mục chưa kết luận." in words_of(paper())


def test_an_erased_creator_leaves_a_place_without_a_name() -> None:
    gone = entry(1, "(đã xóa)", creator_id="erased:1:2", kind=None, evidence=None, reach=None, flags=None, against=None)
    for draw, read in FORMATS.values():
        assert "(đã xóa)" in read(draw(paper(kept(gone))))


@pytest.mark.parametrize("name", FORMATS)
def test_whoever_opted_out_since_keeps_a_place_and_is_not_named(name: str) -> None:
    store = own_store()
    client, staff, admin = client_of(TinyAnswers, store=store), key_of(store, "staff"), key_of(store, "admin")
    made = client.post("/v1/shortlists", json={"title": "dịch vụ công"}, headers=staff).json()
    about = {"brief_id": made["brief_id"], "creator_id": "syn-0007"}
    found = {"kind": "conflict", "evidence": [{"post_id": "syn-0007-post"}]}
    decided = {"decision": "invited", "reason": "hợp", "decided_by": "An"}
    assert client.post("/v1/checks", json=about | found, headers=staff).status_code == 201
    assert client.post("/v1/decisions", json=about | decided, headers=staff).status_code == 201
    assert client.post("/v1/rights", json={"creator_id": "syn-0007", "kind": "opt_out"}, headers=admin).is_success
    answer = client.get(f"/v1/shortlists/{made['shortlist_id']}/report?format={name}", headers=staff)
    said = squeezed(FORMATS[name][1](answer.content))
    assert said.count(squeezed(WITHDRAWN_VI)) == 3  # in the ranking, the decisions and the checks
    assert squeezed("Bếp Nhà") in said
    for told in ("Phường Mình", "syn-0007", "trực tuyến tại nhà"):
        assert squeezed(told) not in said


@pytest.mark.parametrize("name", FORMATS)
def test_long_reasons_findings_and_titles_are_printed_whole(name: str) -> None:
    reason = " ".join(f"lýdo{number}." for number in range(250))
    found = [{"post_id": f"p{number}", "words": ["rượu"], "note": f"chitiết{number} " * 60} for number in range(5)]
    decision = DecisionRow(creator_id="c1", decision="rejected", reason=reason, decided_by="A", decided_at=WHEN, seq=1)
    check = CheckRow(creator_id="c1", kind="conflict", evidence=found, disposition="open", seq=1)
    long = replace(kept(entry(1, "Báo Nhịp Kênh"), title="Dịch vụ công " * 38), decisions=(decision,), checks=(check,))
    said = squeezed(FORMATS[name][1](FORMATS[name][0](paper(long))))
    assert all(f"lýdo{number}." in said for number in range(250))
    assert all(said.count(f"chitiết{number}") == 60 for number in range(5))
    assert said.count(squeezed("Dịch vụ công")) >= 38


def test_word_has_the_decree_s_page() -> None:
    document = Document(io.BytesIO(docx_bytes(paper())))
    page, normal = document.sections[0], document.styles["Normal"]
    assert [round(Length(side or 0).mm) for side in (page.page_width, page.page_height)] == [210, 297]
    margins = (page.top_margin, page.bottom_margin, page.left_margin, page.right_margin)
    for margin, (least, most) in zip(margins, ((20, 25), (20, 25), (30, 35), (15, 20)), strict=True):
        assert least <= round(Length(margin or 0).mm) <= most
    assert (normal.font.name, normal.font.size) == ("Times New Roman", Pt(13))
    assert page.different_first_page_header_footer
    assert "PAGE" in page.header._element.xml
    assert "PAGE" not in page.first_page_header._element.xml
    assert {page.footer.paragraphs[0].text, page.first_page_footer.paragraphs[0].text} == {SYNTHETIC}


def test_pdf_is_a4_with_numbers_from_the_second_page_and_letters_of_its_own() -> None:
    many = kept(
        *(entry(rank, f"Kênh số {rank} ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ") for rank in range(1, 41))
    )
    reader = PdfReader(io.BytesIO(pdf_bytes(paper(many))))
    assert len(reader.pages) > 2
    for number, page in enumerate(reader.pages, start=1):
        lines = page.extract_text().split("\n")
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
        assert (lines[0] == str(number)) is (number > 1)
        assert SYNTHETIC in lines
    assert LETTERS in squeezed(reader.pages[1].extract_text())
    embedded: list[Any] = [page["/Resources"] for page in reader.pages]
    fonts = {str(font["/BaseFont"]) for resources in embedded for font in resources["/Font"].values()}
    assert fonts
    assert all("LiberationSerif" in font for font in fonts)


@pytest.mark.parametrize("name", FORMATS)
def test_real_data_are_not_called_invented(name: str) -> None:
    draw, read = FORMATS[name]
    real = draw(paper(kept(entry(1, "Báo Nhịp Kênh"), synthetic=False)))
    assert SYNTHETIC not in read(real)
    assert SYNTHETIC not in real.decode("utf-8", "replace")


def test_nothing_that_a_stranger_wrote_runs() -> None:
    bad = entry(1, FORMULA, against=[{"code": "x", "label_vi": SCRIPT, "label_en": ""}])
    bad["evidence"][0] |= {"url": "javascript:alert(1)", "text": "+84 @SUM(A1)"}
    made = paper(kept(bad, title=SCRIPT))
    book = load_workbook(io.BytesIO(xlsx_bytes(made)))
    cells = [one for sheet in book for row in sheet.iter_rows() for one in row]
    assert any(one.value and FORMULA in str(one.value) for one in cells)
    assert all(one.data_type != "f" for one in cells)
    assert not any(one.hyperlink for one in cells)
    page = html_bytes(made).decode()
    assert "<script" not in page
    assert "javascript:" not in page
    assert "&lt;script&gt;" in page
    for content in (docx_bytes(made), pdf_bytes(made)):
        assert b"javascript:" not in content


def test_the_page_loads_nothing() -> None:
    page = html_bytes(paper()).decode()
    assert re.findall(r"""(?:src|href)\s*=\s*["']([^"']*)""", page) == ["https://example.org/@kenh"] * 2
    assert "url(" not in page
    assert "@import" not in page


@settings(max_examples=12)  # each draws four files
@given(st.text(max_size=60))
def test_any_text_can_be_drawn(text: str) -> None:
    made = paper(kept(entry(1, text or "–")))
    book = load_workbook(io.BytesIO(xlsx_bytes(made)))
    assert clean(text) in str(book["Danh sách"]["B2"].value)
    assert docx_bytes(made)
    assert pdf_bytes(made).startswith(b"%PDF")
    assert html_bytes(made)


@pytest.mark.parametrize("address", ["https://example.org/a?b=c", "http://example.org"])
def test_web_addresses_are_links(address: str) -> None:
    assert cell("x", address).link == address


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//example.org", "https://a b", "", None]
)
def test_nothing_else_is(address: str | None) -> None:
    assert cell("x", address).link is None


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.44, "0,4"), (7.0, "7,0"), (42.4, "42"), (847.0, "850"), (12345.0, "12.000"), (2.6e6, "2.600.000")],
)
def test_counts_are_written_as_exactly_as_they_are_known(value: float, written: str) -> None:
    assert wording.number(value) == written


def test_over_http_the_paper_is_a_file_of_the_department_alone() -> None:
    store = own_store()
    client, staff = client_of(TinyAnswers, store=store), key_of(store, "staff")
    made = client.post("/v1/shortlists", json={"title": "dịch vụ công"}, headers=staff).json()
    address = f"/v1/shortlists/{made['shortlist_id']}/report"
    for name in FORMATS:
        answer = client.get(f"{address}?format={name}", headers=staff)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="phieu-trinh-{made["shortlist_id"]}.{name}"'
        )
        assert "Phường Mình" in FORMATS[name][1](answer.content)
    assert client.get(f"{address}?format=odt", headers=staff).status_code == 422
    assert client.get(address, headers=key_of(store, "staff", "so-khac")).status_code == 404


def test_on_the_command_line_the_paper_is_written(tmp_path: Path) -> None:
    store = Store.at(store_url(tmp_path, Settings().store), busy_timeout_s=5)
    schema.upgrade(store)
    client, staff = client_of(TinyAnswers, store=store), key_of(store, "staff")
    made = client.post("/v1/shortlists", json={"title": "dịch vụ công"}, headers=staff).json()
    out = tmp_path / "paper.pdf"
    command = ["report", made["shortlist_id"], "--format", "pdf", "--out", str(out), "--home", str(tmp_path)]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, done.output
    assert "Phường Mình" in pdf_text(out.read_bytes())
    store.close()
