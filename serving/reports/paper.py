"""What an administrative paper is made of, whatever draws it: the parts of Decree 30/2020/NĐ-CP, Annex I."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

COUNTRY: Final = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO: Final = "Độc lập - Tự do - Hạnh phúc"
TITLE: Final = "PHIẾU TRÌNH"
SYNTHETIC: Final = "DỮ LIỆU MẪU, KHÔNG CÓ THẬT – KHÔNG DÙNG ĐỂ QUYẾT ĐỊNH"

# Millimetres of A4, within what the decree allows: 20-25 above and below, 30-35 left, 15-20 right.
MARGIN_TOP_MM: Final = 20
MARGIN_BOTTOM_MM: Final = 20
MARGIN_LEFT_MM: Final = 30
MARGIN_RIGHT_MM: Final = 20
INDENT_MM: Final = 10.0
BODY_PT: Final = 13.0
TABLE_PT: Final = 11.0
FONT: Final = "Times New Roman"

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Head:
    """The top of the first page: who issues it, and what the clerk fills in."""

    above: str
    authority: str
    place: str
    year: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and what they stand for."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """Text in a table, with the address it leads to, if any: http or https alone."""

    text: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `widths` are shares of the page's width, `name` is what a sheet of it is called."""

    name: str
    headings: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[Cell, ...], ...]


Block: TypeAlias = Paragraph | Facts | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the paper."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """The end: where copies go, and who signs."""

    copies: tuple[str, ...]
    position: str
    name: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper, drawn at a moment. `synthetic`: it rests on invented data, which every page must say."""

    head: Head
    about: str
    to: str
    sections: tuple[Section, ...]
    signature: Signature
    synthetic: bool
    made_at: datetime


def clean(text: object) -> str:
    """Text as any format can hold it: composed letters, no control characters, one line."""
    return " ".join(_CONTROL.sub("", unicodedata.normalize("NFC", str(text))).split())


def cell(text: object, link: str | None = None) -> Cell:
    """A cell of clean text; what is no web address is no link."""
    return Cell(clean(text), link if link and re.match(r"https?://[^\s]+$", link) else None)
