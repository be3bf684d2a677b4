"""Words that no post has, read as what was likely meant: small worlds with a known answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.creator_index import CreatorIndex
from models.spelling import Speller
from tests.tiny_index import MAX_TERMS, WordEncoder, index_of

POSTS = [
    (0, "thủ tục hành chính công, không phải xếp hàng", 0.0),
    (0, "thủ tục hành chính trực tuyến", 0.0),
    (1, "viêm gan có lây không, vaccine có hiệu quả", 0.0),
]


@pytest.fixture(scope="module")
def index() -> CreatorIndex:
    return index_of(POSTS, n_creators=2)


def meant(index: CreatorIndex, text: str) -> str:
    return " ".join(Speller(index.vocabulary, index.posts).meant(text.split()))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ziêm gan", "viêm gan"),  # played with: the first sound
        ("zaccine kó hiệu quả", "vaccine có hiệu quả"),
        ("thủ tcu", "thủ tuc"),  # two letters swapped
        ("hàn chính", "hanh chính"),  # one dropped
        ("thủ tụcc", "thủ tuc"),  # one too many
        ("hành chinn", "hành chinh"),  # one changed
    ],
)
def test_a_word_that_no_post_has_is_read_as_it_was_meant(index: CreatorIndex, typed: str, read: str) -> None:
    assert meant(index, typed) == read


@pytest.mark.parametrize("typed", ["thủ tục hành chính", "thu tuc", "", "qxqxqx thủ tục", "tcu", "🎉 ??"])
def test_what_is_known_or_past_guessing_stays(index: CreatorIndex, typed: str) -> None:
    assert meant(index, typed) == typed


def test_a_slip_counts_only_beside_a_neighbour_that_some_post_has(index: CreatorIndex) -> None:
    assert meant(index, "lây tcu") == "lây tcu"


def test_a_slip_no_longer_hides_the_posts(index: CreatorIndex) -> None:
    query = index.query("thủ tcu hành chính", WordEncoder(), MAX_TERMS)
    clean = index.query("thủ tục hành chính", WordEncoder(), MAX_TERMS)
    assert query.unknown == ()
    assert list(query.terms.rows["pairs"]) == list(clean.terms.rows["pairs"])


@given(st.lists(st.sampled_from(["thủ", "tục", "tcu", "ziêm", "gan", "zz", "x1", ""]), max_size=8))
def test_words_keep_their_number_and_known_ones_their_spelling(words: list[str]) -> None:
    index = index_of(POSTS, n_creators=2)
    read = Speller(index.vocabulary, index.posts).meant(words)
    assert len(read) == len(words)
    assert all(after == before for before, after in zip(words, read, strict=True) if index.vocabulary.knows(before))
