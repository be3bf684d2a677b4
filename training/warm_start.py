"""Texts from elsewhere that teach the encoder general Vietnamese: articles, questions with answers, plain lines."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from kolmatch.errors import FileUnreadable

_LEAST_WORDS: Final = 3  # a field with fewer words on average is an id or a label, not a text
_PROBED_ROWS: Final = 200  # rows looked at to tell texts from ids
_DELIMITERS: Final = ",;\t|"


def read_pairs(file: Path) -> list[tuple[str, str]]:
    """Texts of one file that belong together: the text columns of a row, the first with each other one.

    JSONL and CSV (any of `, ; tab |`), also `.gz`; in any other file each line is one text, paired with nothing.

    Raises:
        FileUnreadable: the file cannot be opened, or is not what its name says.
    """
    try:
        name = file.name.lower()
        content = gzip.decompress(file.read_bytes()) if name.endswith(".gz") else file.read_bytes()
        return list(_pairs(name.removesuffix(".gz"), content.decode("utf-8-sig")))
    except (OSError, EOFError, zlib.error, ValueError, csv.Error) as error:
        raise FileUnreadable(
            f"The warm-start file {file} cannot be read: {error}. Give UTF-8 text, JSONL or CSV.",
            f"Không đọc được tệp văn bản {file}: {error}. Hãy dùng tệp văn bản UTF-8, JSONL hoặc CSV.",
        ) from error


def _pairs(name: str, text: str) -> Iterator[tuple[str, str]]:
    if name.endswith((".jsonl", ".ndjson")):
        yield from _row_pairs(_json_rows(text))
    elif name.endswith((".csv", ".tsv")):
        first_line = text.lstrip().partition("\n")[0]
        delimiter = max(_DELIMITERS, key=first_line.count)
        yield from _row_pairs(list(csv.DictReader(io.StringIO(text), delimiter=delimiter)))
    else:
        yield from (("", line) for line in text.splitlines() if line.strip())


def _json_rows(text: str) -> list[Mapping[str, object]]:
    """One object per line; other line separators than these may stand inside a JSON text."""
    rows = [(number, json.loads(line)) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    for number, row in rows:
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is not a JSON object")
    return [row for _, row in rows]


def _row_pairs(rows: list[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    columns = [name for name in dict.fromkeys(key for row in rows[:1] for key in row) if _is_text(name, rows)]
    for row in rows:
        texts = [value for name in columns if isinstance(value := row.get(name), str) and value.strip()]
        if len(texts) == 1:
            yield "", texts[0]
        yield from ((texts[0], other) for other in texts[1:])


def _is_text(name: str, rows: Iterable[Mapping[str, object]]) -> bool:
    probed = (row.get(name) for row, _ in zip(rows, range(_PROBED_ROWS), strict=False))
    lengths = [len(value.split()) for value in probed if isinstance(value, str) and value.strip()]
    return bool(lengths) and sum(lengths) / len(lengths) >= _LEAST_WORDS
