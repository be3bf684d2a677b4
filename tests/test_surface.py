"""Pieces of words and wording on the page: what they keep, what they leave out, and the index over them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.ragged import distinct, stretches
from features.surface import read_surfaces, surface_features, word_pieces
from features.text import strip_diacritics
from models.hashed import HashedIndex, keys_of
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


def test_keys_are_the_distinct_features_in_order_and_rows_lead_back_to_them() -> None:
    features = np.array([9, 2**32 - 1, 9, 0, 5, 0])
    keys, rows = keys_of(features)
    assert keys.tolist() == [0, 5, 9, 2**32 - 1]
    assert keys[rows].tolist() == features.tolist()


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=6), st.data())
def test_surfaces_of_some_texts_are_those_of_each(texts: list[str | None], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=4)) if texts else []
    some = read_surfaces(texts).some(np.array(chosen, dtype=np.int64))
    each = [surface_features(texts[i]) for i in chosen]
    assert some.wording.tolist() == [feature for found in each for feature in found.wording]
    assert some.shape.tolist() == [feature for found in each for feature in found.shape]
    assert np.diff(some.wording_offsets).tolist() == [len(found.wording) for found in each]
    assert np.diff(some.shape_offsets).tolist() == [len(found.shape) for found in each]


@given(st.lists(st.integers(-5, 5)))
def test_distinct_keys_are_each_once_in_order(keys: list[int]) -> None:
    assert distinct(np.array(keys, dtype=np.int64)).tolist() == sorted(set(keys))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=10))
def test_stretches_are_the_positions_of_each_in_turn(parts: list[tuple[int, int]]) -> None:
    expected = [start + i for start, length in parts for i in range(length)]
    starts, lengths = (np.array([part[side] for part in parts], dtype=np.int64) for side in (0, 1))
    assert stretches(starts, lengths).tolist() == expected
