"""The words of a text as terms, and how much finding each counts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from models.creator_index import CreatorIndex
from models.terms import Taught, Term, TermReader, TermShares
from tests.tiny_index import MAX_TERMS, index_of

POSTS = [(0, "tìm tim mạch", 0.0), (1, "tim tím", 0.0)]


@pytest.fixture(scope="module")
def index() -> CreatorIndex:
    return index_of(POSTS, n_creators=2)


def shares(
    index: CreatorIndex,
    text: str,
    learned: Mapping[Term, float] | None = None,
    kin: Mapping[tuple[Term, Term], float] | None = None,
) -> dict[Term, float]:
    """Share by term, of those that count."""
    own = TermShares.of(Taught(learned or {}, kin or {}), index.vocabulary)
    reader = TermReader(index.vocabulary, index.posts, own)
    rows, counts = reader.read(text.split(), MAX_TERMS, plain=text.isascii()).counting()
    return {index.vocabulary.term(row): share for row, share in zip(rows.tolist(), counts.tolist(), strict=True)}


def test_a_word_typed_as_posts_have_it_counts_once(index: CreatorIndex) -> None:
    assert shares(index, "tìm") == {("words", "tìm"): 1.0}


def test_a_bare_word_among_others_may_have_lost_its_marks(index: CreatorIndex) -> None:
    found = shares(index, "mạch tim")
    assert found["plain", "tim"] == 0.5
    assert ("plain", "mach") not in found


def test_a_word_that_no_post_has_as_typed_counts_by_its_plain_form(index: CreatorIndex) -> None:
    assert shares(index, "tịm") == {("plain", "tim"): 1.0}


def test_in_a_text_without_diacritics_plain_words_count_in_full(index: CreatorIndex) -> None:
    assert shares(index, "tim mach")["plain", "mach"] == 1.0


def test_what_was_learned_counts_where_it_was_learned_and_one_elsewhere(index: CreatorIndex) -> None:
    learned = {("words", "tìm"): 0.2, ("pairs", "tim", "mach"): 3.0, ("words", "lạ"): 7.0, ("plain", "tim"): 0.5}
    found = shares(index, "tìm mạch", learned)
    assert found["words", "tìm"] == pytest.approx(0.2)
    assert found["words", "mạch"] == 1.0
    assert found["pairs", "tim", "mach"] == 3.0


def test_a_share_of_nothing_is_not_looked_up(index: CreatorIndex) -> None:
    assert ("words", "tìm") not in shares(index, "tìm mạch", {("words", "tìm"): 0.0})


def test_the_best_scores_follow_the_shares(index: CreatorIndex) -> None:
    learned = TermShares.of(Taught({("words", "tím"): 9.0}), index.vocabulary)
    reader = TermReader(index.vocabulary, index.posts, learned)
    scores = index.posts.scores(*reader.read(["tím", "mạch"], MAX_TERMS, plain=False).counting())
    assert int(np.argmax(scores)) == 1


def test_a_word_that_stands_for_another_finds_it_too_unless_it_was_asked_itself(index: CreatorIndex) -> None:
    kin: dict[tuple[Term, Term], float] = {
        (("words", "tìm"), ("words", "tím")): 0.7,
        (("words", "lạ"), ("words", "tím")): 5.0,
    }
    assert shares(index, "tìm", kin=kin) == {("words", "tìm"): 1.0, ("words", "tím"): pytest.approx(0.7)}
    assert shares(index, "tìm tím", kin=kin)["words", "tím"] == 1.0


def test_what_several_words_stand_for_is_worth_their_sum(index: CreatorIndex) -> None:
    kin: dict[tuple[Term, Term], float] = {(("words", one), ("words", "tím")): 0.25 for one in ("tìm", "mạch")}
    assert shares(index, "tìm mạch", kin=kin)["words", "tím"] == pytest.approx(0.5)
