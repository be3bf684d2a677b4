"""The paper as a workbook: the first sheet reads like the paper, each table has one of its own to sort and filter."""

from __future__ import annotations

import io
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from serving.reports import paper as parts
from serving.reports.paper import Cell, Facts, Paper, Paragraph, Table

_WIDTH: Final = 84.0  # characters of the whole page
_LINE_PT: Final = 15.5
_LETTER: Final = 0.9  # of a column's unit: Times is narrower than the letters that widths are counted in
_DIGITS: Final = 10  # a longer number is an id, and Excel rounds those
_BORDER: Final = Border(*(Side(style="thin") for _ in range(4)))
_TOP: Final = Alignment(wrap_text=True, vertical="top", horizontal="left")
_CENTRE: Final = Alignment(wrap_text=True, vertical="top", horizontal="center")


def xlsx_bytes(paper: Paper) -> bytes:
    """The paper in Office Open XML; no cell is a formula, whatever a stranger wrote."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "Phiếu trình"
    _front(first, paper)
    for section in paper.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                _sheet(book.create_sheet(block.name), block)
    for sheet in book.worksheets:
        _page(sheet, paper)
    book.properties.title, book.properties.creator = paper.about, paper.head.authority
    book.properties.created = book.properties.modified = paper.made_at.replace(tzinfo=None)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _put(cell: SheetCell, text: str, *, bold: bool = False, italic: bool = False, size: float = 12) -> SheetCell:
    """Text as text: without its type a cell that begins with = would be a formula."""
    if text.isascii() and text.isdigit() and len(text) < _DIGITS:
        cell.value = int(text)  # so that places sort as numbers
    else:
        cell.value = text
        cell.data_type = "s"
    cell.font = Font(name=parts.FONT, size=size, bold=bold, italic=italic)
    cell.alignment = _TOP
    return cell


def _front(sheet: Worksheet, paper: Paper) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = _WIDTH * 0.4, _WIDTH * 0.6
    head = paper.head
    top = (
        (head.above, parts.COUNTRY),
        (head.authority, parts.MOTTO),
        ("Số:          /", f"{head.place}, ngày    tháng    năm {head.year}"),
    )
    for row, pair in enumerate(top, start=1):
        for column, text in enumerate(pair, start=1):
            bold = row == 2 or (row == 1 and column == 2)
            _put(sheet.cell(row, column), text, bold=bold, italic=row == 3 and column == 2).alignment = _CENTRE
        _height(sheet, row, (pair[0], _WIDTH * 0.36))
    row = len(top) + 2
    for text in (parts.TITLE, paper.about, f"Kính gửi: {paper.to}"):
        _across(sheet, row, text, bold=not text.startswith("Kính")).alignment = _CENTRE
        row += 1
    if paper.synthetic:
        cell = _across(sheet, row, parts.SYNTHETIC, bold=True)
        cell.font, cell.alignment = Font(name=parts.FONT, size=12, bold=True, color="C00000"), _CENTRE
        row += 1
    _signature(sheet, _sections(sheet, paper, row + 1), paper)


def _across(sheet: Worksheet, row: int, text: str, *, bold: bool = False) -> SheetCell:
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=2)
    _height(sheet, row, (text, _WIDTH))
    cell = sheet.cell(row, 1)
    assert isinstance(cell, SheetCell)
    return _put(cell, text, bold=bold)


def _height(sheet: Worksheet, row: int, *cells: tuple[str, float]) -> None:
    """Room for the tallest of a row's (text, width) cells: a sheet that is only printed never finds its heights."""
    lines = max(1 + int(len(text) * _LETTER / width) for text, width in cells)
    sheet.row_dimensions[row].height = _LINE_PT * lines


def _sections(sheet: Worksheet, paper: Paper, row: int) -> int:
    for number, section in enumerate(paper.sections, start=1):
        _across(sheet, row, f"{number}. {section.heading}", bold=True)
        row += 1
        for block in section.blocks:
            if isinstance(block, Facts):
                for label, value in block.rows:
                    _put(sheet.cell(row, 1), label, italic=True)
                    _put(sheet.cell(row, 2), value)
                    _height(sheet, row, (value, _WIDTH * 0.6))
                    row += 1
            else:
                text = block.text if isinstance(block, Paragraph) else f"Xem trang “{block.name}”."
                _across(sheet, row, text)
                row += 1
    return row + 1


def _signature(sheet: Worksheet, row: int, paper: Paper) -> None:
    _put(sheet.cell(row, 1), "Nơi nhận:", bold=True, italic=True)
    for place, text in enumerate(paper.signature.copies, start=1):
        _put(sheet.cell(row + place, 1), f"- {text}", size=11)
    _put(sheet.cell(row, 2), paper.signature.position, bold=True).alignment = _CENTRE
    _put(sheet.cell(row + 5, 2), paper.signature.name, bold=True).alignment = _CENTRE


def _sheet(sheet: Worksheet, table: Table) -> None:
    for column, (heading, width) in enumerate(zip(table.headings, table.widths, strict=True), start=1):
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTH * width
        _put(sheet.cell(1, column), heading, bold=True).alignment = _CENTRE
        sheet.cell(1, column).border = _BORDER
    _height(sheet, 1, *((text, _WIDTH * width) for text, width in zip(table.headings, table.widths, strict=True)))
    for row, cells in enumerate(table.rows, start=2):
        for column, content in enumerate(cells, start=1):
            _fill(sheet.cell(row, column), content)
        _height(sheet, row, *((one.text, _WIDTH * width) for one, width in zip(cells, table.widths, strict=True)))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.print_title_rows = "1:1"


def _fill(cell: SheetCell, content: Cell) -> None:
    _put(cell, content.text, size=parts.TABLE_PT).border = _BORDER
    if content.link:
        cell.hyperlink = content.link


def _page(sheet: Worksheet, paper: Paper) -> None:
    """A4 with the decree's margins; page numbers above the text from page 2, invented data named on each page."""
    sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = sheet.PAPERSIZE_A4, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.top, margins.bottom = parts.MARGIN_TOP_MM / 25.4, parts.MARGIN_BOTTOM_MM / 25.4
    margins.left, margins.right = parts.MARGIN_LEFT_MM / 25.4, parts.MARGIN_RIGHT_MM / 25.4
    sheet.HeaderFooter.differentFirst = True
    sheet.oddHeader.center.text = "&P"
    if paper.synthetic:
        sheet.firstFooter.center.text = sheet.oddFooter.center.text = parts.SYNTHETIC
