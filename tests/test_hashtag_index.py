"""Hashtags that a text would carry: one vote a creator, own-name tags left out, and who uses them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.hashtags import HashtagIndex

NAMES = ("dichvucong", "anngon", "kenhcuatoi")
ANNA, BINH, CHI = 0, 1, 2
# post -> (creator, hashtags); Binh uses each hashtag once only
POSTS = ((ANNA, (0, 2)), (ANNA, (0,)), (ANNA, (2,)), (BINH, (0, 1)), (CHI, (1,)), (CHI, (1,)))
OWNERS = np.array([owner for owner, _ in POSTS])


def made() -> HashtagIndex:
    uses = np.array([(tag, post) for post, (_, tags) in enumerate(POSTS) for tag in tags]).T
    return HashtagIndex.build(NAMES, uses[0], uses[1], OWNERS, n_creators=4)


def guessed(index: HashtagIndex, weights: dict[int, float]) -> dict[str, float]:
    posts = np.array(sorted(weights), dtype=np.int64)
    found = index.guess(posts, np.array([weights[post] for post in posts.tolist()], np.float32), OWNERS[posts])
    return dict(zip((index.names[tag] for tag in found.tags.tolist()), found.shares.tolist(), strict=True))


def test_a_hashtag_of_one_creator_alone_is_no_topic() -> None:
    assert made().names == ("dichvucong", "anngon")
    assert guessed(made(), {2: 1.0}) == {}


def test_a_creator_has_one_vote_for_a_hashtag_that_of_the_post_most_like_the_text() -> None:
    assert guessed(made(), {0: 0.5, 1: 1.0, 4: 1.0}) == pytest.approx({"dichvucong": 0.5, "anngon": 0.5})
    assert guessed(made(), {0: 1.0, 3: 1.0, 4: 1.0}) == pytest.approx({"dichvucong": 0.5, "anngon": 0.5})


def test_who_uses_what_is_guessed_scores_and_is_shown_with_it_but_not_for_a_single_post() -> None:
    index = made()
    found = index.guess(np.array([3]), np.ones(1, np.float32), np.array([BINH]))
    scores = index.scores(found)
    assert scores[ANNA] > 0 == scores[3]
    assert index.used(found, np.array([ANNA, CHI]), 5) == {ANNA: ("dichvucong",), CHI: ("anngon",)}
    assert scores[BINH] == 0
    assert index.used(found, np.array([BINH]), 5) == {BINH: ()}
    assert index.used(found, np.array([ANNA]), 0) == {ANNA: ()}


def test_no_hashtags_at_all_say_nothing() -> None:
    none = np.empty(0, dtype=np.int64)
    index = HashtagIndex.build((), none, none, OWNERS, n_creators=4)
    found = index.guess(np.array([0, 1]), np.ones(2, np.float32), OWNERS[:2])
    assert index.scores(found).tolist() == [0.0] * 4
    assert index.used(found, np.array([ANNA]), 5) == {ANNA: ()}


def test_it_is_the_same_after_being_written() -> None:
    index = made()
    again = HashtagIndex.from_arrays(index.names, index.arrays())
    assert guessed(again, {0: 1.0, 3: 0.5}) == guessed(index, {0: 1.0, 3: 0.5})
    np.testing.assert_array_equal(again.users.scores([0]), index.users.scores([0]))


@given(st.dictionaries(st.integers(0, 5), st.floats(0.0625, 1.0), min_size=1), st.permutations(range(6)))
def test_the_order_of_posts_changes_nothing(weights: dict[int, float], order: list[int]) -> None:
    index = made()
    posts = np.array([post for post in order if post in weights], dtype=np.int64)
    given_so = index.guess(posts, np.array([weights[p] for p in posts.tolist()], np.float32), OWNERS[posts])
    assert dict(zip((index.names[t] for t in given_so.tags.tolist()), given_so.shares.tolist(), strict=True)) == (
        pytest.approx(guessed(index, weights))
    )
