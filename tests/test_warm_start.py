"""Texts from elsewhere: which are read from a file, which of them belong together, and what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolmatch.errors import FileUnreadable
from training.warm_start import read_pairs

TITLE, BODY, NOTE = "Nộp hồ sơ tại nhà", "Người dân nộp hồ sơ qua mạng", "Không cần đến quầy nữa"
ROWS: list[dict[str, Any]] = [
    {"id": "a1", "title": TITLE, "body": BODY, "note": NOTE, "votes": 7},
    {"id": "a2", "title": "Làm căn cước ở đâu", "body": None, "note": "", "votes": 1},
]
# The first text of a row with each of the others; a lonely text with nothing.
PAIRS = [(TITLE, BODY), (TITLE, NOTE), ("", "Làm căn cước ở đâu")]


def jsonl(rows: list[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(delimiter: str) -> str:
    lines = [("id", "title", "body", "note"), ("a1", TITLE, BODY, NOTE), ("a2", "Làm căn cước ở đâu", "", "")]
    return "".join(delimiter.join(line) + "\n" for line in lines)


def written(folder: Path, name: str, content: str | bytes) -> Path:
    raw = content.encode() if isinstance(content, str) else content
    file = folder / name
    file.write_bytes(gzip.compress(raw) if name.lower().endswith(".gz") else raw)
    return file


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.ndjson", "A.JSONL", "A.JSONL.GZ"])
def test_json_lines_give_their_text_columns_and_not_ids_or_numbers(tmp_path: Path, name: str) -> None:
    assert read_pairs(written(tmp_path, name, jsonl(ROWS))) == PAIRS


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "A.CSV"])
def test_csv_is_read_whatever_stands_between_its_columns(tmp_path: Path, name: str, delimiter: str) -> None:
    assert read_pairs(written(tmp_path, name, table(delimiter))) == PAIRS


def test_a_quoted_cell_may_hold_line_breaks_and_the_delimiter(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", 'title,body\n"một hai, ba","bốn năm\nsáu bảy"\n')
    assert read_pairs(file) == [("một hai, ba", "bốn năm\nsáu bảy")]


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.md", "noname"])
def test_of_any_other_file_each_line_is_a_text_paired_with_nothing(tmp_path: Path, name: str) -> None:
    assert read_pairs(written(tmp_path, name, "dòng một\r\n\n   \ndòng hai")) == [("", "dòng một"), ("", "dòng hai")]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt"])
def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path, name: str) -> None:
    content = {"a.jsonl": jsonl(ROWS), "a.csv": table(","), "a.txt": TITLE}[name]
    plain = read_pairs(written(tmp_path, name, content))
    assert read_pairs(written(tmp_path, name, b"\xef\xbb\xbf" + content.encode())) == plain


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.txt", "a.jsonl.gz"])
def test_an_empty_file_has_no_texts(tmp_path: Path, name: str) -> None:
    assert read_pairs(written(tmp_path, name, "")) == []


def test_a_line_separator_inside_a_json_text_ends_no_row(tmp_path: Path) -> None:
    body = "câu thứ nhất\u2028câu thứ hai\x85câu thứ ba"
    assert read_pairs(written(tmp_path, "a.jsonl", jsonl([{"title": TITLE, "body": body}]))) == [(TITLE, body)]


REFUSED = {
    "no such file": ("a.jsonl", None),
    "broken JSON": ("a.jsonl", b'{"title": "a"\n'),
    "a row that is no object": ("a.jsonl", b'{"title": "a b c"}\n[1, 2]\n'),
    "a first row that is no object": ("a.jsonl", b"17\n"),
    "not UTF-8": ("a.txt", "Nộp hồ sơ".encode("utf-16")),
    "not gzip": ("a.txt.gz", b"plain"),
    "cut off gzip": ("a.txt.gz", gzip.compress(b"mot hai ba bon" * 100)[:-12]),
    "damaged gzip": ("a.txt.gz", gzip.compress(bytes(range(256)) * 40)[:30] + b"\xff" * 300),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_not_what_its_name_says_is_refused_by_name_in_both_languages(tmp_path: Path, case: str) -> None:
    name, content = REFUSED[case]
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(FileUnreadable) as refused:
        read_pairs(file)
    assert str(file) in refused.value.en
    assert str(file) in refused.value.vi


@given(st.lists(st.fixed_dictionaries({"a": st.text(max_size=30), "b": st.text(max_size=30)}), max_size=6))
def test_no_row_gives_more_pairs_than_it_has_texts_and_every_text_is_one_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    file = written(tmp_path_factory.mktemp("warm"), "a.jsonl", jsonl(rows))
    pairs = read_pairs(file)
    own = {text for row in rows for text in row.values() if text.strip()}
    assert len(pairs) <= len(rows)
    assert {text for pair in pairs for text in pair} <= own | {""}
