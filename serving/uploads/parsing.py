"""Reading a Word or PDF file. Runs in a process of its own, which may be killed at any moment: nothing here is trusted.

The libraries are imported before the process is bounded, so that its memory is for the document alone.
"""

from __future__ import annotations

import io
import json
import re
import resource
import zipfile
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any, Final

import docx
import pypdf
from docx.oxml.ns import qn

MAX_UNPACKED: Final = 64 << 20  # bytes of a Word file's parts together; a long paper with pictures has a few million
MAX_PARTS: Final = 2000
MAX_PAGES: Final = 300
_COMPATIBILITY: Final = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_DEEPEST_TABLE: Final = 5  # tables in tables
_PARAGRAPH, _TABLE, _TEXT = qn("w:p"), qn("w:tbl"), qn("w:t")
_HOLDERS: Final = frozenset(
    qn(f"w:{name}")
    for name in ("tr", "tc", "sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo")  # text without being text
)
_SIGNS: Final = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
# What was taken out, settings, codes of fields, and the second telling of a drawing for older programs.
_UNREAD: Final = frozenset(
    (*map(qn, ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:sdtPr", "w:instrText")), f"{{{_COMPATIBILITY}}}Fallback")
)
_BLANK: Final = re.compile(r"[^\S\n]+")


class Unreadable(Exception):  # it is told to the parent as a word
    """Why a document is not read: a code of `serving/uploads/bounded.py`."""


def parse_in_child(pipe: Connection, kind: str, max_characters: int, memory_bytes: int, cpu_s: int) -> None:
    """Take a document from the pipe and send back its text as JSON, or why there is none."""
    content = pipe.recv_bytes()
    bound(memory_bytes, cpu_s)
    try:
        answer = _read(kind, content, max_characters)
    except Unreadable as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "too_much"}
    except Exception:  # noqa: BLE001  # whatever a damaged document does to the libraries, it is damaged
        answer = {"refused": "damaged"}
    pipe.send_bytes(json.dumps(answer).encode())
    pipe.close()


def bound(memory_bytes: int, cpu_s: int) -> None:
    """From here on: so much more memory, so many seconds of work, no file written, no process started."""
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()  # noqa: SIM115
    resource.setrlimit(resource.RLIMIT_AS, (used + memory_bytes, used + memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(kind: str, content: bytes, max_characters: int) -> dict[str, Any]:
    pages = None if kind == "docx" else _pdf_pages(content)
    lines = _docx_lines(content) if pages is None else _pdf_lines(pages)
    text, cut = _joined(lines, max_characters)
    if not any(letter.isalnum() for letter in text):
        raise Unreadable("no_text")
    return {"text": text, "cut": cut, "pages": None if pages is None else len(pages)}


def _joined(lines: Iterator[str], max_characters: int) -> tuple[str, bool]:
    """Lines until there are enough, and whether some were left."""
    kept: list[str] = []
    length = 0
    for line in lines:
        kept.append(line)
        length += len(line) + 1
        if length > max_characters + 1:
            return "\n".join(kept)[:max_characters], True
    return "\n".join(kept), False


def _docx_lines(content: bytes) -> Iterator[str]:
    _check_parts(content)
    document = docx.Document(io.BytesIO(content))
    yield from _clean(_block_lines(document.element.body, 0))


def _check_parts(content: bytes) -> None:
    """Refuse a file that unpacks to more than a document can be, before it is unpacked, and any that has a DTD."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise Unreadable("too_much")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in packed.read(part):
                raise Unreadable("unsafe")


def _block_lines(container: Any, depth: int) -> Iterator[str]:  # noqa: ANN401  # an element of lxml
    """Paragraphs and tables, also inside content controls and what was inserted under tracked changes."""
    for block in container:
        if block.tag == _PARAGRAPH:
            yield "".join(_inline(block))
        elif block.tag == _TABLE and depth < _DEEPEST_TABLE:
            yield from _block_lines(block, depth + 1)
        elif block.tag in _HOLDERS:
            yield from _block_lines(block, depth)


def _inline(element: Any) -> Iterator[str]:  # noqa: ANN401
    """Letters, tabs and line ends of a paragraph as it reads once all changes are accepted."""
    for part in element:
        if part.tag == _TEXT:
            yield part.text or ""
        elif part.tag in _SIGNS:
            yield _SIGNS[part.tag]
        elif part.tag not in _UNREAD:
            if part.tag == _PARAGRAPH:  # of a text box, which stands inside the paragraph that holds it
                yield "\n"
            yield from _inline(part)


def _pdf_pages(content: bytes) -> Sequence[pypdf.PageObject]:
    reader = pypdf.PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        raise Unreadable("locked")
    if len(reader.pages) > MAX_PAGES:
        raise Unreadable("too_much")
    return reader.pages


def _pdf_lines(pages: Sequence[pypdf.PageObject]) -> Iterator[str]:
    for page in pages:
        yield from _clean(page.extract_text().splitlines())


def _clean(lines: Iterator[str] | list[str]) -> Iterator[str]:
    """Without what UTF-8 or JSON cannot hold, and without empty lines."""
    for line in lines:
        whole = line.replace("\0", "").encode("utf-8", "ignore").decode()
        for part in whole.splitlines():
            if stripped := _BLANK.sub(" ", part).strip():
                yield stripped
