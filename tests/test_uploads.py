"""Word and PDF files: their words are found; what is unfit to be read is refused, and the service stays as it was."""

from __future__ import annotations

import io
import os
import random
import threading
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pytest
from starlette.testclient import TestClient

from kolmatch.errors import Overloaded, UploadRefused
from kolmatch.settings import ServingSettings, Settings
from serving.uploads import bounded
from serving.uploads.bounded import DOCX, PDF, Documents
from serving.uploads.routes import title_of
from tests.api_world import TinyAnswers, assert_refused, client_of, key_of, own_store

LINES = (
    "ỦY BAN NHÂN DÂN THÀNH PHỐ",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "KẾ HOẠCH",
    "Tuyên truyền dịch vụ công trực tuyến cho thanh niên năm 2026",
    "1. Mục đích: vận động thanh niên nộp hồ sơ qua Cổng dịch vụ công.",
)
ENOUGH = 100_000
BAD_UPLOADS = 1000


@cache
def docx_of(lines: tuple[str, ...], table: tuple[str, ...] = ()) -> bytes:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    if table:
        row = document.add_table(rows=1, cols=len(table)).rows[0]
        for cell, value in zip(row.cells, table, strict=True):
            cell.text = value
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


@cache
def pdf_of(*pages: str, catalogue: str = "") -> bytes:
    """A PDF with one line of plain letters a page."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalogue} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        fonts = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R {fonts} /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return out + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()


def packed(parts: dict[str, bytes]) -> bytes:
    """A Word file with some of its parts replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx_of(LINES))) as whole, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in whole.infolist():
            new.writestr(part.filename, parts.pop(part.filename, whole.read(part)))
        for name, content in parts.items():
            new.writestr(name, content)
    return file.getvalue()


@pytest.fixture(scope="module")
def documents() -> Documents:
    return Documents()


def read(documents: Documents, content: bytes, kind: str = "docx") -> dict[str, Any]:
    return documents.read(kind, content, ENOUGH)


# What is found


def test_the_words_of_a_word_file_are_found_with_those_of_its_tables(documents: Documents) -> None:
    found = read(documents, docx_of(LINES, table=("Thời gian", "Tháng 12")))
    assert found == {"text": "\n".join((*LINES, "Thời gian", "Tháng 12")), "cut": False, "pages": None}


def test_what_office_programs_wrap_text_into_is_read_and_what_was_taken_out_is_not(documents: Documents) -> None:
    document = docx.Document()
    body = document.element.body
    space = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"
    run = "<w:r><w:t xml:space='preserve'>{}</w:t></w:r>"
    inline = (
        "<w:p {0}>"
        + "".join(
            (
                run.format("giữ "),
                f"<w:ins w:id='1' w:author='a'>{run.format('chèn ')}</w:ins>",
                "<w:del w:id='2' w:author='a'><w:r><w:delText>bỏ</w:delText></w:r></w:del>",
                f"<w:smartTag w:element='x'>{run.format('nhãn ')}</w:smartTag>",
                f"<w:sdt><w:sdtPr/><w:sdtContent>{run.format('ô ')}</w:sdtContent></w:sdt>",
                f"<w:moveFrom w:id='3' w:author='a'>{run.format('dời')}</w:moveFrom>",
                "<w:r><w:tab/><w:t>cuối</w:t></w:r>",
            )
        )
        + "</w:p>"
    )
    block = "<w:sdt {0}><w:sdtContent><w:p>" + run.format("kinh phí 500 triệu") + "</w:p></w:sdtContent></w:sdt>"
    for number, part in enumerate((inline, block)):
        body.insert(number, docx.oxml.parse_xml(part.format(space)))
    file = io.BytesIO()
    document.save(file)
    assert read(documents, file.getvalue())["text"] == "giữ chèn nhãn ô cuối\nkinh phí 500 triệu"


def test_the_words_of_a_pdf_are_found_page_by_page(documents: Documents) -> None:
    found = read(documents, pdf_of("Ke hoach tuyen truyen", "Trang hai"), "pdf")
    assert (found["text"], found["pages"]) == ("Ke hoach tuyen truyen\nTrang hai", 2)


def test_a_long_document_is_cut_and_says_so(documents: Documents) -> None:
    found = documents.read("docx", docx_of(("mười chữ cái",) * 100), 50)
    assert (len(found["text"]), found["cut"]) == (50, True)


def test_the_title_is_the_line_after_the_letterhead() -> None:
    assert title_of("\n".join(LINES)) == LINES[3]
    assert title_of("Ngắn thôi") == "Ngắn thôi"


# What is refused


def entities() -> bytes:
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{nested}]><x>&e9;</x>'
    return packed({"word/document.xml": text.encode()})


def bomb() -> bytes:
    return packed({"word/media/image.xml": b"\0" * (65 << 20)})


def lying_bomb() -> bytes:
    """Unpacks to far more than it says."""
    content = bytearray(packed({"word/media/image.xml": b" " * (65 << 20)}))
    at = content.find((65 << 20).to_bytes(4, "little"))
    while at >= 0:
        content[at : at + 4] = (1000).to_bytes(4, "little")
        at = content.find((65 << 20).to_bytes(4, "little"), at)
    return bytes(content)


REFUSED = {
    "a bomb": (bomb, "docx", "unpacks"),
    "a bomb that lies": (lying_bomb, "docx", "damaged"),
    "entities": (entities, "docx", "entities"),
    "no part": (lambda: packed({"[Content_Types].xml": b"<x/>"}), "docx", "damaged"),
    "another zip": (lambda: b"PK\x03\x04" + b"\0" * 100, "docx", "damaged"),
    "a pdf as docx": (lambda: pdf_of("a"), "docx", "no such file"),
    "a docx as pdf": (lambda: docx_of(LINES), "pdf", "no such file"),
    "nothing": (lambda: b"", "pdf", "no such file"),
    "only its start": (lambda: b"%PDF-", "pdf", "damaged"),
    "no words": (lambda: docx_of(("…", "---")), "docx", "scan"),
    "a scan": (lambda: pdf_of(""), "pdf", "scan"),
    "endless pages": (lambda: pdf_of(*["x"] * 301), "pdf", "too many pages"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_safely_is_refused_with_its_reason(documents: Documents, name: str) -> None:
    make, kind, said = REFUSED[name]
    with pytest.raises(UploadRefused, match=said):
        read(documents, make(), kind)


def test_a_document_that_takes_too_long_is_stopped(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "CPU_S", 1)
    loops = pdf_of("x").replace(b"(x) Tj", b"(x) Tj " + b"(x) Tj " * 300_000)
    with pytest.raises(UploadRefused):
        read(documents, loops, "pdf")


def test_a_document_that_takes_too_much_memory_is_stopped_in_its_own_process(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "MEMORY_BYTES", 8 << 20)
    with pytest.raises(UploadRefused, match="memory"):
        read(documents, packed({"word/document.xml": _MANY_PARAGRAPHS}))


_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PARAGRAPH = f"<w:p><w:r><w:t>{'một hai ba bốn ' * 10}</w:t></w:r></w:p>"
_MANY_PARAGRAPHS = f'<w:document xmlns:w="{_WORDS}"><w:body>{_PARAGRAPH * 100_000}</w:body></w:document>'.encode()


def test_who_comes_when_others_are_read_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = Documents()
    asked, release = threading.Event(), threading.Event()

    def slow(*_: object) -> dict[str, Any]:
        asked.set()
        assert release.wait(10)
        return {"text": "a"}

    monkeypatch.setattr(bounded, "AT_ONCE", 1)
    documents._slots = threading.BoundedSemaphore(1)
    monkeypatch.setattr(documents, "_in_child", slow)
    first = threading.Thread(target=read, args=(documents, docx_of(LINES)))
    first.start()
    assert asked.wait(10)
    with pytest.raises(Overloaded):
        read(documents, docx_of(LINES))
    release.set()
    first.join()
    assert read(documents, docx_of(LINES)) == {"text": "a"}


# Over HTTP


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[TestClient, dict[str, str]]]:
    store = own_store()
    settings = Settings(serving=ServingSettings(max_request_bytes=20_000, max_upload_bytes=200_000))
    yield client_of(TinyAnswers, settings, store), key_of(store, "staff")
    store.close()


def test_a_document_gives_a_brief_to_look_through(asked: tuple[TestClient, dict[str, str]]) -> None:
    client, key = asked
    found = client.post("/v1/documents", content=docx_of(LINES), headers={**key, "Content-Type": DOCX})
    assert found.json() == {"title": LINES[3], "text": "\n".join(LINES), "pages": None, "cut": False}


def test_too_large_a_file_and_another_kind_are_refused(asked: tuple[TestClient, dict[str, str]]) -> None:
    client, key = asked
    large = client.post("/v1/documents", content=b"%PDF-" + b" " * 200_000, headers={**key, "Content-Type": PDF})
    assert_refused(large, 413, "too_large")
    other = client.post("/v1/documents", content=b"x", headers={**key, "Content-Type": "image/png"})
    assert_refused(other, 415, "media_type")
    brief = client.post("/v1/briefs", content=b" " * 20_001, headers={**key, "Content-Type": "application/json"})
    assert_refused(brief, 413, "too_large")


def bad_upload(number: int, draw: random.Random) -> tuple[bytes, str]:
    """A file that is wrong in one of five ways, and what it says it is."""
    kind = (DOCX, PDF)[number % 2]
    whole = {DOCX: docx_of(LINES), PDF: pdf_of("Ke hoach tuyen truyen dich vu cong")}[kind]
    match number % 5:
        case 0:
            return draw.randbytes(500), kind  # noise
        case 1:
            return whole + b" " * 200_000, kind  # too large
        case 2:
            return whole, "text/html"  # another kind
        case 3:
            return b"", kind
    content = bytearray(whole[: draw.randrange(20, len(whole) + 1)])  # cut off, and bytes changed
    for _ in range(draw.randrange(1, 30)):
        content[draw.randrange(4, len(content))] = draw.randrange(256)
    return bytes(content), kind


def test_a_thousand_bad_files_leave_the_service_as_it_was(asked: tuple[TestClient, dict[str, str]]) -> None:
    client, key = asked
    draw = random.Random(5)
    before, codes = open_files(), []
    for number in range(BAD_UPLOADS):
        content, kind = bad_upload(number, draw)
        headers = {**key, "Content-Type": kind}
        codes.append(client.post("/v1/documents", content=content, headers=headers).status_code)
    assert set(codes) - {200} == {413, 415, 422}  # a few survive what was done to them
    assert codes.count(200) < BAD_UPLOADS / 10
    assert open_files() <= before + 3
    assert client.post("/v1/documents", content=docx_of(LINES), headers={**key, "Content-Type": DOCX}).is_success


def open_files() -> int:
    return len(os.listdir(Path("/proc/self/fd")))
