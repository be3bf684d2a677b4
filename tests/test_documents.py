"""How a post or a brief becomes the text that is matched."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.documents import SPOKEN_LETTERS, brief_text, caption_texts, post_texts, tag_lists, tag_texts

TAGS = st.lists(st.text("abcđệABC1", min_size=1, max_size=6), max_size=5)


def posts(*rows: tuple[str | None, Sequence[str] | None]) -> pl.DataFrame:
    """Posts of (caption, hashtags)."""
    schema: dict[str, pl.DataType | type[pl.DataType]] = {"text": pl.String, "hashtags": pl.List(pl.String)}
    return pl.DataFrame({"text": [r[0] for r in rows], "hashtags": [r[1] for r in rows]}, schema=schema)


def test_a_caption_is_what_was_said_without_what_it_was_filed_under() -> None:
    said = caption_texts(posts(("Nộp hồ sơ tại nhà #dichvucong nhé ＃hcm", None), (None, ["hcm"]), ("#chi #the", None)))
    assert [caption.split() for caption in said] == [["Nộp", "hồ", "sơ", "tại", "nhà", "nhé"], [], []]


def test_hashtags_come_from_the_caption_and_from_their_own_column_each_once_in_lower_case() -> None:
    found = tag_lists(posts(("đi #HCM #ChuyểnĐổiSố", ["hcm", "#vneid"]), ("không có", None), (None, [])))
    assert found == [["hcm", "chuyểnđổisố", "vneid"], [], []]


def test_a_hashtag_keeps_the_case_of_the_caption_that_tells_its_words_apart() -> None:
    assert tag_texts(posts(("#DichVuCong hay", ["dichvucong", "hcm"]))) == ["#DichVuCong #hcm"]


def test_punctuation_behind_a_hashtag_is_not_part_of_it() -> None:
    found = tag_lists(posts(("#dichvucong, #hcm. (#vneid) #xong!", None), ("#dichvucong", None)))
    assert found == [["dichvucong", "hcm", "vneid", "xong"], ["dichvucong"]]


def test_a_lone_hash_sign_is_no_hashtag() -> None:
    assert tag_lists(posts(("# và ## và #, vậy", ["#", ""]))) == [[]]


def test_a_full_width_hash_sign_is_a_hash_sign() -> None:
    assert tag_texts(posts(("＃hcm", ["＃hcm"]))) == ["#hcm"]


def test_a_post_is_its_caption_and_each_hashtag_once() -> None:
    table = posts(("Hay quá #hcm #HCM", ["hcm"]), (None, None), (None, ["vneid"]), ("chỉ chữ", None))
    found = post_texts(table, [None, None, "nói gì", "nói gì"])
    assert [" ".join(text.split()) for text in found] == ["Hay quá #hcm", "", "#vneid", "chỉ chữ"]


def test_a_post_without_caption_and_hashtag_is_what_is_said_in_it() -> None:
    assert post_texts(posts((None, None)), ["xin chào cả nhà"]) == ["xin chào cả nhà"]


@pytest.mark.parametrize("read", [caption_texts, tag_lists, tag_texts])
def test_no_posts_have_no_texts(read: object) -> None:
    assert callable(read)
    assert read(posts()) == []


@given(TAGS, TAGS)
def test_lists_and_texts_name_the_same_hashtags_and_never_one_twice(inline: list[str], listed: list[str]) -> None:
    table = posts((" ".join(f"#{tag}" for tag in inline), listed))
    names = tag_lists(table)[0]
    assert names == [tag.lower().removeprefix("#") for tag in tag_texts(table)[0].split()]
    assert len(set(names)) == len(names)
    assert set(names) == {tag.lower() for tag in (*inline, *listed)}


@pytest.mark.parametrize(
    ("title", "text", "whole"),
    [
        ("Dịch vụ công", "Nộp hồ sơ ở nhà.", "Dịch vụ công\nNộp hồ sơ ở nhà."),
        ("Dịch vụ công", "Dịch vụ công: nộp hồ sơ ở nhà.", "Dịch vụ công: nộp hồ sơ ở nhà."),
        ("", "Nộp hồ sơ ở nhà.", "Nộp hồ sơ ở nhà."),
        ("Dịch vụ công", "", "Dịch vụ công"),
    ],
)
def test_a_brief_is_its_title_and_body_and_nothing_is_read_twice(title: str, text: str, whole: str) -> None:
    assert brief_text(title, text) == whole


def test_a_post_without_a_caption_or_hashtag_is_what_is_said_at_its_start() -> None:
    spoken = ["nói " * 500, "lời nói", None]
    texts = post_texts(posts((None, None), ("chữ", None), (None, None)), spoken)
    assert texts == [("nói " * 500)[:SPOKEN_LETTERS], "chữ", ""]
