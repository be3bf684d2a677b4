"""The paper as PDF by fpdf2, with Liberation Serif embedded: the widths of Times New Roman, and all of Vietnamese."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fpdf import FPDF, FontFace
from fpdf.enums import MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from serving.reports import paper as parts
from serving.reports.paper import Block, Cell, Facts, Head, Paper, Paragraph, Signature, Table

_FONTS: Final = Path(__file__).parent / "fonts"
_FAMILY: Final = "liberation"
_STYLES: Final = {"": "Regular", "B": "Bold", "I": "Italic", "BI": "BoldItalic"}
_LINE: Final = 1.25  # of the letters' height
_MM_PER_PT: Final = 25.4 / 72
_TEXT_MM: Final = 210 - parts.MARGIN_LEFT_MM - parts.MARGIN_RIGHT_MM
_LEFT_SHARE: Final = 0.38
_TOP_MM: Final = 9.0  # of the page number
_SIGN_MM: Final = 60.0  # the signature's block, which must not be cut in two
_ROW_LINES: Final = 40  # of a table's row; 45 and the heading fill a page
_CELL_EDGES_MM: Final = 5.0  # what a cell keeps free left and right, and a little more
_RED: Final = (192, 0, 0)


class _Page(FPDF):
    """A4 with the decree's margins; page numbers from the second page on, invented data named on every page."""

    def __init__(self, paper: Paper) -> None:
        super().__init__("portrait", "mm", "A4")
        self.paper = paper

    def header(self) -> None:
        """The page's number, centred above the text."""
        if self.page_no() > 1:
            self.set_y(_TOP_MM)
            self.set_font(_FAMILY, "", parts.BODY_PT)
            self.cell(0, 6, str(self.page_no()), align="C")
            self.set_y(parts.MARGIN_TOP_MM)

    def footer(self) -> None:
        """That the data are invented."""
        if self.paper.synthetic:
            self.set_y(-14)
            self.set_font(_FAMILY, "B", 11)
            self.set_text_color(*_RED)
            self.cell(0, 6, parts.SYNTHETIC, align="C")
            self.set_text_color(0)


def pdf_bytes(paper: Paper) -> bytes:
    """The paper in PDF, letters searchable."""
    page = _blank(paper)
    font = page.fonts[_FAMILY]
    assert isinstance(font, TTFFont)
    known = frozenset(font.cmap)
    drawing = _Drawing(page, known)
    drawing.head(paper.head)
    drawing.title(paper)
    for number, section in enumerate(paper.sections, start=1):
        drawing.heading(f"{number}. {section.heading}")
        for block in section.blocks:
            drawing.block(block)
    drawing.signature(paper.signature)
    return bytes(page.output())


def _blank(paper: Paper) -> _Page:
    page = _Page(paper)
    for style, name in _STYLES.items():
        page.add_font(_FAMILY, style, _FONTS / f"LiberationSerif-{name}.ttf")
    page.set_margins(parts.MARGIN_LEFT_MM, parts.MARGIN_TOP_MM, parts.MARGIN_RIGHT_MM)
    page.set_auto_page_break(auto=True, margin=parts.MARGIN_BOTTOM_MM)
    page.set_title(paper.about)
    page.set_author(paper.head.authority)
    page.set_lang("vi")
    page.set_creation_date(paper.made_at)
    page.add_page()
    return page


class _Drawing:
    """Draws parts of a paper one below another. Letters that the font lacks (emoji) are left out."""

    def __init__(self, page: _Page, known: frozenset[int]) -> None:
        self._page = page
        self._known = known

    def head(self, head: Head) -> None:
        """Who issues it, the country's name, number, place and date."""
        left, right = _TEXT_MM * _LEFT_SHARE, _TEXT_MM * (1 - _LEFT_SHARE)
        start, x = self._page.get_y(), float(parts.MARGIN_LEFT_MM)
        self._centred(x, left, head.above, 12)
        self._centred(x, left, head.authority, 12, "B")
        self._rule(x, left, 0.4)
        ends = [self._page.get_y()]
        self._page.set_y(start)
        self._centred(x + left, right, parts.COUNTRY, 12, "B")
        self._centred(x + left, right, parts.MOTTO, 13, "B")
        self._rule(x + left, right, 0.55)
        ends.append(self._page.get_y())
        row = max(ends) + 2
        self._page.set_y(row)
        self._centred(x, left, "Số:          /", 13)
        self._page.set_y(row)
        self._centred(x + left, right, f"{head.place}, ngày    tháng    năm {head.year}", 13, "I")

    def title(self, paper: Paper) -> None:
        """What it is, what about, to whom."""
        x = float(parts.MARGIN_LEFT_MM)
        self._page.ln(5)
        self._centred(x, _TEXT_MM, parts.TITLE, 14, "B")
        self._centred(x, _TEXT_MM, paper.about, 14, "B")
        self._rule(x, _TEXT_MM, 0.34)
        self._page.ln(2)
        self._centred(x, _TEXT_MM, f"Kính gửi: {paper.to}", parts.BODY_PT)
        self._page.ln(2)

    def heading(self, text: str) -> None:
        """A section's name, kept together with what follows."""
        if self._page.will_page_break(25):
            self._page.add_page()
        self._page.ln(1.5)
        self._text(("B", text))

    def block(self, block: Block) -> None:
        """Whatever a section holds."""
        if isinstance(block, Paragraph):
            self._text(("", block.text))
        elif isinstance(block, Facts):
            for label, value in block.rows:
                self._text(("I", f"{label}: "), ("", value), align="L")  # hashes cannot be broken
        else:
            self._table(block)

    def signature(self, signature: Signature) -> None:
        """Where copies go, and who signs; in one piece."""
        if self._page.will_page_break(_SIGN_MM):
            self._page.add_page()
        self._page.ln(6)
        start, x, half = self._page.get_y(), float(parts.MARGIN_LEFT_MM), _TEXT_MM / 2
        self._page.set_font(_FAMILY, "BI", 12)
        self._page.cell(half, 6, "Nơi nhận:", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._page.set_font(_FAMILY, "", 11)
        for text in signature.copies:
            self._page.cell(half, 5.5, f"- {text}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self._page.set_y(start)
        self._centred(x + half, half, signature.position, 14, "B")
        self._page.set_y(self._page.get_y() + 28)
        self._centred(x + half, half, signature.name, 14, "B")

    def _centred(self, x: float, width: float, text: str, size: float, style: str = "") -> None:
        self._page.set_x(x)
        self._page.set_font(_FAMILY, style, size)
        height = size * _MM_PER_PT * _LINE
        self._page.multi_cell(width, height, self._drawable(text), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _rule(self, x: float, width: float, part: float) -> None:
        y = self._page.get_y() + 0.8
        middle, half = x + width / 2, width * part / 2
        self._page.set_line_width(0.25)
        self._page.line(middle - half, y, middle + half, y)
        self._page.set_y(y + 1)

    def _text(self, *runs: tuple[str, str], align: str = "J") -> None:
        """A paragraph of (style, text) runs, its first line drawn in."""
        with (
            self._page.text_columns(text_align=align, line_height=_LINE) as columns,
            columns.paragraph(first_line_indent=parts.INDENT_MM) as paragraph,
        ):
            for style, text in runs:
                self._page.set_font(_FAMILY, style, parts.BODY_PT)
                paragraph.write(self._drawable(text))
        self._page.ln(1)

    def _table(self, table: Table) -> None:
        self._page.set_font(_FAMILY, "", parts.TABLE_PT)
        self._page.ln(1)
        with self._page.table(
            col_widths=table.widths,
            width=_TEXT_MM,
            line_height=parts.TABLE_PT * _MM_PER_PT * 1.2,
            headings_style=FontFace(emphasis="BOLD"),
            text_align="LEFT",
            padding=0.8,
        ) as drawn:
            heading = drawn.row()
            for text in table.headings:
                heading.cell(text, align="C")
            for cells in self._rows(table):
                row = drawn.row()
                for content in cells:
                    row.cell(content.text, link=content.link)
        self._page.ln(2)

    def _rows(self, table: Table) -> Iterator[tuple[Cell, ...]]:
        """The rows with drawable letters; one that is too high for a page goes on in the next."""
        for cells in table.rows:
            parted = [self._parted(one, share) for one, share in zip(cells, table.widths, strict=True)]
            for number in range(max(map(len, parted))):
                yield tuple(
                    Cell(texts[number] if number < len(texts) else "", one.link)
                    for one, texts in zip(cells, parted, strict=True)
                )

    def _parted(self, content: Cell, share: float) -> list[str]:
        text = self._drawable(content.text)
        if len(text) <= _ROW_LINES:  # not even a letter a line would be too high
            return [text]
        width = _TEXT_MM * share - _CELL_EDGES_MM
        lines = self._page.multi_cell(width, text=text, dry_run=True, output=MethodReturnValue.LINES)
        assert isinstance(lines, list), "what was asked for"
        return [" ".join(lines[first : first + _ROW_LINES]) for first in range(0, len(lines), _ROW_LINES)]

    def _drawable(self, text: str) -> str:
        return "".join(letter for letter in text if ord(letter) in self._known)
