"""Rows of one file, checked against the contract, without touching the catalogue."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from data.checks import check
from data.contract import table_named
from data.readers import read_chunks
from data.reasons import explained
from kolmatch.errors import RowsRejected


def read_rows(table_name: str, file: Path, *, now: datetime) -> list[dict[str, Any]]:
    """Every row of a file with the columns of the contract.

    Raises:
        UsageError: there is no such table.
        FileUnreadable: the file cannot be parsed or lacks a required column.
        RowsRejected: a row breaks the contract; nothing is answered for half a file.
    """
    table = table_named(table_name)
    rows: list[dict[str, Any]] = []
    for chunk in read_chunks(file, table):
        checked = check(table, chunk.frame, now=now)
        if chunk.problems.height or checked.problems.height:
            problems = pl.concat([chunk.problems, checked.problems])
            raise _rejected(table_name, file, explained(problems, table.columns, file.name))
        rows += checked.good.select([column.name for column in table.columns]).to_dicts()
    return rows


def _rejected(table_name: str, file: Path, rejects: pl.DataFrame) -> RowsRejected:
    first = rejects.row(0, named=True)
    where = f"row {first['row']}, column {first['column']}, value {first['value']!r}: {first['reason_en']}"
    place = f"dòng {first['row']}, cột {first['column']}, giá trị {first['value']!r}: {first['reason_vi']}"
    see = f"`kolmatch import {table_name} {file} --dry-run`"
    return RowsRejected(
        f"{file}: {rejects.height} problems, the first in {where}. {see} shows them all.",
        f"{file}: {rejects.height} lỗi, lỗi đầu ở {place}. Chạy {see} để xem tất cả.",
    )
