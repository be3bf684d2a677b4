"""JSON objects, one a line, as frames of text; a line that is none is a problem of that line alone.

All lines are parsed at once; only when that fails is each parsed by itself, to find which ones are broken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Set
from typing import Any, Final

import polars as pl

from data.contract import ROW
from data.reasons import PROBLEMS

LINE_BYTES: Final = 1 << 24  # 16 MiB: far above any post, far below the memory at hand
KEYS_SAMPLED: Final = 5_000  # lines of a chunk that are searched for odd spellings and unknown columns
_VALUE_SHOWN: Final = 200
# `\ud83d` with its second half is an emoji; without it it is half an emoji, cut off by whoever shortened the text.
_SURROGATES: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_REPLACEMENT: Final = rb"\ufffd"


def parsed(
    lines: list[bytes], first: int, wanted: Set[str], sampled: int
) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Frame (`ROW` and a text column per spelling of a wanted column), problems, and all keys seen.

    `first` is the number of the first line; `wanted` are lower-case column names. Empty lines are passed over.
    Every line is read for the wanted columns; of about `sampled` lines all keys are looked at.
    """
    numbered = [(number, _mended(line)) for number, line in enumerate(lines, start=first) if line.strip()]
    keys = _keys([line for _, line in numbered], sampled)
    schema = {key: pl.String() for key in (*keys, *sorted(wanted)) if key.strip().lower() in wanted}
    frame = _all_at_once(numbered, schema)
    problems = pl.DataFrame(schema=PROBLEMS)
    if frame is None:
        frame, problems = _one_by_one(numbered, schema)
    filled = [name for name in schema if frame[name].null_count() < frame.height]
    return frame, problems, list(dict.fromkeys([*keys, *filled]))


def _mended(line: bytes) -> bytes:
    line = line.removeprefix(b"\xef\xbb\xbf")
    if rb"\ud" not in line and rb"\uD" not in line:
        return line
    return _SURROGATES.sub(lambda found: _REPLACEMENT if found.group(1) else found.group(), line)


def _keys(lines: list[bytes], sampled: int) -> list[str]:
    step = max(len(lines) // sampled, 1)
    found: dict[str, None] = {}
    for line in lines[::step]:
        found |= dict.fromkeys(_object(line) or ())
    return list(found)


def _object(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line, numbers as they are written; None when it is not one."""
    try:
        value = json.loads(line.decode(), parse_float=_shortest, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _shortest(number: str) -> str:
    return repr(float(number))


def _all_at_once(numbered: list[tuple[int, bytes]], schema: dict[str, pl.String]) -> pl.DataFrame | None:
    """The frame, or None when any line is broken."""
    if not schema or any(len(line) > LINE_BYTES for _, line in numbered):
        return None
    try:
        frame = pl.read_ndjson(b"\n".join(line.strip() for _, line in numbered), schema=schema)
    except pl.exceptions.PolarsError:
        return None
    if frame.height != len(numbered):
        return None
    return frame.select(pl.Series(ROW, [number for number, _ in numbered], dtype=pl.Int64), pl.all())


def _one_by_one(numbered: list[tuple[int, bytes]], schema: dict[str, pl.String]) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows: list[tuple[int, dict[str, Any]]] = []
    wrong: list[tuple[int, None, str, str]] = []
    for number, line in numbered:
        values = _object(line) if len(line) <= LINE_BYTES else None
        if values is None:
            code = "broken_line" if len(line) <= LINE_BYTES else "long_line"
            wrong.append((number, None, line[:_VALUE_SHOWN].decode(errors="replace").strip(), code))
        else:
            rows.append((number, values))
    columns = [pl.Series(key, [_text(values.get(key)) for _, values in rows], dtype=pl.String) for key in schema]
    frame = pl.DataFrame([pl.Series(ROW, [number for number, _ in rows], dtype=pl.Int64), *columns])
    return frame, pl.DataFrame(wrong, schema=PROBLEMS, orient="row")


def _text(value: object) -> str | None:
    """A JSON value as text, as the parser of all lines at once gives it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)
