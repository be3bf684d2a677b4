"""Rows of one file, checked against the contract, without touching the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import polars as pl

from data.checks import check
from data.contract import table_named
from data.readers import read_chunks
from data.reasons import explained
from kolmatch.errors import FileUnreadable, RowsRejected

_ALIKE: Final = 0.8  # of 1 for the same name: a letter or two wrong, as in must_nott or mustnot


def read_rows(table_name: str, file: Path, *, now: datetime) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Every row of a file with the columns of the contract, and the names of its other columns, which are kept out.

    Raises:
        UsageError: there is no such table.
        FileUnreadable: the file cannot be parsed, lacks a required column, or has one that seems a mistyped name: what
            it says, an exclusion maybe, must not be lost.
        RowsRejected: a row breaks the contract; nothing is answered for half a file.
    """
    table = table_named(table_name)
    rows: list[dict[str, Any]] = []
    unknown: dict[str, None] = {}
    for chunk in read_chunks(file, table):
        unknown |= dict.fromkeys(chunk.unknown)
        _check_typed_well(file, chunk.unknown, table.names)
        checked = check(table, chunk.frame, now=now)
        if chunk.problems.height or checked.problems.height:
            problems = pl.concat([chunk.problems, checked.problems])
            raise _rejected(table_name, file, explained(problems, table.columns, file.name))
        rows += checked.good.select([column.name for column in table.columns]).to_dicts()
    return rows, tuple(unknown)


def _check_typed_well(file: Path, unknown: Sequence[str], names: Sequence[str]) -> None:
    for name in unknown:
        if meant := get_close_matches(name.lower(), names, n=1, cutoff=_ALIKE):
            raise FileUnreadable(
                f"{file} has the column {name}, which kolmatch does not know. Is {meant[0]} meant? Correct the name "
                "or remove the column.",
                f"{file} có cột {name} mà kolmatch không biết. Có phải là {meant[0]}? Hãy sửa tên hoặc bỏ cột đó.",
            )


def _rejected(table_name: str, file: Path, rejects: pl.DataFrame) -> RowsRejected:
    first = rejects.row(0, named=True)
    where = f"row {first['row']}, column {first['column']}, value {first['value']!r}: {first['reason_en']}"
    place = f"dòng {first['row']}, cột {first['column']}, giá trị {first['value']!r}: {first['reason_vi']}"
    see = f"`kolmatch import {table_name} {file} --dry-run`"
    return RowsRejected(
        f"{file}: {rejects.height} problems, the first in {where}. {see} shows them all.",
        f"{file}: {rejects.height} lỗi, lỗi đầu ở {place}. Chạy {see} để xem tất cả.",
    )
