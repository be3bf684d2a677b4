"""Learns topic lift from how far posts were from their creators' usual level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_matrix
from sklearn.linear_model import Ridge

from features.text import TokenBatch
from features.views import Viewings
from models.lift import SHARPNESS, TopicLift, pair_codes, word_codes
from training.static_training import select

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

_LEAST_POSTS: Final = 3  # a word in fewer posts says nothing of its own
_RIDGE: Final = 10.0  # best of 3, 10 and 30 on later posts (docs/decisions/0010)
_FOLDS: Final = 5
_OWN_PRIORS: Final = (0.3, 1.0, 3.0)  # tried
_MOST_OWN: Final = 150  # earlier posts of a creator that are compared with a post
_MOST_AWAY: Final = 3.0  # a post that far (twenty times the usual views) counts no more than that
_CODE_BITS: Final = 32  # of a word's code; a post's row stands above them, so that one number is a word in a post
_LEAST_TO_LEARN: Final = 300  # fewer posts teach no lift


@dataclass(frozen=True, slots=True)
class Liftable:
    """Posts of the index in the order of their presence and time.

    Attributes:
        words: canonical words of the posts.
        vectors: (n, dimension) unit vectors.
        presence: (n,) rows of presences, ascending.
        away: (n,) log views less the creator's level at the time; nan when not known.
        index_rows: (n,) the post's row in the index.
        viewing_rows: (n,) the post's row in the viewings.
    """

    words: TokenBatch
    vectors: npt.NDArray[np.float32]
    presence: Rows
    away: Doubles
    index_rows: Rows
    viewing_rows: Rows


def liftable(
    viewings: Viewings, away: Doubles, posts: pl.DataFrame, words: TokenBatch, vectors: npt.NDArray[np.float32]
) -> Liftable:
    """Those viewings whose post is in the index.

    Args:
        viewings: posts with known views.
        away: (n_viewings,) how far each was from its creator's level.
        posts: of the index, with `post_id`.
        words: their canonical words.
        vectors: their unit vectors.
    """
    row_of = {post: row for row, post in enumerate(posts["post_id"].to_list())}
    found = np.array([row_of.get(post, -1) for post in viewings.post_ids.tolist()], dtype=np.int64)
    own = np.flatnonzero(found >= 0)
    rows = found[own]
    return Liftable(select(words, rows), vectors[rows], viewings.presence[own], away[own], rows, own)


def fit_lift(posts: Liftable, n_index_posts: int, rng: np.random.Generator) -> tuple[TopicLift, Doubles]:
    """The lift, and (n,) what it says of each post when the post itself was not looked at.

    Whether forecasts gain by it is for the caller to say; `used` is True.
    """
    away = np.full(n_index_posts, np.nan, dtype=np.float32)
    aims = np.clip(posts.away, -_MOST_AWAY, _MOST_AWAY)
    away[posts.index_rows] = aims
    known = np.flatnonzero(np.isfinite(aims))
    if len(known) < _LEAST_TO_LEARN:
        return TopicLift.none(n_index_posts), np.zeros(len(posts.away))
    keys, matrix = _features(posts.words)
    if not len(keys):
        return TopicLift.none(n_index_posts), np.zeros(len(posts.away))
    weights, by_words = _by_words(matrix, aims, known, rng)
    prior, own = _by_own_posts(posts, aims, by_words, known)
    strength, own_weight = _strengths(by_words[known], own[known], aims[known])
    spread = float(np.std(aims[known] - strength * by_words[known] - own_weight * own[known]))
    lift = TopicLift(keys, (strength * weights).astype(np.float32), away, own_weight, prior, spread, used=True)
    return lift, strength * by_words + own_weight * own


def lift_of(lift: TopicLift, posts: Liftable, rows: Rows) -> Doubles:
    """(n,) what a lift says of some of the posts: by their words, and by the creator's earlier posts like them.

    Args:
        lift: learned from other posts.
        posts: those asked about and the ones before them; a post whose `away` is nan says nothing of later ones.
        rows: (n,) rows of `posts` to ask about.
    """
    names, ids, starts = posts.words.vocabulary, posts.words.ids, posts.words.offsets
    by_words = [lift.of_words([names[i] for i in ids[starts[row] : starts[row + 1]]]) for row in rows.tolist()]
    weights, totals = _own_sums(posts, np.clip(posts.away, -_MOST_AWAY, _MOST_AWAY), rows)
    own = lift.own_weight * totals / (weights + lift.own_prior)
    return np.array(by_words) + (own if lift.used else 0.0)


def without(lift: TopicLift) -> TopicLift:
    """The same lift, not used: forecasts did not gain by it."""
    return replace(lift, used=False)


def _features(words: TokenBatch) -> tuple[npt.NDArray[np.int64], csr_matrix]:
    """Keys of the features in several posts, and (n, n_keys) posts by feature, rows of length one."""
    codes = word_codes(words.vocabulary)[words.ids]
    row = np.repeat(np.arange(len(words.offsets) - 1), np.diff(words.offsets))
    pairs, beside = pair_codes(codes), row[:-1] == row[1:]
    told = np.concatenate((row, row[:-1][beside])) << _CODE_BITS | np.concatenate((codes, pairs[beside]))
    once = np.unique(told)
    row, flat = once >> _CODE_BITS, once & ((1 << _CODE_BITS) - 1)
    keys, column, counts = np.unique(flat, return_inverse=True, return_counts=True)
    several = counts >= _LEAST_POSTS
    kept, place = several[column], np.cumsum(several) - 1
    cells = (np.ones(int(kept.sum())), (row[kept], place[column[kept]]))
    matrix = csr_matrix(cells, shape=(len(words.offsets) - 1, int(several.sum())))
    length = np.sqrt(np.maximum(np.diff(matrix.indptr), 1))
    return keys[several], csr_matrix(matrix.multiply(1.0 / length[:, None]))


def _by_words(matrix: csr_matrix, aims: Doubles, known: Rows, rng: np.random.Generator) -> tuple[Doubles, Doubles]:
    """(n_keys,) weights from all posts, and (n,) what the words say of each post, learned from the others."""
    fold = rng.integers(0, _FOLDS, len(aims))
    said = np.zeros(len(aims))
    for number in range(_FOLDS):
        others, asked = known[fold[known] != number], np.flatnonzero(fold == number)
        if len(others) and len(asked):
            said[asked] = matrix[asked] @ _ridge(matrix[others], aims[others])
    return _ridge(matrix[known], aims[known]), said


def _ridge(matrix: csr_matrix, aims: Doubles) -> Doubles:
    fitted = Ridge(alpha=_RIDGE, fit_intercept=False, solver="sparse_cg", tol=1e-4)
    weights: Doubles = fitted.fit(matrix, aims).coef_
    return weights


def _by_own_posts(posts: Liftable, aims: Doubles, by_words: Doubles, known: Rows) -> tuple[float, Doubles]:
    """The best prior of those tried, and (n,) the mean of the creator's earlier posts like each post."""
    weights, totals = _own_sums(posts, aims, np.arange(len(aims)))
    tried = {prior: totals / (weights + prior) for prior in _OWN_PRIORS}
    misses = {prior: _miss(by_words[known], own[known], aims[known]) for prior, own in tried.items()}
    best = min(misses, key=lambda prior: misses[prior])
    return best, tried[best]


def _own_sums(posts: Liftable, aims: Doubles, rows: Rows) -> tuple[Doubles, Doubles]:
    """For some posts the likeness of the creator's earlier posts: its sum, and the sum of it times their aims."""
    starts = np.searchsorted(posts.presence, posts.presence[rows])
    weights, totals = np.zeros(len(rows)), np.zeros(len(rows))
    for place, (row, start) in enumerate(zip(rows.tolist(), starts.tolist(), strict=True)):
        first = max(start, row - _MOST_OWN)
        if first == row:
            continue
        like = np.maximum(posts.vectors[first:row] @ posts.vectors[row], 0.0) ** SHARPNESS
        like[~np.isfinite(aims[first:row])] = 0.0
        weights[place] = like.sum()
        totals[place] = like @ np.nan_to_num(aims[first:row])
    return weights, totals


def _miss(by_words: Doubles, own: Doubles, aims: Doubles) -> float:
    strength, own_weight = _strengths(by_words, own, aims)
    return float(np.mean((aims - strength * by_words - own_weight * own) ** 2))


def _strengths(by_words: Doubles, own: Doubles, aims: Doubles) -> tuple[float, float]:
    """How much of what words and own posts say holds for a post not looked at; never below zero."""
    told = np.stack([by_words, own], axis=1)
    found = np.linalg.lstsq(told, aims, rcond=None)[0]
    strength, own_weight = np.clip(found, 0.0, None).tolist()
    return strength, own_weight
