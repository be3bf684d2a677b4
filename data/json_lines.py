"""JSON objects, one a line, as frames of text; a line that is none is a problem of that line alone.

Every line is read by itself and in one way, so that what it says does not depend on the lines beside it.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import polars as pl

from data.contract import EXACT_INTEGER, ROW, Column, Kind, Table
from data.reasons import PROBLEMS, VALUE_SHOWN

LINE_BYTES: Final = 1 << 24  # 16 MiB: far above any post, far below the memory at hand
# `\ud83d` with its second half is an emoji; without it it is half an emoji, cut off by whoever shortened the text.
_SURROGATES: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_REPLACEMENT: Final = rb"\ufffd"
_OF_WORDS: Final = (Kind.ID, Kind.LINE, Kind.TEXT, Kind.LIST)  # other kinds know by themselves what is none of them

_Wrong = tuple[int, str | None, str, str]


class _Object(list[tuple[str, Any]]):
    """The pairs of a JSON object, so that a name that stands twice is seen."""


class _Float(str):
    """A number with a point or an exponent, as it is written."""

    __slots__ = ()


def parsed(lines: list[bytes], first: int, table: Table) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Frame (`ROW` and a text column per column of the table found), problems, and all names as the lines spell them.

    `first` is the number of the first line. Empty lines are passed over.
    """
    columns = {column.name: column for column in table.columns}
    rows: list[tuple[int, dict[str, str | None]]] = []
    wrong: list[_Wrong] = []
    spelt: dict[str, None] = {}
    for number, raw in enumerate(lines, start=first):
        if not raw.strip():
            continue
        pairs = _object(_mended(raw)) if len(raw) <= LINE_BYTES else None
        if pairs is None:
            code = "broken_line" if len(raw) <= LINE_BYTES else "long_line"
            wrong.append((number, None, raw[:VALUE_SHOWN].decode(errors="replace").strip(), code))
            continue
        spelt |= dict.fromkeys(name for name, _ in pairs)
        row, problems = _row(pairs, columns)
        wrong += [(number, *problem) for problem in problems]
        if not problems:
            rows.append((number, row))
    known = dict.fromkeys(_bare(name) for name in spelt)
    cells = [pl.Series(name, [row.get(name) for _, row in rows], dtype=pl.String) for name in columns if name in known]
    frame = pl.DataFrame([pl.Series(ROW, [number for number, _ in rows], dtype=pl.Int64), *cells])
    return frame, pl.DataFrame(wrong, schema=PROBLEMS, orient="row"), list(spelt)


def _bare(name: str) -> str:
    return name.strip().lower()


def _mended(line: bytes) -> bytes:
    line = line.removeprefix(b"\xef\xbb\xbf")
    if rb"\ud" not in line and rb"\uD" not in line:
        return line
    return _SURROGATES.sub(lambda found: _REPLACEMENT if found.group(1) else found.group(), line)


def _object(line: bytes) -> _Object | None:
    """The JSON object of a line, numbers as they are written; None when it is not one."""
    try:
        value = _DECODER.decode(line.decode())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, _Object) else None


def _constant(name: str) -> str | None:
    """NaN is how pandas and JSON writers of Python spell what is missing."""
    return None if name == "NaN" else name


_DECODER: Final = json.JSONDecoder(
    parse_float=_Float, parse_int=str, parse_constant=_constant, object_pairs_hook=_Object
)


def _row(pairs: _Object, columns: dict[str, Column]) -> tuple[dict[str, str | None], list[tuple[str, str, str]]]:
    """The cells of a line by column, and what is wrong with them: column, value and code."""
    row: dict[str, str | None] = {}
    problems: list[tuple[str, str, str]] = []
    for spelling, value in pairs:
        name = spelling if spelling in columns else _bare(spelling)
        if name not in columns:
            continue
        cell, code = _cell(value, columns[name].kind)
        code = "column_twice" if name in row else code
        row[name] = cell
        if code:
            problems.append((name, cell or "", code))
    return row, problems


def _cell(value: object, kind: Kind) -> tuple[str | None, str | None]:
    """A JSON value as the text of a cell, and why it cannot be one of that kind."""
    if value is None or type(value) is str:
        return value, None
    if isinstance(value, _Float):
        return _float(value, kind)
    if kind is Kind.LIST and isinstance(value, list) and not isinstance(value, _Object):
        return _listed(value)
    return _json(value), "not_text" if kind in _OF_WORDS else None


def _float(value: str, kind: Kind) -> tuple[str, str | None]:
    """pandas writes 7 as 7.0 where a column has gaps; beyond 2**53 the last digits of such an id are lost."""
    number = float(value)
    if kind not in (Kind.ID, Kind.LIST):
        return repr(number), None
    if abs(number) >= EXACT_INTEGER:
        return str(value), "float_id"
    return str(int(number)) if number.is_integer() else repr(number), None


def _listed(items: list[Any]) -> tuple[str, str | None]:
    """A JSON list of texts and numbers as a JSON list of texts."""
    cells = [_cell(item, Kind.ID) for item in items]
    code = next((code for _, code in cells if code), None)
    return _json([cell for cell, _ in cells]), code


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)


def _json(value: object) -> str:
    return _ENCODER.encode(_plain(value))


def _plain(value: object) -> object:
    """A value of a line with its objects as dictionaries again."""
    if isinstance(value, _Object):
        return {name: _plain(inner) for name, inner in value}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
