"""Templates: staff fill one in and import it; the examples never come along."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from data.catalogue import Catalogue, import_file
from data.contract import TABLES, Kind, Table
from data.templates import EXPLANATION_SHEET, write_template

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(params=TABLES.values(), ids=list(TABLES))
def table(request: pytest.FixtureRequest) -> Table:
    found = request.param
    assert isinstance(found, Table)
    return found


@pytest.fixture
def template(table: Table, tmp_path: Path) -> Path:
    file = tmp_path / f"{table.name}.xlsx"
    write_template(table, file)
    return file


def test_the_first_sheet_has_the_columns_and_nothing_else(table: Table, template: Path) -> None:
    sheet = openpyxl.load_workbook(template).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [table.names]
    assert sheet.freeze_panes == "A2"


def test_every_column_is_explained_in_vietnamese(table: Table, template: Path) -> None:
    rows = list(openpyxl.load_workbook(template)[EXPLANATION_SHEET].iter_rows(min_row=2, values_only=True))
    for column, row in zip(table.columns, rows, strict=False):
        assert row[0] == column.name
        assert row[1] == ("bắt buộc" if column.required else None)
        assert row[2] == column.vi
        assert row[5] == column.example
        assert row[6] == column.en


def test_columns_with_known_values_offer_them(table: Table, template: Path) -> None:
    sheet = openpyxl.load_workbook(template).worksheets[0]
    offers = {str(offer.sqref).split("2:")[0]: offer.formula1 for offer in sheet.data_validations.dataValidation}
    for cell, column in zip(sheet[1], table.columns, strict=True):
        if column.kind is Kind.CHOICE:
            assert offers[cell.column_letter] == f'"{",".join(column.choices)}"'
        elif column.kind is Kind.BOOLEAN:
            assert offers[cell.column_letter] == '"có,không"'
        else:
            assert cell.column_letter not in offers


def test_ids_are_text_so_that_excel_does_not_round_them(table: Table, template: Path) -> None:
    sheet = openpyxl.load_workbook(template).worksheets[0]
    for cell, column in zip(sheet[1], table.columns, strict=True):
        if column.kind is Kind.ID:
            assert sheet.column_dimensions[cell.column_letter].number_format == "@"


def test_an_empty_template_imports_nothing(table: Table, template: Path, tmp_path: Path) -> None:
    report = import_file(tmp_path, table.name, template, now=NOW)
    assert (report.read, report.written) == (0, False)


def test_a_filled_template_imports(table: Table, template: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(template)
    book.worksheets[0].append([column.example for column in table.columns])
    book.save(template)
    report = import_file(tmp_path, table.name, template, now=NOW)
    assert (report.new, report.rejected) == (1, 0)
    assert None not in Catalogue.open(tmp_path).table(table.name).row(0)
