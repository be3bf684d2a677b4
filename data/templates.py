"""Excel templates: a sheet to fill in, and one that says what each column means. Staff start from these."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from data.contract import Column, Kind, Table
from kolmatch.files import replacing

EXPLANATION_SHEET: Final = "Giải thích"
YES_NO: Final = ("có", "không")
_LAST_ROW: Final = 1_048_576  # the last row a sheet of Excel can have
_HEADINGS: Final = ("Cột", "Bắt buộc", "Ý nghĩa", "Đơn vị, cách ghi", "Giá trị cho phép", "Ví dụ", "Meaning")
_HEADING_WIDTHS: Final = (20, 10, 48, 26, 40, 34, 40)
_REQUIRED_FILL: Final = PatternFill("solid", start_color="FFF2CC")
_WIDTHS: Final = {Kind.TEXT: 50, Kind.LIST: 30, Kind.ID: 24, Kind.LINE: 26, Kind.TIME: 20}
_NARROWEST: Final = 14
# Ids as text, or Excel rounds those of more than 15 digits; times written so that day and month cannot be confused.
_FORMATS: Final = {Kind.ID: "@", Kind.LINE: "@", Kind.TEXT: "@", Kind.TIME: "yyyy-mm-dd hh:mm", Kind.DATE: "yyyy-mm-dd"}
_WRITTEN: Final = {
    Kind.ID: "chữ và số, không khoảng trắng ở đầu và cuối",
    Kind.BOOLEAN: "có hoặc không",
    Kind.COUNT: "số nguyên, chỉ ghi chữ số",
    Kind.NUMBER: "số",
    Kind.SHARE: "từ 0 đến 1, hoặc phần trăm có dấu %",
    Kind.TIME: "2026-11-05 19:30 hoặc 05/11/2026 19:30, giờ Việt Nam",
    Kind.DATE: "2026-11-05 hoặc 05/11/2026",
    Kind.LIST: "nhiều mục thì ngăn bằng dấu ;",
}
_NOTES: Final = (
    "Điền dữ liệu vào trang đầu tiên, mỗi dòng một mục; trang này chỉ để đọc, không được nhập vào hệ thống.",
    "Cột nền vàng là bắt buộc. Ô không có số liệu thì để trống, không ghi số 0.",
    "Không đổi tên cột. Cột thừa sẽ được báo lại và bỏ qua.",
)


def write_template(table: Table, file: Path) -> None:
    """Write the XLSX template of a table; filled in, it is a file that `kolmatch import` takes.

    Examples stand on the explanation sheet only, so that they are never imported.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    _fill_sheet(sheet, table)
    _explain(book.create_sheet(EXPLANATION_SHEET), table)
    with replacing(file) as fresh:
        book.save(fresh)


def _fill_sheet(sheet: Worksheet, table: Table) -> None:
    sheet.title = table.name
    sheet.freeze_panes = "A2"
    for place, column in enumerate(table.columns, start=1):
        letter = get_column_letter(place)
        cell = sheet.cell(row=1, column=place, value=column.name)
        cell.font = Font(bold=True)
        cell.comment = Comment(_remark(column), "kolmatch", width=320, height=140)
        if column.required:
            cell.fill = _REQUIRED_FILL
        sheet.column_dimensions[letter].width = max(_WIDTHS.get(column.kind, _NARROWEST), len(column.name) + 4)
        sheet.column_dimensions[letter].number_format = _FORMATS.get(column.kind, "General")
        _offer(sheet, letter, column)


def _offer(sheet: Worksheet, letter: str, column: Column) -> None:
    """A list to choose from, where the contract knows all values."""
    choices = YES_NO if column.kind is Kind.BOOLEAN else column.choices
    if not choices or column.kind is Kind.LIST:
        return
    offer = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True, showErrorMessage=True)
    offer.errorTitle = column.name
    offer.error = f"Hãy chọn: {', '.join(choices)}"
    offer.add(f"{letter}2:{letter}{_LAST_ROW}")
    sheet.add_data_validation(offer)


def _remark(column: Column) -> str:
    must = "Bắt buộc. " if column.required else ""
    return f"{must}{column.vi}. {_how(column)}\nVí dụ: {column.example}\n{column.en}."


def _how(column: Column) -> str:
    parts = [column.unit, _WRITTEN.get(column.kind, "")]
    return "; ".join(part for part in parts if part)


def _explain(sheet: Worksheet, table: Table) -> None:
    sheet.append(_HEADINGS)
    sheet.freeze_panes = "A2"
    for column in table.columns:
        required = "bắt buộc" if column.required else ""
        choices = ", ".join(YES_NO if column.kind is Kind.BOOLEAN else column.choices)
        sheet.append([column.name, required, column.vi, _how(column), choices, _literal(column.example), column.en])
    sheet.append([])
    for note in (f"{table.name}: {table.vi} ({table.en}).", *_NOTES):
        sheet.append([note])
    _lay_out(sheet, len(table.columns))


def _literal(example: str) -> str:
    """An example as text: one that begins with = is not a formula."""
    return f"'{example}" if example.startswith("=") else example


def _lay_out(sheet: Worksheet, columns: int) -> None:
    for place, width in enumerate(_HEADING_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
        sheet.cell(row=1, column=place).font = Font(bold=True)
    for row in sheet.iter_rows(min_row=2, max_row=columns + 1):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
