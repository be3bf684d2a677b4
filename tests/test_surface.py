"""Pieces of words and wording on the page: what they keep, what they leave out, and the index over them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.ragged import stretches
from features.surface import surface_features, word_pieces
from features.text import strip_diacritics
from models.hashed import HashedIndex
from tests.tiny_index import MAX_TERMS, WordEncoder, index_of


def test_pieces_mark_where_a_word_begins_and_ends_and_know_no_diacritics() -> None:
    assert word_pieces("dịch") == word_pieces("dich")
    assert len(word_pieces("dich")) == 4 + 3  # " di", "dic", "ich", "ch " and " dic", "dich", "ich "
    assert not set(word_pieces("an")) & set(word_pieces("ban"[::-1]))
    assert set(word_pieces("dichvucong")) & set(word_pieces("congvu"))


@given(st.text(max_size=60))
def test_wording_is_the_same_without_diacritics_and_never_fails(text: str) -> None:
    assert surface_features(strip_diacritics(text)) == surface_features(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("hỏi @lan nhé", "hỏi @minh nhé"),
        ("nộp hồ sơ #dichvucong", "nộp hồ sơ"),
        ("xem https://a.vn/b nhé", "xem www.khac.vn nhé"),
    ],
)
def test_names_hashtags_and_links_are_no_wording(text: str, same: str) -> None:
    assert surface_features(text) == surface_features(same)


@pytest.mark.parametrize("text", ["Nộp Hồ Sơ", "nộp hồ sơ!", "nộp hồ sơ 🎉", "hồ sơ nộp"])
def test_case_punctuation_emoji_and_order_are_wording(text: str) -> None:
    assert surface_features(text).wording != surface_features("nộp hồ sơ").wording


@pytest.mark.parametrize("text", [None, "", "  ", "#a #b", "\ud83c"])
def test_texts_without_wording_have_none_or_little(text: str | None) -> None:
    assert len(surface_features(text).wording) == len(surface_features(text).shape) <= 1


@pytest.mark.parametrize(
    ("text", "same"), [("Nộp HS ngay 12!", "Đến UB luôn 34!"), ("ăn gì, ở đâu?", "đi đâu, với ai?")]
)
def test_shape_is_the_same_whatever_the_words(text: str, same: str) -> None:
    assert surface_features(text).shape == surface_features(same).shape
    assert surface_features(text).wording != surface_features(same).wording


@pytest.mark.parametrize("text", ["nộp hồ sơ", "Nộp hs", "NỘP HS", "nộp 2", "nộp 20", "nộp, hs", "nỘp hs"])
def test_case_figures_and_punctuation_are_shape(text: str) -> None:
    assert surface_features(text).shape != surface_features("nộp hs").shape


def test_rows_are_those_of_known_features_and_survive_being_written() -> None:
    index = HashedIndex.build(np.array([7, 7, 1_000_000_007, 3]), np.array([0, 1, 1, 0]), 2)
    assert index.rows([7, 3, 7, 5]) == [0, 1]
    assert index.postings.scores(index.rows([1_000_000_007])).tolist()[0] == 0.0
    again = HashedIndex.from_arrays(index.arrays())
    assert again.rows([1_000_000_007]) == index.rows([1_000_000_007]) == [2]
    assert HashedIndex.build(np.empty(0, np.int64), np.empty(0, np.int64), 2).rows([1]) == []
    assert index.rows([]) == []


def test_a_long_text_is_told_by_its_rarest_features() -> None:
    index = index_of([(0, "nộp hồ sơ trực tuyến tại nhà", 0.0), (1, "nấu canh chua", 0.0)], 2)
    few = index.query("nộp hồ sơ trực tuyến tại nhà " * 20, WordEncoder(), max_terms=1)
    assert all(len(rows) <= 2 for rows in few.hashed.values())
    many = index.query("nộp hồ sơ", WordEncoder(), MAX_TERMS)
    assert len(many.hashed["wording"]) == 5


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=10))
def test_stretches_are_the_positions_of_each_in_turn(parts: list[tuple[int, int]]) -> None:
    expected = [start + i for start, length in parts for i in range(length)]
    starts, lengths = (np.array([part[side] for part in parts], dtype=np.int64) for side in (0, 1))
    assert stretches(starts, lengths).tolist() == expected
