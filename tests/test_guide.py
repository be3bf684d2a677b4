"""The guide says what the pages say: every label that it names is one of theirs, every picture is there and small."""

from __future__ import annotations

import json
import re
from pathlib import Path

from serving.pages.codes import CODES
from serving.pages.wording import WORDS
from serving.signin.wording import WORDS as SIGN_IN_WORDS

FILE = Path(__file__).parents[1] / "docs" / "huong-dan.md"
PICTURES = FILE.parent / "guide"
TEXT = FILE.read_text(encoding="utf-8")
MAX_PICTURE_BYTES = 60_000
# Stressed, but no label.
STRESSED = {"dữ liệu mẫu, không có người thật", "người xem trẻ", "chưa phân biệt được", "?"}


def test_every_label_that_is_named_stands_on_the_pages() -> None:
    labels = {vi for vi, _ in WORDS.values()} | {text["vi"] for text in SIGN_IN_WORDS.values()}
    labels |= {vi for codes in CODES.values() for vi, _ in codes.values()}
    named = {" ".join(text.split()) for text in re.findall(r"\*\*([^*]+)\*\*", TEXT)}
    assert named - labels == STRESSED


def test_every_picture_is_shown_once_with_words_for_who_cannot_see_it_and_is_small() -> None:
    shown = re.findall(r"!\[([^\]]+)\]\(guide/([\w-]+)\.png\)", TEXT)
    taken = set(json.loads((PICTURES / "words.json").read_text(encoding="utf-8")))
    assert sorted(name for _, name in shown) == sorted(taken) == sorted(file.stem for file in PICTURES.glob("*.png"))
    assert all((PICTURES / f"{name}.png").stat().st_size <= MAX_PICTURE_BYTES for name in taken)


def test_it_begins_with_a_summary_in_english_and_ends_with_a_glossary() -> None:
    assert TEXT.splitlines()[2].startswith("*English:")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", TEXT.split("## Từ ngữ")[1], re.M)
    assert len(rows) > 12
    assert len({word for word, _ in rows}) == len(rows)
