"""Every format gives the same rows, numbered as a person counts them; what is damaged is told, never guessed."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from data.checks import check
from data.contract import ROW, TABLES
from data.json_lines import LINE_BYTES
from data.readers import Chunk, read_chunks
from kolmatch.errors import FileUnreadable

NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
POSTS = TABLES["posts"]
ROWS: list[dict[str, Any]] = [
    {
        "post_id": "7301234567890123456",
        "creator_id": "c1",
        "platform": "tiktok",
        "published_at": "2026-11-05T12:00:00Z",
        "text": 'Nói "chào"; một, hai\nba 🎉',
        "hashtags": ["dịchvụcông", "hcm"],
        "duration_s": 12.5,
        "views": 1000,
        "is_ad": False,
    },
    {
        "post_id": "p2",
        "creator_id": "c2",
        "platform": "youtube",
        "published_at": "2026-11-06T12:00:00Z",
        "text": None,
        "hashtags": [],
        "duration_s": None,
        "views": None,
        "is_ad": True,
    },
]


def cells(row: dict[str, Any]) -> list[Any]:
    """A row as a spreadsheet holds it: lists joined by ;"""
    return ["; ".join(value) if isinstance(value, list) else value for value in row.values()]


def csv_bytes(rows: list[dict[str, Any]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(rows[0])
    writer.writerows(cells(row) for row in rows)
    return text.getvalue().encode(encoding)


def xlsx_bytes(rows: list[list[Any]], sheet: str = "posts") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def xlsx_of(rows: list[dict[str, Any]]) -> bytes:
    return xlsx_bytes([list(rows[0]), *(cells(row) for row in rows)])


def jsonl_bytes(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def parquet_bytes(rows: list[dict[str, Any]]) -> bytes:
    raw = io.BytesIO()
    moment = pl.col("published_at").str.to_datetime(time_zone="UTC")
    pl.DataFrame(rows).with_columns(moment).write_parquet(raw)
    return raw.getvalue()


FORMATS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "comma.csv": csv_bytes,
    "semicolon.csv": lambda rows: csv_bytes(rows, ";"),
    "tab.tsv": lambda rows: csv_bytes(rows, "\t"),
    "pipe.txt": lambda rows: csv_bytes(rows, "|"),
    "mark.csv": lambda rows: csv_bytes(rows, ";", "utf-8-sig"),
    "unicode.csv": lambda rows: csv_bytes(rows, "\t", "utf-16"),
    "sheet.xlsx": xlsx_of,
    "lines.jsonl": jsonl_bytes,
    "escaped.ndjson": lambda rows: b"\n".join(json.dumps(row).encode() for row in rows),
    "columns.parquet": parquet_bytes,
}


def chunks_of(content: bytes, name: str, folder: Path, *, rows: int = 200_000) -> list[Chunk]:
    file = folder / name
    file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return list(read_chunks(file, POSTS, rows=rows))


def typed(chunks: list[Chunk]) -> pl.DataFrame:
    return pl.concat([check(POSTS, chunk.frame, now=NOW).good for chunk in chunks])


def problems(chunks: list[Chunk]) -> list[tuple[int, str]]:
    return [(row, code) for chunk in chunks for row, code in chunk.problems.select("row", "code").iter_rows()]


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_rows(name: str, packed: str, tmp_path: Path) -> None:
    found = typed(chunks_of(FORMATS[name](ROWS), name + packed, tmp_path))
    expected = typed(chunks_of(jsonl_bytes(ROWS), "expected.jsonl", tmp_path))
    blank = pl.col("hashtags").list.drop_nulls().fill_null([])  # a spreadsheet cannot tell no item from no list
    assert_frame_equal(found.drop(ROW).with_columns(blank), expected.drop(ROW).with_columns(blank))
    assert found["text"].to_list() == ['Nói "chào"; một, hai\nba 🎉', None]


@pytest.mark.parametrize("name", FORMATS)
def test_chunks_do_not_change_what_is_read(name: str, tmp_path: Path) -> None:
    many = [{**ROWS[0], "post_id": f"p{number}"} for number in range(7)]
    whole = typed(chunks_of(FORMATS[name](many), name, tmp_path))
    parts = chunks_of(FORMATS[name](many), name, tmp_path, rows=3)
    assert len(parts) == 3
    assert parts[-1].done == 1.0
    assert_frame_equal(typed(parts), whole)


@pytest.mark.parametrize(
    ("name", "first"), [("comma.csv", 2), ("sheet.xlsx", 2), ("lines.jsonl", 1), ("columns.parquet", 1)]
)
def test_rows_are_numbered_as_a_person_counts_them(name: str, first: int, tmp_path: Path) -> None:
    (chunk,) = chunks_of(FORMATS[name](ROWS), name, tmp_path)
    assert chunk.frame[ROW].to_list() == [first, first + 1]


def test_empty_rows_count_but_are_not_rows(tmp_path: Path) -> None:
    head, *rows = csv_bytes(ROWS[1:]).split(b"\r\n", 1)
    assert chunks_of(head + b"\n\n,,,,,,,,\n" + rows[0], "a.csv", tmp_path)[0].frame[ROW].to_list() == [4]
    sheet = xlsx_bytes([[], [None, *ROWS[1]], [], [None, *cells(ROWS[1])]])
    assert chunks_of(sheet, "a.xlsx", tmp_path)[0].frame[ROW].to_list() == [4]
    assert chunks_of(b"\n\n" + jsonl_bytes(ROWS[1:]), "a.jsonl", tmp_path)[0].frame[ROW].to_list() == [3]


def test_column_names_are_known_whatever_their_case_and_space(tmp_path: Path) -> None:
    content = b" Post_ID ,CREATOR_ID,Platform,published_at,note\np1,c1,tiktok,2026-11-05,x\n"
    (chunk,) = chunks_of(content, "a.csv", tmp_path)
    assert chunk.frame.columns == [ROW, "post_id", "creator_id", "platform", "published_at"]
    assert chunk.unknown == ("note",)


def test_lines_of_json_may_spell_a_column_differently(tmp_path: Path) -> None:
    other = {name.upper(): value for name, value in ROWS[1].items()}
    found = typed(chunks_of(jsonl_bytes([ROWS[0], other]), "a.jsonl", tmp_path))
    assert found["post_id"].to_list() == [ROWS[0]["post_id"], "p2"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_without_a_required_column_is_refused(name: str, tmp_path: Path) -> None:
    rows = [{key: value for key, value in row.items() if key != "platform"} for row in ROWS]
    with pytest.raises(FileUnreadable, match="lacks the required column platform") as refused:
        chunks_of(FORMATS[name](rows), name, tmp_path)
    assert "thiếu cột bắt buộc platform" in refused.value.vi


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_column_that_stands_twice_is_refused(name: str, tmp_path: Path) -> None:
    head = [*ROWS[0], "Views"]
    row = [*cells(ROWS[0]), 5]
    content = xlsx_bytes([head, row]) if name.endswith("xlsx") else (",".join(head) + "\n" + "," * 9 + "\n").encode()
    with pytest.raises(FileUnreadable, match="has the column views twice"):
        chunks_of(content, name, tmp_path)


def test_a_broken_line_of_json_is_one_reject(tmp_path: Path) -> None:
    lines = jsonl_bytes(ROWS).splitlines()
    broken = b"\n".join([lines[0], b'{"post_id": "cut', b"[1, 2]", b"\xff\xfe", lines[1]])
    chunks = chunks_of(broken, "a.jsonl", tmp_path)
    assert problems(chunks) == [(2, "broken_line"), (3, "broken_line"), (4, "broken_line")]
    assert_frame_equal(typed(chunks).drop(ROW), typed(chunks_of(jsonl_bytes(ROWS), "b.jsonl", tmp_path)).drop(ROW))


def test_a_line_without_end_is_one_reject(tmp_path: Path) -> None:
    endless = b'{"post_id": "' + b"x" * (LINE_BYTES + 10) + b'"}\n'
    chunks = chunks_of(endless + jsonl_bytes(ROWS), "a.jsonl", tmp_path)
    assert problems(chunks) == [(1, "long_line")]
    assert typed(chunks)[ROW].to_list() == [2, 3]


def test_half_an_emoji_becomes_a_replacement_mark(tmp_path: Path) -> None:
    line = json.dumps({**ROWS[1], "text": "TEXT"}).replace("TEXT", r"vui \ud83d và \ud83d\ude00 và \\ud83d")
    (chunk,) = chunks_of(line.encode(), "a.jsonl", tmp_path)
    assert chunk.frame["text"].to_list() == ["vui \ufffd và 😀 và \\ud83d"]


def test_numbers_that_are_missing_in_python_are_missing(tmp_path: Path) -> None:
    lines = jsonl_bytes([{**ROWS[1], "views": float("nan"), "likes": 3.0}])
    found = typed(chunks_of(lines, "a.jsonl", tmp_path))
    assert found.select("views", "likes").rows() == [(None, 3)]


def test_ids_of_nineteen_digits_stay_whole_as_json_numbers(tmp_path: Path) -> None:
    found = typed(chunks_of(jsonl_bytes([{**ROWS[0], "post_id": 7301234567890123457}, ROWS[1]]), "a.jsonl", tmp_path))
    assert found["post_id"][0] == "7301234567890123457"


def test_ids_that_excel_rounded_are_refused(tmp_path: Path) -> None:
    numbers = [list(ROWS[1]), *(cells({**ROWS[1], "post_id": 7301234567890123457 + 1000 * n}) for n in range(3))]
    assert problems(chunks_of(xlsx_bytes(numbers), "a.xlsx", tmp_path)) == [(row, "rounded_id") for row in (2, 3, 4)]
    texts = [list(ROWS[1]), *(cells({**ROWS[1], "post_id": str(7301234567890123457 + n)}) for n in range(3))]
    assert problems(chunks_of(xlsx_bytes(texts), "b.xlsx", tmp_path)) == []


def test_dates_and_numbers_of_excel(tmp_path: Path) -> None:
    moment = dt.datetime(2026, 11, 5, 19, 30)  # noqa: DTZ001 Excel knows no zones
    sheet = xlsx_bytes([list(ROWS[1]), cells({**ROWS[1], "published_at": moment, "views": 12500, "duration_s": 1.5})])
    found = typed(chunks_of(sheet, "a.xlsx", tmp_path))
    assert found.select("published_at", "views", "duration_s", "is_ad").rows() == [
        (dt.datetime(2026, 11, 5, 12, 30, tzinfo=dt.UTC), 12500, 1.5, True)
    ]


def test_the_sheet_named_as_the_table_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["nothing to see"])
    sheet = book.create_sheet("Posts")
    sheet.append(list(ROWS[1]))
    sheet.append(cells(ROWS[1]))
    book.save(tmp_path / "a.xlsx")
    (chunk,) = read_chunks(tmp_path / "a.xlsx", POSTS)
    assert chunk.frame["post_id"].to_list() == ["p2"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"p1,c1,tiktok", "cell_count"),
        (b"p1,c1,tiktok,2026-11-05,x,y", "cell_count"),
        (b'p1,c1,"a"b,2026-11-05', "quotes"),
    ],
)
def test_a_torn_row_of_csv_is_one_reject(line: bytes, code: str, tmp_path: Path) -> None:
    head = b"post_id,creator_id,platform,published_at\n"
    good = b"p2,c1,tiktok,2026-11-05\n"
    chunks = chunks_of(head + line + b"\n" + good, "a.csv", tmp_path)
    assert problems(chunks) == [(2, code)]
    assert typed(chunks)["post_id"].to_list() == ["p2"]


def test_a_quotation_mark_that_is_never_closed_is_told(tmp_path: Path) -> None:
    head = b"post_id,creator_id,platform,published_at\n"
    chunks = chunks_of(head + b'p1,c1,tiktok,2026-11-05\np2,"c1,tiktok,2026-11-05\n', "a.csv", tmp_path)
    assert problems(chunks) == [(3, "quotes")]


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    content = csv_bytes(ROWS[1:]) + "p3,c1,tiktok,2026-11-05,Việt".encode("utf-16-le")[:-1] + b"\xe0\n"
    with pytest.raises(FileUnreadable, match="line 3: the text is not UTF-8"):
        chunks_of(content, "a.csv", tmp_path)


@pytest.mark.parametrize("name", ["a.xls", "a.docx", "a", "a.gz"])
def test_an_unknown_format_is_refused_with_the_known_ones(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"no known format.*\.csv.*\.xlsx"):
        chunks_of(b"x", name, tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"gone\.csv"):
        list(read_chunks(tmp_path / "gone.csv", POSTS))


def test_a_cut_gzip_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress(jsonl_bytes(ROWS * 100))[:-20])
    with pytest.raises(FileUnreadable, match="cannot be read"):
        list(read_chunks(file, POSTS))


def rows_or_refusal(content: bytes, name: str) -> int | FileUnreadable:
    """How many rows and problems a file has, or why it was refused; any other error fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        try:
            return sum(chunk.frame.height + chunk.problems.height for chunk in read_chunks(file, POSTS))
        except FileUnreadable as refusal:
            return refusal


@settings(max_examples=25, deadline=None)
@given(garbage=st.binary(max_size=300))
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet", "a.csv.gz", "a.parquet.gz"])
def test_garbage_is_refused_in_our_own_words(name: str, garbage: bytes) -> None:
    found = rows_or_refusal(garbage, name)
    assert isinstance(found, FileUnreadable)
    assert name in found.en
    assert name in found.vi


@settings(max_examples=25, deadline=None)
@given(garbage=st.binary(max_size=300))
def test_garbage_lines_of_json_are_rejects(garbage: bytes) -> None:
    found = rows_or_refusal(garbage, "a.jsonl")
    lines = sum(bool(line.strip()) for line in garbage.split(b"\n"))
    assert found == lines or (not lines and isinstance(found, FileUnreadable))


@settings(max_examples=40, deadline=None)
@given(place=st.integers(min_value=0), byte=st.integers(min_value=0, max_value=255))
@pytest.mark.parametrize("name", ["comma.csv", "lines.jsonl", "sheet.xlsx", "columns.parquet"])
def test_one_wrong_byte_never_raises_anything_else(name: str, place: int, byte: int) -> None:
    content = bytearray(FORMATS[name](ROWS))
    content[place % len(content)] = byte
    found = rows_or_refusal(bytes(content), name)
    assert isinstance(found, FileUnreadable) or found <= len(ROWS) + 1


@pytest.mark.parametrize("beside", [b"", b"broken\n"])
def test_a_line_of_json_says_the_same_whatever_stands_beside_it(beside: bytes, tmp_path: Path) -> None:
    line = b'{"post_id":7.0,"creator_id":12,"platform":"tiktok","published_at":"2026-11-05","hashtags":[3.0,"x"]}\n'
    found = typed(chunks_of(line + beside, "a.jsonl", tmp_path))
    assert found.select("post_id", "creator_id", "hashtags").rows() == [("7", "12", ["3", "x"])]


def test_ids_that_a_program_rounded_to_floats_are_refused_by_row(tmp_path: Path) -> None:
    lines = jsonl_bytes([{**ROWS[1], "post_id": 7301234567890123457.0}, {**ROWS[1], "post_id": 7.0}])
    assert problems(chunks_of(lines, "a.jsonl", tmp_path)) == [(1, "float_id")]
    numbers = parquet_bytes([{**ROWS[1], "post_id": 7301234567890123457.0}, {**ROWS[1], "post_id": 7.0}])
    chunks = chunks_of(numbers, "b.parquet", tmp_path)
    assert problems(chunks) == [(1, "float_id")]
    assert typed(chunks)["post_id"].to_list() == ["7"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("creator_id", {"id": 3}),
        ("creator_id", True),
        ("text", ["a", "b"]),
        ("text", {"a": 1}),
        ("hashtags", {"a": 1}),
        ("hashtags", [["a"]]),
        ("hashtags", [False]),
    ],
)
def test_objects_lists_and_truths_of_json_are_no_texts(column: str, value: object, tmp_path: Path) -> None:
    lines = jsonl_bytes([{**ROWS[1], column: value}, ROWS[0]])
    chunks = chunks_of(lines, "a.jsonl", tmp_path)
    assert problems(chunks) == [(1, "not_text")]
    assert typed(chunks)[ROW].to_list() == [2]


@pytest.mark.parametrize("other", ["creator_id", "Creator_ID"])
def test_a_column_that_stands_twice_in_a_line_is_refused(other: str, tmp_path: Path) -> None:
    line = json.dumps(ROWS[1])[:-1] + f', "{other}": "c9"}}\n'
    assert problems(chunks_of(line.encode(), "a.jsonl", tmp_path)) == [(1, "column_twice")]


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_of_json_lines_is_refused_as_an_empty_csv_is(content: bytes, tmp_path: Path) -> None:
    for name in ("a.csv", "a.jsonl"):
        with pytest.raises(FileUnreadable, match="lacks the required column"):
            chunks_of(content, name, tmp_path)


def test_parquet_text_that_is_not_utf8_names_its_column(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\x00\x00\x00\x00\x01\x00\x00\x00"), pa.py_buffer(b"\xff")]
    )
    good = {name: pa.array([ROWS[1][name]]) for name in ("post_id", "creator_id", "platform", "published_at")}
    pq.write_table(pa.table({**good, "text": bad}), tmp_path / "a.parquet")
    with pytest.raises(FileUnreadable, match="column text: "):
        list(read_chunks(tmp_path / "a.parquet", POSTS))


def test_an_over_long_cell_of_csv_is_told_as_such(tmp_path: Path) -> None:
    head = b"post_id,creator_id,platform,published_at,text\n"
    rows = b"p1,c1,tiktok,2026-11-05," + b"x" * 131_073 + b"\np2,c1,tiktok,2026-11-05,y\n"
    chunks = chunks_of(head + rows, "a.csv", tmp_path)
    assert problems(chunks) == [(2, "long_cell")]
    assert typed(chunks)["post_id"].to_list() == ["p2"]
