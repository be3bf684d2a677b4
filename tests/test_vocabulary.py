"""The features of a text: words as written, words without diacritics, and pairs of neighbours without diacritics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from features.text import TokenBatch, Tokeniser
from features.vocabulary import Vocabulary, build_vocabulary

TEXTS = ["dịch vụ công", "dịch vụ tốt", "đi chợ"]
ALL_WORDS = 1 << 30
WORDS = st.sampled_from(["dịch", "dich", "vụ", "vu", "công", "cong", "chợ", "đi"])
SENTENCES = st.lists(st.lists(WORDS, max_size=8), min_size=1, max_size=6)


def cut(sentences: Sequence[Sequence[str]]) -> TokenBatch:
    """Words as a batch, without the tokeniser having a say."""
    names: dict[str, int] = {}
    ids = [names.setdefault(word, len(names)) for sentence in sentences for word in sentence]
    offsets = np.cumsum([0, *(len(sentence) for sentence in sentences)])
    return TokenBatch(np.array(ids, dtype=np.int32), offsets.astype(np.int64), list(names))


def vocabulary_of(sentences: Sequence[Sequence[str]], least: int = 1, least_pair: int = 1) -> Vocabulary:
    return build_vocabulary(cut(sentences), min_count=least, min_pair_count=least_pair)


def rows_of(vocabulary: Vocabulary, sentences: Sequence[Sequence[str]], most: int = ALL_WORDS) -> list[list[int]]:
    """Feature rows, text by text."""
    batch = cut(sentences)
    bags = vocabulary.rows(batch.ids, batch.offsets, batch.vocabulary, most)
    return [bags.rows[a:b].tolist() for a, b in zip(bags.offsets[:-1], bags.offsets[1:], strict=True)]


def read(texts: Sequence[str]) -> list[list[str]]:
    return [Tokeniser().words(text) for text in texts]


def pair_names(vocabulary: Vocabulary) -> list[str]:
    n = len(vocabulary.plain)
    return [f"{vocabulary.plain[key // n]} {vocabulary.plain[key % n]}" for key in vocabulary.pair_keys.tolist()]


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array


def test_words_plain_words_and_pairs_are_numbered_one_kind_after_the_other() -> None:
    vocabulary = vocabulary_of(read(TEXTS))
    assert vocabulary.words == ("chợ", "công", "dịch", "tốt", "vụ", "đi")
    assert vocabulary.plain == ("cho", "cong", "di", "dich", "tot", "vu")
    assert sorted(pair_names(vocabulary)) == ["di cho", "dich vu", "vu cong", "vu tot"]
    assert vocabulary.starts == (0, 6, 12, 16)
    assert (len(vocabulary), vocabulary.first_plain) == (16, 6)


def test_a_text_gives_the_word_the_plain_word_and_the_pair_that_starts_there() -> None:
    vocabulary = vocabulary_of(read(TEXTS))
    word, plain = vocabulary.words.index, vocabulary.plain.index
    pair = 12 + pair_names(vocabulary).index("dich vu")
    assert rows_of(vocabulary, [["dịch", "vụ"]]) == [
        [word("dịch"), 6 + plain("dich"), pair, word("vụ"), 6 + plain("vu")]
    ]


def test_a_text_typed_without_diacritics_has_the_plain_rows_of_the_accented_one_and_no_others() -> None:
    vocabulary = vocabulary_of(read(TEXTS))
    accented, typed_plain = rows_of(vocabulary, [["dịch", "vụ", "công"], ["dich", "vu", "cong"]])
    assert typed_plain == [row for row in accented if row >= vocabulary.first_plain]


def test_a_word_counts_once_per_text_however_often_it_is_repeated() -> None:
    assert vocabulary_of([["hay", "hay", "hay"], ["tốt"], ["tốt"]], least=2).words == ("tốt",)


def test_rare_words_and_rare_pairs_are_left_out_each_by_its_own_count() -> None:
    vocabulary = vocabulary_of([["a", "b"], ["a", "b"], ["b", "c"]], least=2, least_pair=2)
    assert (vocabulary.words, vocabulary.plain, pair_names(vocabulary)) == (("a", "b"), ("a", "b"), ["a b"])
    assert pair_names(vocabulary_of([["a", "b"], ["a", "b"], ["b", "c"]], least=2, least_pair=3)) == []


def test_pairs_never_reach_from_one_text_into_the_next() -> None:
    assert pair_names(vocabulary_of([["a", "b"], ["c", "d"]])) == ["a b", "c d"]
    vocabulary = vocabulary_of([["a", "b"], ["b", "a"]])
    ab = rows_of(vocabulary, [["a"], ["b"]])
    assert all(row < vocabulary.starts[2] for rows in ab for row in rows)


def test_an_unknown_word_between_two_known_ones_parts_them() -> None:
    vocabulary = vocabulary_of([["a", "b"]])
    (rows,) = rows_of(vocabulary, [["a", "x", "b"]])
    assert all(row < vocabulary.starts[2] for row in rows)


def test_words_that_no_text_had_have_no_row() -> None:
    vocabulary = vocabulary_of(read(TEXTS))
    assert rows_of(vocabulary, [["xyz"], []]) == [[], []]
    assert [vocabulary.knows(word) for word in ("dịch", "dích", "dich", "xyz")] == [True, True, True, False]


def test_only_the_first_words_of_a_long_text_are_read() -> None:
    vocabulary = vocabulary_of([["a", "b", "c"]])
    sentences = [["a", "b", "c"], ["c"], ["b", "c", "a", "a"]]
    assert rows_of(vocabulary, sentences, most=2) == rows_of(vocabulary, [["a", "b"], ["c"], ["b", "c"]])


def test_no_texts_and_texts_without_words_are_fine() -> None:
    assert len(vocabulary_of([])) == 0
    assert len(vocabulary_of([[], []])) == 0
    assert rows_of(vocabulary_of([[]]), [["a"], []]) == [[], []]
    assert rows_of(vocabulary_of([["a"]]), []) == []


@given(SENTENCES, SENTENCES)
def test_a_text_has_the_same_rows_alone_as_in_a_batch(known: list[list[str]], asked: list[list[str]]) -> None:
    vocabulary = vocabulary_of(known)
    assert rows_of(vocabulary, asked) == [rows_of(vocabulary, [sentence])[0] for sentence in asked]


@given(SENTENCES, st.randoms(use_true_random=False))
def test_the_order_of_the_texts_does_not_change_the_vocabulary(sentences: list[list[str]], random: Any) -> None:
    shuffled = random.sample(sentences, len(sentences))
    first, second = vocabulary_of(sentences, 2, 2), vocabulary_of(shuffled, 2, 2)
    assert (first.words, first.plain) == (second.words, second.plain)
    assert first.pair_keys.tolist() == second.pair_keys.tolist()


@given(SENTENCES)
def test_every_text_it_was_built_on_is_known_whole(sentences: list[list[str]]) -> None:
    vocabulary = vocabulary_of(sentences)
    for sentence, rows in zip(sentences, rows_of(vocabulary, sentences), strict=True):
        assert len(rows) == max(3 * len(sentence) - 1, 0)
        assert all(0 <= row < len(vocabulary) for row in rows)
        assert [vocabulary.words[row] for row in rows if row < vocabulary.first_plain] == sentence


@given(SENTENCES)
def test_what_is_read_is_never_changed(sentences: list[list[str]]) -> None:
    batch = cut(sentences)
    ids, offsets = frozen(batch.ids), frozen(batch.offsets)
    vocabulary = build_vocabulary(TokenBatch(ids, offsets, batch.vocabulary), min_count=1, min_pair_count=1)
    bags = vocabulary.rows(ids, offsets, batch.vocabulary, 3)
    assert len(bags.offsets) == len(offsets)
