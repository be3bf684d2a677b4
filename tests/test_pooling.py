"""Creators' scores from posts' scores, against a slow reference; and what must never happen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pooling import Pooled, best_posts, mean_of_best

N_CREATORS = 4
scores = st.floats(0.0, 9.0, width=32)
scored_posts = st.lists(st.tuples(st.integers(0, N_CREATORS - 1), scores), max_size=15)


def pooled(posts: Sequence[tuple[int, float]], best: int, floor: float = 0.0) -> Pooled:
    owners = np.array([owner for owner, _ in posts], dtype=np.int64)
    values = np.array([score for _, score in posts], dtype=np.float32)
    return mean_of_best(np.arange(len(posts), dtype=np.int64), values, owners, N_CREATORS, best, floor)


def slow_mean_of_best(posts: Sequence[tuple[int, float]], creator: int, best: int, floor: float) -> float:
    own = sorted((score for owner, score in posts if owner == creator), reverse=True)[:best]
    return sum(own + [floor] * (best - len(own))) / best


@given(scored_posts, st.integers(1, 5), scores)
def test_a_creator_is_the_mean_of_the_best_posts(posts: list[tuple[int, float]], best: int, floor: float) -> None:
    above = [(owner, max(score, floor)) for owner, score in posts]
    expected = [slow_mean_of_best(above, creator, best, floor) for creator in range(N_CREATORS)]
    assert pooled(above, best, floor).values == pytest.approx(expected, abs=1e-5)


@given(scored_posts, st.integers(1, 5), scores)
def test_gains_make_up_the_value(posts: list[tuple[int, float]], best: int, floor: float) -> None:
    result = pooled([(owner, max(score, floor)) for owner, score in posts], best, floor)
    for creator in range(N_CREATORS):
        own = result.gains[result.owners == creator]
        assert len(own) <= best
        assert list(own) == sorted(own, reverse=True)
        assert floor + float(own.sum()) == pytest.approx(float(result.values[creator]), abs=1e-5)


@given(scored_posts, st.integers(0, N_CREATORS - 1), scores, st.integers(1, 5))
def test_one_more_post_never_lowers_anyone(
    posts: list[tuple[int, float]], creator: int, score: float, best: int
) -> None:
    before, after = pooled(posts, best).values, pooled([*posts, (creator, score)], best).values
    assert (after >= before - 1e-6).all()
    assert np.delete(after, creator) == pytest.approx(np.delete(before, creator))


def test_one_stray_post_cannot_win_against_many() -> None:
    stray, steady = 0, 1
    values = pooled([(stray, 9.0), *[(steady, 4.0)] * 5], best=5).values
    assert values[steady] > values[stray] == pytest.approx(9.0 / 5)


@given(st.lists(scores, max_size=20), st.integers(1, 8))
def test_best_posts_are_the_highest_positive_scores(values: list[float], most: int) -> None:
    rows, found = best_posts(np.array(values, dtype=np.float32), most)
    expected = sorted((value for value in values if value > 0), reverse=True)[:most]
    assert sorted(found.tolist(), reverse=True) == expected
    assert [values[row] for row in rows] == found.tolist()


def test_nothing_retrieved_is_the_floor_for_all() -> None:
    result = pooled([], best=5, floor=0.25)
    assert result.values.tolist() == [0.25] * N_CREATORS
    assert not len(result.posts)
